import Backflow
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct `A path that is not a regular file` {
  private func type(_ path: String) throws -> FileAttributeType? {
    try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
  }

  @Test func `is written where its symbolic link points, which stays a link`() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write([1], to: "real.npy")
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("link.npy"), withDestinationPath: "real.npy")
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("new.npy"), withDestinationPath: "made.npy")
    for (link, file) in [("link.npy", "real.npy"), ("new.npy", "made.npy")] {
      try NPY.write(Tensor<Float>([7]), to: directory.file(link))
      #expect(try type(directory.file(link)) == .typeSymbolicLink)
      #expect(try type(directory.file(file)) == .typeRegular)
      #expect(try NPY.read(directory.file(file), as: Float.self) == Tensor([7]))
    }
  }

  @Test func `is written to if it is a device`() throws {
    let directory = try TemporaryDirectory()
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("null"), withDestinationPath: "/dev/null")
    try NPY.write(Tensor<Float>([7]), to: directory.file("null"))
    #expect(try type(directory.file("null")) == .typeSymbolicLink)
    #expect(try type("/dev/null") == .typeCharacterSpecial)
    #expect(try directory.contents() == ["null"])
  }

  @Test func `is written to if it is a pipe`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    // A pipe that is opened for reading and writing does not block.
    let end = open(path, O_RDWR)
    defer { close(end) }
    try NPY.write(Tensor<Float>([7]), to: path)
    #expect(try type(path) != .typeRegular)
    var received = [UInt8](repeating: 0, count: 1000)
    let count = fcntl(end, F_SETFL, O_NONBLOCK) == 0 ? read(end, &received, 1000) : -1
    #expect(count > 0 && Array(received.prefix(max(count, 0))) == NPY.encode(Tensor<Float>([7])))
  }

  @Test func `keeps the permissions of the file that it replaces`() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write([1], to: "a.npy")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try NPY.write(Tensor<Float>([7]), to: path)
    let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(rights as? Int == 0o640)
  }
}

@Suite struct `A message about a file` {
  private func check(
    _ path: String, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try NPY.read(path, as: Float.self)
    }
    let text = error?.description ?? ""
    for word in words {
      #expect(text.contains(word), "\(text)", sourceLocation: sourceLocation)
    }
    #expect(!text.contains("NSCocoa") && !text.contains("\n"), sourceLocation: sourceLocation)
  }

  @Test(.timeLimit(.minutes(1))) func `states the problem and the remedy, not a number`() throws {
    let directory = try TemporaryDirectory()
    check("", ["\"\"", "an empty path"])
    check(directory.path, ["a directory", "choose a file in it"])
    #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
    check(directory.file("pipe"), ["a pipe", "copy"])
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("loop"), withDestinationPath: "loop")
    check(directory.file("loop"), ["symbolic links", "loop"])
    check(directory.file("none.npy"), ["does not exist"])
    _ = try directory.write([1], to: "file")
    check(directory.file("file/x.npy"), ["not a directory"])
    check("/dev/null", ["a device"])
    check(directory.file("w\u{FFFD}.npy"), ["UTF-8", "rename"])
    check("nul\0byte", ["zero byte"])
    check(directory.file(String(repeating: "x", count: 300)), ["too long"])
  }

  @Test func `is the same for the directory of a model`() throws {
    let directory = try TemporaryDirectory()
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("loop"), withDestinationPath: "loop")
    #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
    let model = BatchNorm<Float>(channels: 1)
    let cases = [
      ("", "an empty path"), ("loop", "symbolic links"), ("pipe", "a pipe, not a directory"),
      ("w\u{FFFD}", "UTF-8"),
    ]
    for (name, words) in cases {
      let path = name.isEmpty ? "" : directory.file(name)
      let written = #expect(throws: CheckpointError.self) {
        try Checkpoint(model).writeDirectory(to: path)
      }
      let prepared = #expect(throws: CheckpointError.self) {
        try Checkpoint(model).prepareDirectory(at: path)
      }
      for error in [written, prepared] {
        #expect(error?.problem.contains(words) == true, "\(name): \(error?.problem ?? "")")
      }
    }
    let null = #expect(throws: CheckpointError.self) {
      try Checkpoint(model).prepareDirectory(at: "/dev/null")
    }
    #expect(null?.problem == "cannot be written: it is a device, not a directory")
    #expect(try directory.contents() == ["loop", "pipe"])
  }
}
