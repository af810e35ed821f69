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
      try read.load(Checkpoint(contentsOf: path))
    }
    #expect(
      read.values == model.values && read.buffers == model.buffers, sourceLocation: sourceLocation)
    return error
  }

  @Test func `rejects arrays that the model does not use, with all their names`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Named("a", "b", "c", buffers: ["d"])).writeDirectory(to: path)
    let error = error(reading: Named("a"), from: path)
    #expect(error?.file == path)
    #expect(error?.mismatch?.unexpected == ["b", "c", "d"])
  }

  @Test func `rejects missing arrays, with all their names`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Named("a")).writeDirectory(to: path)
    let error = error(reading: Named("a", "b", "c", buffers: ["d"]), from: path)
    #expect(error?.file == path)
    #expect(error?.mismatch?.missing == ["b", "c", "d"])
    #expect(error?.problem.contains("b, c, d") == true)
  }

  @Test func `names missing and unused arrays in one message`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Named("old1", "old2")).writeDirectory(to: path)
    let error = error(reading: Named("new1", "new2"), from: path)
    for name in ["new1", "new2", "old1", "old2"] {
      #expect(error?.problem.contains(name) == true)
    }
  }

  @Test func `ignores files that are not arrays`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Named("a", value: 3)).writeDirectory(to: path)
    _ = try directory.write([1], to: "model/picture.svg")
    _ = try directory.write([1], to: "model/.hidden.npy")
    try Checkpoint(Named("x")).writeDirectory(to: path + "/optimizer")
    try FileManager.default.createDirectory(
      atPath: path + "/folder.npy", withIntermediateDirectories: false)
    var read = Named("a")
    try read.load(Checkpoint(contentsOf: path))
    #expect(read.values == [Tensor([3])])
  }

}

// Like PyTorch's load_state_dict(strict=False).
@Suite struct `Reading a directory of parameters that need not match` {
  @Test func `keeps missing parameters and ignores unused arrays`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Named("a", "surplus", buffers: ["c"], value: 3)).writeDirectory(to: path)
    var read = Named("a", "b", buffers: ["c", "d"], value: 7)
    try read.load(Checkpoint(contentsOf: path), strict: false)
    #expect(read.values == [Tensor([3]), Tensor([7])])
    #expect(read.buffers == [Tensor([3]), Tensor([7])])
  }

  @Test func `still rejects a wrong shape and damage`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Named("a", "b", value: 3)).writeDirectory(to: path)
    try NPY.write(Tensor<Float>([1, 2]), to: path + "/b.npy")
    var read = Named("a", "b", value: 7)
    let shape = #expect(throws: CheckpointError.self) {
      try read.load(Checkpoint(contentsOf: path), strict: false)
    }
    #expect(shape?.mismatch?.misshapen.map(\.name) == ["b"])
    #expect(shape?.problem.contains("b has shape [2] instead of [1]") == true)
    _ = try directory.write([1, 2, 3], to: "model/b.npy")
    #expect(throws: CheckpointError.self) {
      try read.load(Checkpoint(contentsOf: path), strict: false)
    }
    #expect(read.values == [Tensor([7]), Tensor([7])])
  }

  @Test func `needs a directory with arrays`() throws {
    let directory = try TemporaryDirectory()
    var read = Named("a")
    #expect(throws: CheckpointError.self) {
      try read.load(Checkpoint(contentsOf: directory.file("none")), strict: false)
    }
    _ = try directory.write([1], to: "notes.txt")
    let empty = #expect(throws: CheckpointError.self) {
      try read.load(Checkpoint(contentsOf: directory.path), strict: false)
    }
    #expect(empty?.file == directory.path)
    #expect(empty?.problem.contains("the directory has no .npy files") == true)
  }
}

@Suite struct `Writing a directory of parameters` {
  @Test func `rejects two parameters with one name before it writes anything`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    for isThere in [false, true] {
      if isThere { try Checkpoint(Named("a", value: 5)).writeDirectory(to: path) }
      let before = try directory.contents()
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint(Named("a", "b", "a", "c", buffers: ["c"])).writeDirectory(to: path)
      }
      #expect(error?.problem.contains("a, c") == true)
      #expect(try directory.contents() == before)
    }
    var read = Named("a")
    try read.load(Checkpoint(contentsOf: path))
    #expect(read.values == [Tensor([5])])
  }

  @Test(arguments: ["", ".", "..", "../escaped", "a/b", ".hidden", "nul\0byte"])
  func `rejects a name that is not a file name`(name: String) throws {
    let directory = try TemporaryDirectory()
    #expect(throws: CheckpointError.self) {
      try Checkpoint(Named("a", name)).writeDirectory(to: directory.file("model"))
    }
    #expect(try directory.contents() == [])
  }
}
