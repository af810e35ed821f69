import BackflowFiles
import Foundation
import TestSupport
import Testing

@Suite("A journal") struct JournalFileTests {
  @Test func `goes on where it ended, and is cut back`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("log")
    do {
      var file = try JournalFile(path)
      #expect(file.size == 0)
      try file.append(Array("one ".utf8))
      try file.append(Array("two".utf8))
      try file.sync()
    }
    var file = try JournalFile(path)
    #expect(file.size == 7)
    try file.cut(to: 9)
    #expect(file.size == 7)
    try file.cut(to: 4)
    try file.append(Array("2".utf8))
    #expect(try directory.tree() == ["log": "one 2"])
  }

  @Test func `is open in one program only`() throws {
    let directory = try TemporaryDirectory()
    let file = try JournalFile(directory.file("log"))
    let error = #expect(throws: FileError.self) { _ = try JournalFile(directory.file("log")) }
    #expect(error?.problem == "another program is writing it")
    withExtendedLifetime(file) {}
  }

  @Test func `needs a regular file`() throws {
    let directory = try TemporaryDirectory()
    for path in ["", directory.path, directory.file("nowhere/log"), "/dev/null"] {
      #expect(throws: FileError.self) { _ = try JournalFile(path) }
    }
  }

  @Test func `ends where it did if a piece does not fit`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      var file = try JournalFile(directory.file("log"))
      try file.append([UInt8](repeating: 1, count: 700))
      var limit = rlimit()
      #expect(getrlimit(__rlimit_resource_t(1), &limit) == 0)  // RLIMIT_FSIZE
      limit.rlim_cur = 1000
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      do throws(FileError) {
        try file.append([UInt8](repeating: 2, count: 700))
        Issue.record("700 bytes fit in 300")
      } catch {
        #expect(error.problem.contains("exceed the limit on file sizes"))
      }
      #expect(file.size == 700)
      let data = try Data(contentsOf: URL(fileURLWithPath: directory.file("log")))
      #expect(data == Data(repeating: 1, count: 700))
    }
  }
}
