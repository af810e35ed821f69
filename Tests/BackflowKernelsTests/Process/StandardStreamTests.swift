import BackflowKernels
import Foundation
import Testing

// A test that replaces a stream runs in a separate process. Descriptors that are closed from the
// start are tested with the programs: a thread of the test runner may open a file in between.
@Suite struct `A standard stream` {
  @Test func `writes complete texts`() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      StandardStream.output.write(String(repeating: "ä", count: 100_000))
      StandardStream.error.write("")
      StandardStream.error.write("two\n")
      #expect(StandardStream.output.loss == nil && StandardStream.error.loss == nil)
    }
    let output = result.map { String(decoding: $0.standardOutputContent, as: UTF8.self) } ?? ""
    #expect(output.contains(String(repeating: "ä", count: 100_000)))
    #expect(
      result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) }?.contains("two\n")
        == true)
  }

  @Test func `keeps the reason of the first loss`() async {
    await #expect(processExitsWith: .success) {
      let full = open("/dev/full", O_WRONLY)
      try #require(full >= 0)
      dup2(full, 1)
      #expect(StandardStream.output.loss == nil)
      StandardStream.output.write("lost")
      #expect(StandardStream.output.loss == "No space left on device")
      // Writing to a descriptor that is open for reading is another error.
      let readable = open("/dev/null", O_RDONLY)
      try #require(readable >= 0)
      dup2(readable, 1)
      StandardStream.output.write("lost")
      #expect(StandardStream.output.loss == "No space left on device")
      #expect(StandardStream.error.loss == nil)
    }
  }

  @Test func `is lost without a signal if it has no reader`() async {
    await #expect(processExitsWith: .success) {
      StandardStream.prepare()
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      close(ends[0])
      dup2(ends[1], 1)
      StandardStream.output.write("lost")
      #expect(StandardStream.output.loss == "Broken pipe")
    }
  }

  @Test func `waits for its reader in nonblocking mode`() async {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
      dup2(ends[1], 1)
      let reader = FileHandle(fileDescriptor: ends[0])
      let read = DispatchGroup()
      nonisolated(unsafe) var count = 0
      DispatchQueue.global().async(group: read) {
        while count < 1_000_000 { count += reader.availableData.count }
      }
      // More than the capacity of a pipe.
      StandardStream.output.write(String(repeating: "x", count: 1_000_000))
      read.wait()
      #expect(count == 1_000_000 && StandardStream.output.loss == nil)
    }
  }
}
