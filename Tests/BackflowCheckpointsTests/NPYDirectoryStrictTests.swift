import Backflow
import Foundation
import TestSupport
import Testing

/// Parameters and buffers of one element each, with given names.
private struct Named: Parameterized {
  var names: [String]
  var bufferNames: [String] = []
  var values: [Tensor<Float>] = []
  var buffers: [Tensor<Float>] = []

  init(_ names: String..., buffers: [String] = [], value: Float = 0) {
    self.names = names
    bufferNames = buffers
    values = names.map { _ in Tensor([value]) }
    self.buffers = buffers.map { _ in Tensor([value]) }
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    for index in names.indices { visit(names[index], &values[index]) }
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    for index in bufferNames.indices { visit(bufferNames[index], &buffers[index]) }
  }
}

@Suite struct `Reading a directory of parameters` {
  private func error(
    reading model: Named, from path: String, sourceLocation: SourceLocation = #_sourceLocation
  ) -> CheckpointError? {
    var read = model
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try NPYDirectory.read(into: &read, from: path)
    }
    #expect(
      read.values == model.values && read.buffers == model.buffers, sourceLocation: sourceLocation)
    return error
  }

  @Test func `rejects arrays that the model does not use, with all their names`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try NPYDirectory.write(Named("a", "b", "c", buffers: ["d"]), to: path)
    let error = error(reading: Named("a"), from: path)
    #expect(error?.file == path)
    #expect(error?.problem.contains("b.npy, c.npy, d.npy") == true)
  }

  @Test func `rejects missing arrays, with all their names`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try NPYDirectory.write(Named("a"), to: path)
    let error = error(reading: Named("a", "b", "c", buffers: ["d"]), from: path)
    #expect(error?.file == path + "/b.npy")
    #expect(error?.problem.hasPrefix("cannot be read: ") == true)
    for name in ["b.npy", "c.npy", "d.npy"] { #expect(error?.problem.contains(name) == true) }
  }

  @Test func `names missing and unused arrays in one message`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try NPYDirectory.write(Named("old1", "old2"), to: path)
    let error = error(reading: Named("new1", "new2"), from: path)
    for name in ["new1", "new2", "old1", "old2"] {
      #expect(error?.problem.contains(name + ".npy") == true)
    }
  }

  @Test func `ignores files that are not arrays`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try NPYDirectory.write(Named("a", value: 3), to: path)
    _ = try directory.write([1], to: "model/picture.svg")
    _ = try directory.write([1], to: "model/.hidden.npy")
    try NPYDirectory.write(Named("x"), to: path + "/optimizer")
    try FileManager.default.createDirectory(
      atPath: path + "/folder.npy", withIntermediateDirectories: false)
    var read = Named("a")
    try NPYDirectory.read(into: &read, from: path)
    #expect(read.values == [Tensor([3])])
  }

  @Test func `rejects two parameters with one name, with all such names`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try NPYDirectory.write(Named("a", "b", "c"), to: path)
    let error = error(reading: Named("a", "b", "a", "c", buffers: ["c"]), from: path)
    #expect(error?.file == path)
    #expect(error?.problem.contains("a, c") == true)
  }
}

// Like PyTorch's load_state_dict(strict=False).
@Suite struct `Reading a directory of parameters that need not match` {
  @Test func `keeps missing parameters and ignores unused arrays`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try NPYDirectory.write(Named("a", "surplus", buffers: ["c"], value: 3), to: path)
    var read = Named("a", "b", buffers: ["c", "d"], value: 7)
    try NPYDirectory.read(into: &read, from: path, strict: false)
    #expect(read.values == [Tensor([3]), Tensor([7])])
    #expect(read.buffers == [Tensor([3]), Tensor([7])])
  }

  @Test func `still rejects a wrong shape, damage and two parameters with one name`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try NPYDirectory.write(Named("a", "b", value: 3), to: path)
    var repeated = Named("a", "a")
    #expect(throws: CheckpointError.self) {
      try NPYDirectory.read(into: &repeated, from: path, strict: false)
    }
    try NPY.write(Tensor<Float>([1, 2]), to: path + "/b.npy")
    var read = Named("a", "b", value: 7)
    let shape = #expect(throws: CheckpointError.self) {
      try NPYDirectory.read(into: &read, from: path, strict: false)
    }
    #expect(shape?.problem == "expected shape [1] for b, found [2]")
    _ = try directory.write([1, 2, 3], to: "model/b.npy")
    #expect(throws: CheckpointError.self) {
      try NPYDirectory.read(into: &read, from: path, strict: false)
    }
    #expect(read.values == [Tensor([7]), Tensor([7])])
  }

  @Test func `distinguishes a missing directory from an empty one`() throws {
    let directory = try TemporaryDirectory()
    var read = Named("a")
    #expect(throws: CheckpointError.self) {
      try NPYDirectory.read(into: &read, from: directory.file("none"), strict: false)
    }
  }
}

@Suite struct `Writing a directory of parameters` {
  @Test func `rejects two parameters with one name before it writes anything`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    for isThere in [false, true] {
      if isThere { try NPYDirectory.write(Named("a", value: 5), to: path) }
      let before = try directory.contents()
      let error = #expect(throws: CheckpointError.self) {
        try NPYDirectory.write(Named("a", "b", "a", "c", buffers: ["c"]), to: path)
      }
      #expect(error?.file == path)
      #expect(error?.problem.contains("a, c") == true)
      #expect(try directory.contents() == before)
    }
    var read = Named("a")
    try NPYDirectory.read(into: &read, from: path)
    #expect(read.values == [Tensor([5])])
  }

  @Test(arguments: ["", ".", "..", "../escaped", "a/b", ".hidden", "nul\0byte"])
  func `rejects a name that is not a file name`(name: String) throws {
    let directory = try TemporaryDirectory()
    #expect(throws: CheckpointError.self) {
      try NPYDirectory.write(Named("a", name), to: directory.file("model"))
    }
    #expect(try directory.contents() == [])
  }
}
