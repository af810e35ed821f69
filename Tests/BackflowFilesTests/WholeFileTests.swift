import BackflowFiles
import Foundation
import TestSupport
import Testing

@Suite struct `A file that is written atomically` {
  private func write(_ text: String, to path: String) throws(FileError) {
    try WholeFile.write(to: path) { file throws(FileError) in try file.write(Array(text.utf8)) }
  }

  @Test func `is complete or does not exist, and nothing else is left`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a")
    try write("old", to: path)
    #expect(throws: FileError.self) {
      try WholeFile.write(to: path) { file throws(FileError) in
        try file.write([1, 2, 3])
        throw FileError(path, "the source has failed")
      }
    }
    #expect(try directory.tree() == ["a": "old"])
    // A file left by a killed process.
    try directory.make([".a.backflow-file": "half"])
    try write("new", to: path)
    #expect(try directory.tree() == ["a": "new"])
  }

  @Test func `is found through links of links, relative and absolute`() throws {
    let directory = try TemporaryDirectory()
    try directory.make(["sub/": ""])
    for (link, target) in [
      ("one", "sub/two"), ("sub/two", directory.file("three")), ("three", "./sub/../file"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: directory.file(link), withDestinationPath: target)
    }
    for text in ["made", "replaced"] {
      try write(text, to: directory.file("one"))
      let tree = try directory.tree()
      #expect(tree["file"] == text && tree["one"] == "→ sub/two" && tree.count == 4)
    }
  }

  @Test func `that cannot be written is rejected with a sentence`() throws {
    let directory = try TemporaryDirectory()
    try directory.make(["folder/": "", "file": "x"])
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("loop"), withDestinationPath: "loop")
    let cases = [
      ("folder", "a directory"), ("none/x", "file or directory does not exist"), ("loop", "loop"),
      ("file/x", "not a directory"), ("new/", "a directory"), ("w\u{FFFD}", "UTF-8"),
      (String(repeating: "x", count: 300), "too long"),
    ]
    for (name, words) in cases {
      let error = #expect(throws: FileError.self) { try write("x", to: directory.file(name)) }
      #expect(error?.problem.contains(words) == true, "\(name): \(error?.problem ?? "")")
      #expect(error?.path == directory.file(name))
    }
    #expect(throws: FileError.self) { try write("x", to: "") }
    #expect(try directory.tree() == ["file": "x", "loop": "→ loop"])
  }

  @Test func `beyond the limit on file sizes is an error, and no signal ends the process`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
      #expect(setrlimit(__rlimit_resource_t(1), &limit) == 0)  // RLIMIT_FSIZE
      let path = directory.file("a")
      let error = #expect(throws: FileError.self) {
        try WholeFile.write(to: path) { file throws(FileError) in
          try file.write([UInt8](repeating: 1, count: 5000))
        }
      }
      #expect(error?.problem.contains("exceed the limit on file sizes") == true)
      #expect(try directory.tree() == [:])
    }
  }

  @Test func `to a pipe without a reader is an error, and no signal ends the process`()
    async
  {
    await #expect(processExitsWith: .success) {
      var ends: [Int32] = [0, 0]
      #expect(pipe(&ends) == 0)
      close(ends[0])
      let error = #expect(throws: FileError.self) {
        try WholeFile.write(to: "/dev/fd/\(ends[1])") { file throws(FileError) in
          try file.write([1])
        }
      }
      let problem = try #require(error).problem
      #expect(problem.contains("the reader has closed it"), "\(problem)")
    }
  }

  @Test func `through a descriptor continues at the position of the descriptor`() throws {
    let directory = try TemporaryDirectory()
    try directory.make(["log": "before\n", "sub/": ""])
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("descriptors"), withDestinationPath: "/dev/fd")
    let descriptor = open(directory.file("log"), O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("link"), withDestinationPath: "/proc/self/fd/\(descriptor)")
    for path in [
      "/dev/fd/\(descriptor)", directory.file("descriptors/\(descriptor)"), directory.file("link"),
    ] {
      try write("x", to: path)
    }
    #expect(try directory.tree()["log"] == "before\nxxx")
    let closed = #expect(throws: FileError.self) { try write("x", to: "/dev/fd/987654") }
    #expect(closed?.path == "/dev/fd/987654")
  }
}
