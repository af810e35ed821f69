import Backflow
import Foundation
import TestSupport
import Testing

@Suite("A log for TensorBoard") struct TensorBoardLogTests {
  private let seconds = 1_700_000_000.0

  private func log(in directory: String, from step: Int? = nil) throws -> TensorBoardLog {
    let time = seconds
    return try TensorBoardLog(in: directory, from: step, clock: { time })
  }

  /// Returns the data of the records of a file, and fails if their frames are not right.
  private func records(_ path: String) throws -> [[UInt8]] {
    var rest = Array(try Data(contentsOf: URL(fileURLWithPath: path)))[...]
    var records: [[UInt8]] = []
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    func isChecked(_ data: ArraySlice<UInt8>, by masked: ArraySlice<UInt8>) -> Bool {
      let rotated = UInt32(number(masked)) &- 0xa282_ead8
      return crc32c(data) == rotated << 15 | rotated >> 17
    }
    while !rest.isEmpty {
      try #require(rest.count >= 16)
      let head = rest.prefix(8)
      #expect(isChecked(head, by: rest.dropFirst(8).prefix(4)))
      let count = Int(number(head))
      try #require(rest.count >= 16 + count)
      let data = rest.dropFirst(12).prefix(count)
      #expect(isChecked(data, by: rest.dropFirst(12 + count).prefix(4)))
      records.append(Array(data))
      rest = rest.dropFirst(16 + count)
    }
    return records
  }

  private func event(_ content: TensorBoardEvent.Content, at step: Int) -> [UInt8] {
    TensorBoardEvent(wallTime: seconds, step: step, content).bytes
  }

  @Test func `has the version and then the events in order, each in a frame`() throws {
    let directory = try TemporaryDirectory()
    let log = try log(in: directory.path)
    #expect(try records(log.path) == [event(.version, at: 0)])
    let weights = Tensor<Float>([1, -2, .nan])
    log.add(0.5, named: "loss", at: 1)
    log.addHistogram(of: weights, named: "weights", at: 1)
    log.add(.nan, named: "loss", at: 2)
    #expect(try records(log.path).count == 1)
    try log.flush()
    try log.flush()
    #expect(
      try records(log.path) == [
        event(.version, at: 0), event(.scalar(0.5, tag: "loss"), at: 1),
        event(.histogram(TensorBoardHistogram(of: [1, -2]), tag: "weights"), at: 1),
        event(.scalar(.nan, tag: "loss"), at: 2),
      ])
  }

  @Test func `of a training that resumes begins with its step`() throws {
    let directory = try TemporaryDirectory()
    let log = try log(in: directory.file("a/b"), from: 40)
    #expect(try records(log.path) == [event(.version, at: 0), event(.start, at: 40)])
  }

  @Test func `has a name after all others in the directory`() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write([], to: "events.out.tfevents.1700000007.host.1.0")
    _ = try directory.write([], to: "events.out.tfevents.9e9")
    _ = try directory.write([], to: "notes")
    let names = try (0..<3).map { _ in
      URL(fileURLWithPath: try log(in: directory.path).path).lastPathComponent
    }
    for (name, second) in zip(names, 8...10) {
      #expect(name.hasPrefix("events.out.tfevents.17000000\(second < 10 ? "0" : "")\(second)."))
      #expect(name.hasSuffix(".\(ProcessInfo.processInfo.processIdentifier).0"))
    }
    #expect(names == names.sorted())
    let earlier = try log(in: directory.file("other"))
    #expect(earlier.path.contains("/other/events.out.tfevents.1700000000."))
  }

  @Test func `writes what is left when it is released`() throws {
    let directory = try TemporaryDirectory()
    var log: TensorBoardLog? = try log(in: directory.path)
    let path = try #require(log?.path)
    log?.add(1, named: "loss", at: 1)
    log = nil
    #expect(try records(path).count == 2)
  }

  @Test func `takes events from several threads`() async throws {
    let directory = try TemporaryDirectory()
    let log = try log(in: directory.path)
    await withTaskGroup { group in
      for thread in 0..<4 {
        group.addTask {
          for step in 0..<100 { log.add(1, named: "thread \(thread)", at: step) }
        }
      }
    }
    try log.flush()
    #expect(try records(log.path).count == 401)
  }

  @Test func `names the file or directory that cannot be written`() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write([], to: "file")
    for path in [file, file + "/below", ""] {
      let error = #expect(throws: TensorBoardError.self) { try TensorBoardLog(in: path) }
      #expect(error?.file == (path.isEmpty ? "\"\"" : path))
      #expect(error.map { "\($0)" } == "\(error?.file ?? ""): \(error?.problem ?? "")")
    }
  }

  @Test func `that the disk has no room for keeps its events and the file`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let log = try TensorBoardLog(in: directory.path, clock: { 1 })
      var limit = rlimit()
      #expect(getrlimit(__rlimit_resource_t(1), &limit) == 0)  // RLIMIT_FSIZE
      let before = limit
      limit.rlim_cur = 100
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      for step in 0..<10 { log.add(1, named: "loss", at: step) }
      let url = URL(fileURLWithPath: log.path)
      let contents = try Data(contentsOf: url)
      for _ in 0..<2 {
        let error = #expect(throws: TensorBoardError.self) { try log.flush() }
        #expect(error?.file == log.path)
        #expect(try Data(contentsOf: url) == contents)
      }
      limit = before
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      try log.flush()
      #expect(try Data(contentsOf: url).starts(with: contents))
      // Each record has 16 bytes of its frame; the events, 9 of the time, 4 of a summary with its
      // value, 6 of the tag and 5 of the number; and 2 of the step, which is left out if it is 0.
      #expect(try Data(contentsOf: url).count == contents.count + 10 * (16 + 9 + 4 + 6 + 5 + 2) - 2)
    }
  }
}
