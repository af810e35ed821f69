import BackflowFiles
import Foundation
import TestSupport
import Testing

@Suite struct `An obstacle to a save` {
  /// Expects the error both before the training and after it.
  private func expectRefusal(
    _ path: String, _ files: [String], _ words: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let prepared = #expect(throws: FileError.self, sourceLocation: sourceLocation) {
      try FolderReplacement.prepare(path, files: files)
    }
    let written = #expect(throws: FileError.self, sourceLocation: sourceLocation) {
      try replace(path, files, with: "new")
    }
    for error in [prepared, written] {
      #expect(
        error?.description.contains(words) == true, "\(String(describing: error))",
        sourceLocation: sourceLocation)
    }
  }

  private func shell(_ command: String) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command + " 2>/dev/null"]
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  @Test(arguments: ["a", ".backflow-files"])
  func `is a directory in place of a file`(name: String) throws {
    let directory = try TemporaryDirectory()
    try directory.make(["m/\(name)/x": "kept"])
    expectRefusal(
      directory.file("m"), ["b", "a"], "m/\(name): cannot be written: it is a directory")
    #expect(try directory.tree() == ["m/\(name)/x": "kept"])
    #expect(try directory.contents() == ["m"])
  }

  @Test func `is a name that is too long, for which no directory is created`() throws {
    let directory = try TemporaryDirectory()
    let long = String(repeating: "x", count: 300)
    expectRefusal(directory.file("a/b/m"), ["a", long], "too long")
    expectRefusal(directory.file("a/b/" + long), ["a"], "too long")
    #expect(try directory.contents() == [])
    try FolderReplacement.prepare(directory.file("a/b/m"), files: ["a"])
    #expect(try directory.contents() == [])
  }

  @Test(arguments: ["a", "notes", "sub"])
  func `is an immutable entry`(name: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a"], with: "old")
    try directory.make(["m/notes": "kept", "m/sub/x": "kept"])
    // Only root can make it immutable, and not on every file system.
    guard try shell("chattr +i '\(path)/\(name)'") else { return }
    defer { _ = try? shell("chattr -R -i '\(directory.path)'") }
    let before = try directory.tree()
    for files in [["a"], ["b"]] { expectRefusal(path, files, "immutable") }
    #expect(try directory.tree() == before)
    #expect(try directory.contents() == ["m"])
  }

  @Test func `is a file that is mounted`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a"], with: "old")
    try directory.make(["m/notes": "kept", "other": "mounted"])
    guard try shell("mount --bind '\(directory.file("other"))' '\(path)/notes'") else { return }
    defer { _ = try? shell("umount '\(path)/notes'") }
    expectRefusal(path, ["a"], "contains the mount point notes")
    #expect(
      try directory.tree() == ["m/a": "old", "m/notes": "mounted", "other": "mounted"])
  }

  @Test(.enabled(if: geteuid() == 0, "only root may become another user"))
  func `is an entry of another user in a directory with the sticky bit`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      try directory.make(["m/x": "kept", "mine/theirs": "kept"])
      for name in ["", "mine"] { #expect(chmod(directory.file(name), 0o1777) == 0) }
      #expect(chmod(directory.file("m"), 0o777) == 0)
      #expect(seteuid(65534) == 0)
      for name in ["m", "mine"] {
        let error = #expect(throws: FileError.self) {
          try FolderReplacement.prepare(directory.file(name))
        }
        #expect(error?.problem.contains("permission is denied") == true)
      }
      #expect(seteuid(0) == 0)
    }
  }

  @Test func `is not a subdirectory whose name is not text`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a"], with: "1")
    let bytes = Array((path + "/w").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
    #expect(mkdir(bytes, 0o777) == 0)
    try replace(path, ["a"], with: "2")
    var status = stat()
    #expect(stat(bytes, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
  }

  @Test func `is not a current directory whose name is not text`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let bytes =
        Array((directory.path + "/w").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
      #expect(mkdir(bytes, 0o777) == 0 && chdir(bytes) == 0)
      for text in ["1", "2"] { try replace("m", ["a"], with: text) }
      try WholeFile.write(to: "file") { file throws(FileError) in try file.write([1]) }
      #expect(access("m/a", F_OK) == 0 && access("file", F_OK) == 0)
    }
  }
}

@Suite struct `A directory that another program has locked` {
  /// The descriptor with the lock.
  private func lock(_ path: String) -> Int32 {
    let descriptor = open(path, O_RDONLY)
    #expect(flock(descriptor, LOCK_EX) == 0)
    return descriptor
  }

  @Test func `is waited for until the caller ends the wait`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m")
    try replace(path, ["a"], with: "old")
    // The parent directory is locked first, and the directory itself last.
    for locked in [directory.path, path] {
      let descriptor = lock(locked)
      var asked = 0
      let error = #expect(throws: FileError.self) {
        try FolderReplacement.write(
          to: path, files: ["a"],
          whileLocked: {
            asked += 1
            return asked < 3
          }
        ) { _, writer throws(FileError) in try writer.write([1]) }
      }
      #expect(asked == 3)
      #expect(error?.problem.contains("locked by another program") == true)
      #expect(try directory.tree() == ["m/a": "old"])
      #expect(try directory.contents() == ["m"])
      close(descriptor)
    }
  }

  @Test func `is written to after the lock is released`() throws {
    let directory = try TemporaryDirectory()
    var descriptor = lock(directory.path)
    let release = {
      close(descriptor)
      return true
    }
    try FolderReplacement.prepare(directory.file("m"), whileLocked: release)
    descriptor = lock(directory.path)
    try WholeFile.write(to: directory.file("file"), whileLocked: release) {
      file throws(FileError) in try file.write([UInt8(ascii: "x")])
    }
    #expect(try directory.tree() == ["file": "x"])
  }
}
