import BackflowFiles
import Foundation
import TestSupport
import Testing

@Suite struct `A directory that is replaced atomically` {
  static let mark = ".backflow-unfinished"

  @Test(arguments: [true, false])
  func `has the new files and keeps the others, in one step or in two`(exchanges: Bool) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try replace(path, ["a", "b"], with: "old", exchanges: exchanges)
    try directory.make(["model/sub/x": "kept", "model/notes": "kept", "model/empty/": ""])
    let folder = try FileManager.default.attributesOfItem(atPath: path + "/sub")
    for text in ["1", "2", "3"] {
      try replace(path, ["a", "c"], with: text, exchanges: exchanges)
      #expect(
        try directory.tree() == [
          "model/a": text, "model/c": text, "model/sub/x": "kept", "model/notes": "kept",
        ])
    }
    // It is the same directory, not a copy.
    let now = try FileManager.default.attributesOfItem(atPath: path + "/sub")
    #expect(now[.systemFileNumber] as? Int == folder[.systemFileNumber] as? Int)
    #expect(FileManager.default.fileExists(atPath: path + "/empty"))
  }

  @Test func `that is unfinished after a killed save is removed by the next save`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try replace(path, ["a"], with: "old")
    try directory.make([
      ".model.backflow-new/\(Self.mark)": "", ".model.backflow-new/a": "half", "model/n": "kept",
    ])
    try FileManager.default.linkItem(
      atPath: path + "/n", toPath: directory.file(".model.backflow-new/n"))
    try FileManager.default.createSymbolicLink(
      atPath: directory.file(".model.backflow-new/sub"),
      withDestinationPath: "../.model.backflow-new/sub")
    try FolderReplacement.prepare(path)
    #expect(try directory.tree() == ["model/a": "old", "model/n": "kept"])
    try replace(path, ["a"], with: "new")
    #expect(try directory.tree() == ["model/a": "new", "model/n": "kept"])
  }

  @Test func `that was only started is removed and not replaced`() throws {
    let directory = try TemporaryDirectory()
    try directory.make([".model.backflow-new/": ""])
    try FolderReplacement.prepare(directory.file("model"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    // Without the exchanged directory, the remaining one is the only one.
    try directory.make([".model.backflow-new/a": "old"])
    try FolderReplacement.prepare(directory.file("model"))
    #expect(try directory.tree() == ["model/a": "old"])
  }

  @Test func `returns its directories after the process ended immediately after the exchange`()
    throws
  {
    for isFollowed in [true, false] {
      let directory = try TemporaryDirectory()
      let path = directory.file("model")
      // The old directory has the name of the new one, which has links to its entries.
      try directory.make([
        "model/\(Self.mark)": "", "model/a": "new", ".model.backflow-new/a": "old",
        ".model.backflow-new/sub/x": "kept", ".model.backflow-new/late": "kept",
      ])
      try FileManager.default.createSymbolicLink(
        atPath: path + "/sub", withDestinationPath: "../.model.backflow-new/sub")
      #expect(FileManager.default.contents(atPath: path + "/sub/x") == Data("kept".utf8))
      if isFollowed {
        try replace(path, ["a"], with: "newer")
      } else {
        try FolderReplacement.prepare(path)
      }
      #expect(
        try directory.tree() == [
          "model/a": isFollowed ? "newer" : "new", "model/sub/x": "kept", "model/late": "kept",
        ])
    }
  }

  @Test func `is the old one after the process ended between two steps`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try directory.make([
      ".model.backflow-former/a": "old", ".model.backflow-former/sub/x": "kept",
      ".model.backflow-new/\(Self.mark)": "", ".model.backflow-new/a": "new",
    ])
    // Also for a reader.
    let file = try #require(try InputFolder(path)).file("a")
    #expect(try file.read(9, at: 0) == Array("old".utf8))
    try FolderReplacement.prepare(path)
    #expect(try directory.tree() == ["model/a": "old", "model/sub/x": "kept"])
  }

  @Test func `is cleaned up after the process ended after the second step`() throws {
    let directory = try TemporaryDirectory()
    try directory.make([
      "model/a": "new", "model/\(Self.mark)": "", ".model.backflow-former/a": "old",
      ".model.backflow-former/sub/x": "kept",
    ])
    try FolderReplacement.prepare(directory.file("model"))
    #expect(try directory.tree() == ["model/a": "new", "model/sub/x": "kept"])
  }

  @Test func `is never removed with the files of other programs`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    // A directory in the unfinished one, which a save never creates.
    try directory.make([
      ".model.backflow-new/\(Self.mark)": "", ".model.backflow-new/sub/x": "others",
    ])
    let error = #expect(throws: FileError.self) { try replace(path, ["a"], with: "new") }
    #expect(error?.problem.contains(".model.backflow-new") == true)
    #expect(try directory.tree()[".model.backflow-new/sub/x"] == "others")

    let other = directory.file("other")
    try directory.make([
      "other/sub/x": "mine", "other/a": "new", ".other.backflow-new/sub/x": "others",
    ])
    let second = #expect(throws: FileError.self) { try replace(other, ["a"], with: "newer") }
    #expect(second?.problem.contains("also contains a directory sub") == true)
    #expect(try directory.tree()["other/sub/x"] == "mine")
    #expect(try directory.tree()[".other.backflow-new/sub/x"] == "others")
  }

  @Test func `with a subdirectory in place of a file is rejected and kept`() throws {
    let directory = try TemporaryDirectory()
    try directory.make(["model/a/x": "kept"])
    let error = #expect(throws: FileError.self) {
      try replace(directory.file("model"), ["b", "a"], with: "new")
    }
    #expect(error?.description.contains("model/a: cannot be written: it is a directory") == true)
    #expect(try directory.tree() == ["model/a/x": "kept"])
  }

  @Test func `with names of 255 bytes is saved twice and cleaned up`() throws {
    let directory = try TemporaryDirectory()
    let name = String(repeating: "é", count: 127)
    for text in ["1", "2"] { try replace(directory.file(name), ["a"], with: text) }
    #expect(try directory.tree().values.sorted() == ["2"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 1)
  }

  @Test func `with a file whose name is not text keeps it`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try replace(path, ["a"], with: "1")
    let bytes = Array((path + "/w").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
    let stream = try #require(fopen(bytes, "w"))
    fclose(stream)
    try replace(path, ["a"], with: "2")
    #expect(access(bytes, F_OK) == 0)
  }

  @Test func `cannot be the current directory or a mount point`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      try directory.make(["here/x": "kept"])
      #expect(FileManager.default.changeCurrentDirectoryPath(directory.file("here")))
      for path in [".", "./", directory.file("here"), "../here"] {
        let error = #expect(throws: FileError.self) { try replace(path, ["a"], with: "new") }
        #expect(error?.problem.contains("is the current directory") == true)
        let prepared = #expect(throws: FileError.self) { try FolderReplacement.prepare(path) }
        #expect(prepared?.problem.contains("choose a directory inside it") == true)
      }
      try replace("inside", ["a"], with: "new")
      #expect(try directory.tree() == ["here/x": "kept", "here/inside/a": "new"])
      #if os(Linux)
        let mounted = #expect(throws: FileError.self) { try FolderReplacement.prepare("/proc") }
        #expect(mounted?.problem.contains("is a mount point") == true)
      #endif
      #expect(throws: FileError.self) { try FolderReplacement.prepare("/") }
    }
  }

  @Test func `remains readable while it is replaced`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try replace(path, ["a", "b"], with: "1")
    let folder = try #require(try InputFolder(path))
    #expect(folder.isCurrent)
    let open = try folder.file("a")
    try replace(path, ["a", "b"], with: "2")
    // Open files are unchanged, and the reader finds that it must read again.
    #expect(try open.read(9, at: 0) == Array("1".utf8))
    #expect(!folder.isCurrent)
    #expect(try #require(try InputFolder(path)).file("a").read(9, at: 0) == Array("2".utf8))
  }
}
