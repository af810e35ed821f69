import BackflowFiles
import Foundation
import TestSupport
import Testing

private struct IsNotNew: Error {}

private func makeLog(in directory: String) throws -> GrowingFile {
  guard let file = try GrowingFile(named: "log", in: directory) else { throw IsNotNew() }
  return file
}

@Suite("A file that grows") struct GrowingFileTests {
  @Test func `has the pieces in order, and can be read in between`() throws {
    let directory = try TemporaryDirectory()
    var file = try makeLog(in: directory.path)
    #expect(try directory.tree() == ["log": ""])
    try file.append(Array("one ".utf8))
    #expect(try directory.tree() == ["log": "one "])
    try file.append(Array("two".utf8))
    #expect(try directory.tree() == ["log": "one two"])
    #expect(file.path == directory.file("log"))
  }

  @Test func `does not replace an entry`() throws {
    let directory = try TemporaryDirectory()
    try directory.make(["file": "kept", "folder/": ""])
    for name in ["file", "folder"] {
      let isNew = try GrowingFile(named: name, in: directory.path) != nil
      #expect(!isNew)
    }
    #expect(try directory.tree() == ["file": "kept"])
  }

  @Test func `needs a directory`() throws {
    let directory = try TemporaryDirectory()
    for name in ["", "nowhere"] {
      let error = #expect(throws: FileError.self) {
        _ = try GrowingFile(named: "log", in: name.isEmpty ? "" : directory.file(name))
      }
      #expect(error?.problem.contains("does not exist") == true)
    }
  }

  @Test func `ends where it did if a piece does not fit, and takes the piece later`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      var limit = rlimit()
      #expect(getrlimit(__rlimit_resource_t(1), &limit) == 0)  // RLIMIT_FSIZE
      let before = limit
      var file = try makeLog(in: directory.path)
      try file.append([UInt8](repeating: 1, count: 700))
      limit.rlim_cur = 1000
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      let next = [UInt8](repeating: 2, count: 700)
      do throws(FileError) {
        try file.append(next)
        Issue.record("700 bytes fit in 300")
      } catch {
        #expect(error.problem.contains("exceed the limit on file sizes"))
        #expect(error.path == directory.file("log"))
      }
      let url = URL(fileURLWithPath: file.path)
      #expect(try Data(contentsOf: url) == Data(repeating: 1, count: 700))
      limit = before
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)
      try file.append(next)
      #expect(
        try Data(contentsOf: url) == Data(repeating: 1, count: 700) + Data(repeating: 2, count: 700)
      )
    }
  }
}
