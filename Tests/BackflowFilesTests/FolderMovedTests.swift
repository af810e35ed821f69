import BackflowFiles
import Foundation
import TestSupport
import Testing

@Suite struct `A directory that other programs change during a save` {
  private func write(
    _ path: String, _ text: String, exchanges: Bool, meanwhile: () throws -> Void
  ) throws {
    var problem: (any Error)?
    try FolderReplacement.write(to: path, files: ["a"], exchanges: exchanges) {
      _, writer throws(FileError) in
      try writer.write(Array(text.utf8))
      do { try meanwhile() } catch { problem = error }
    }
    if let problem { throw problem }
  }

  @Test(arguments: [true, false])
  func `remains complete under its new name`(exchanges: Bool) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a", "b"], with: "old")
    try directory.make(["m/notes": "kept", "m/sub/x": "kept"])
    try write(path, "new", exchanges: exchanges) {
      try FileManager.default.moveItem(atPath: path, toPath: directory.file("backup"))
      try directory.make(["m/other": "of another"])
    }
    #expect(
      try directory.tree() == [
        "backup/a": "old", "backup/b": "old", "backup/notes": "kept", "backup/sub/x": "kept",
        "m/a": "new", "m/other": "of another",
      ])
  }

  @Test(arguments: [true, false])
  func `and move is replaced by the new one at the old path`(exchanges: Bool) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a"], with: "old")
    try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: path)
    try write(path, "new", exchanges: exchanges) {
      try FileManager.default.moveItem(atPath: path, toPath: directory.file("backup"))
    }
    #expect(try directory.tree() == ["backup/a": "old", "m/a": "new"])
    #expect(try permissions(path) == 0o750)
  }

  @Test(arguments: [true, false])
  func `that is new keeps its contents`(exchanges: Bool) throws {
    let directory = try TemporaryDirectory()
    try write(directory.file("m"), "new", exchanges: exchanges) {
      try directory.make(["m/other": "of another"])
    }
    #expect(try directory.tree() == ["m/a": "new", "m/other": "of another"])
  }

  @Test func `after a save that was killed between two steps has its network again`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a", "b"], with: "old")
    try directory.make(["m/notes": "kept"])
    try FileManager.default.moveItem(atPath: path, toPath: directory.file(".m.backflow-former"))
    try directory.make([
      ".m.backflow-new/.backflow-unfinished": "", ".m.backflow-new/a": "new", "m/other": "mine",
    ])
    try FolderReplacement.prepare(path)
    #expect(
      try directory.tree() == ["m/a": "old", "m/b": "old", "m/notes": "kept", "m/other": "mine"])
    // The next save distinguishes the files of a save.
    try replace(path, ["a"], with: "new")
    #expect(try directory.tree() == ["m/a": "new", "m/notes": "kept", "m/other": "mine"])
  }

  @Test func `after a save that was killed keeps a directory in place of a file`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a", "b"], with: "old")
    try FileManager.default.removeItem(atPath: path + "/b")
    try directory.make(["m/b/x": "kept"])
    // As after the exchange, but without the link to the directory, which another program has
    // removed.
    try FileManager.default.moveItem(atPath: path, toPath: directory.file(".m.backflow-new"))
    try replace(directory.file("n"), ["a"], with: "new")
    try FileManager.default.moveItem(atPath: directory.file("n"), toPath: path)
    try FolderReplacement.prepare(path)
    #expect(try directory.tree() == ["m/a": "new", "m/b/x": "kept"])
  }

  @Test func `after a save that was killed keeps two files of one name apart`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a"], with: "old")
    try FileManager.default.moveItem(atPath: path, toPath: directory.file(".m.backflow-former"))
    try directory.make(["m/a": "mine"])
    let error = #expect(throws: FileError.self) { try FolderReplacement.prepare(path) }
    #expect(error?.problem.contains(".m.backflow-former") == true, "\(String(describing: error))")
    #expect(try directory.tree() == ["m/a": "mine", ".m.backflow-former/a": "old"])
  }
}

@Suite struct `The files of a save` {
  @Test func `are also listed in a copy of their directory`() throws {
    let directory = try TemporaryDirectory()
    try replace(directory.file("run"), ["a", "b\nc", "d\\n"], with: "old")
    try directory.make(["run/notes": "kept"])
    // A copy without extended attributes.
    try FileManager.default.createDirectory(
      atPath: directory.file("copy"), withIntermediateDirectories: false)
    for name in try FileManager.default.contentsOfDirectory(atPath: directory.file("run")) {
      let data = try Data(contentsOf: URL(fileURLWithPath: directory.file("run/" + name)))
      try data.write(to: URL(fileURLWithPath: directory.file("copy/" + name)))
    }
    try replace(directory.file("copy"), ["x"], with: "new")
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.file("copy"))
    #expect(names.filter { !$0.hasPrefix(".") }.sorted() == ["notes", "x"])
  }

  @Test(arguments: ["", "a", "a\n../kept\n/\n..\n.\n\n\u{0}\nsub\nnowhere\n", "b\na"])
  func `never include other files if their list is damaged`(list: String) throws {
    let directory = try TemporaryDirectory()
    try replace(directory.file("m"), ["a"], with: "old")
    try directory.make([
      "m/notes": "kept", "m/sub/x": "kept", "kept": "kept", "m/.backflow-files": list,
    ])
    try replace(directory.file("m"), ["c"], with: "new")
    var tree = try directory.tree()
    // Only a complete line names a file.
    #expect(tree.removeValue(forKey: "m/a") == (list.hasPrefix("a\n") ? nil : "old"))
    #expect(tree == ["m/notes": "kept", "m/sub/x": "kept", "kept": "kept", "m/c": "new"])
  }

  @Test func `keep the permissions of the files that they replace`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a", "b"], with: "old")
    for name in ["a", "b"] {
      try FileManager.default.setAttributes(
        [.posixPermissions: name == "a" ? 0o600 : 0o640], ofItemAtPath: path + "/" + name)
    }
    try replace(path, ["a", "b", "c"], with: "new")
    #expect(try permissions(path + "/a") == 0o600)
    #expect(try permissions(path + "/b") == 0o640)
  }

  @Test(.enabled(if: geteuid() == 0, "only root may become another user"))
  func `keep the group if the user cannot be kept, or give it no permissions`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      try directory.make(["kept": "old", "lost": "old"])
      #expect(chown(directory.path, 65534, 65534) == 0)
      for (name, group) in [("kept", gid_t(12345)), ("lost", 54321)] {
        #expect(chown(directory.file(name), 0, group) == 0)
        #expect(chmod(directory.file(name), 0o664) == 0)
      }
      var groups: [gid_t] = [12345]
      #expect(setgroups(1, &groups) == 0 && setegid(65534) == 0 && seteuid(65534) == 0)
      for name in ["kept", "lost"] {
        try WholeFile.write(to: directory.file(name)) { file throws(FileError) in
          try file.write([1])
        }
      }
      var status = stat()
      #expect(stat(directory.file("kept"), &status) == 0)
      #expect(status.st_gid == 12345 && status.st_mode & 0o777 == 0o664)
      #expect(stat(directory.file("lost"), &status) == 0)
      #expect(status.st_gid == 65534 && status.st_mode & 0o777 == 0o604)
      _ = seteuid(0)
    }
  }
}

func permissions(_ path: String) throws -> Int? {
  try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}
