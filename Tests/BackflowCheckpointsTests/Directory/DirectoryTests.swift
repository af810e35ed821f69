import Backflow
import Foundation
import TestSupport
import Testing

/// Two parameters with given names.
private struct Pair: Parameterized {
  var first: Tensor<Double> = Tensor([1, 2])
  var second: Tensor<Double> = Tensor(rows: [[3, 4, 5]])
  var names = ("first", "layer.second")

  mutating func visitParameters(_ visit: ParameterVisitor<Double>) {
    visit(names.0, &first)
    visit(names.1, &second)
  }
}

@Suite struct `A directory of parameters` {
  @Test func `restores every parameter by its name`() throws {
    let directory = try TemporaryDirectory()
    var random = RandomSource(seed: 1)
    let model = RNN<Float>(inputSize: 3, hiddenSize: 4, using: &random)
    try Checkpoint(model).writeDirectory(to: directory.file("model"))
    #expect(try directory.contents() == ["model"])
    let files = ["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"].map { $0 + ".npy" }
    #expect(try directory.contents("model") == files)
    #expect(
      try NPY.read(directory.file("model/weight_ih_l0.npy"), as: Float.self)
        == model.cells[0][0].weights.input)

    var other = RNN<Float>(inputSize: 3, hiddenSize: 4, using: &random)
    #expect(other.cells[0][0].weights.input != model.cells[0][0].weights.input)
    try other.load(Checkpoint(contentsOf: directory.file("model")))
    for (left, right) in zip(other.namedParameters, model.namedParameters) {
      #expect(left.name == right.name && left.value == right.value)
    }
  }

  @Test func `is created with its parent directories`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(Pair()).writeDirectory(to: directory.file("runs/today/"))
    #expect(try directory.contents("runs") == ["today"])
    #expect(try directory.contents("runs/today") == ["first.npy", "layer.second.npy"])
  }

  @Test func `has new parameters in place of old ones and keeps other files`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    var old = Pair()
    old.names = ("stale", "first")
    try Checkpoint(old).writeDirectory(to: path)
    _ = try directory.write([1, 2, 3], to: "model/thesis.txt")
    try FileManager.default.createDirectory(
      atPath: path + "/letters", withIntermediateDirectories: true)
    var new = Pair()
    new.first = Tensor([10, 20])
    try Checkpoint(new).writeDirectory(to: path)
    #expect(try directory.contents() == ["model"])
    #expect(
      try directory.contents("model") == [
        "first.npy", "layer.second.npy", "letters", "thesis.txt",
      ])
    #expect(try bytes(of: path + "/thesis.txt") == [1, 2, 3])
    var read = Pair()
    try read.load(Checkpoint(contentsOf: path))
    #expect(read.first == Tensor([10, 20]))
  }

  @Test func `is not a file, and has a name`() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write([1, 2, 3], to: "notes")
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(Pair()).writeDirectory(to: path)
    }
    #expect(error?.file == path)
    #expect(error?.problem == "cannot be written: it is a file, not a directory")
    #expect(try directory.contents() == ["notes"])
    #expect(try bytes(of: path) == [1, 2, 3])
    #expect(throws: CheckpointError.self) { try Checkpoint(Pair()).writeDirectory(to: "") }
  }

  @Test func `is checked before anything is written`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(Pair()).prepareDirectory(at: directory.file("new/model"))
    #expect(try directory.contents() == [])
    _ = try directory.write([1], to: "file")
    for path in [directory.file("file"), directory.file("file/x"), ""] {
      #expect(throws: CheckpointError.self) { try Checkpoint(Pair()).prepareDirectory(at: path) }
    }
  }

  @Test func `is replaced where a symbolic link points`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(Pair()).writeDirectory(to: directory.file("run7"))
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("latest"), withDestinationPath: "run7")
    var new = Pair()
    new.first = Tensor([10, 20])
    try Checkpoint(new).writeDirectory(to: directory.file("latest"))
    #expect(try directory.contents() == ["latest", "run7"])
    for name in ["latest", "run7"] {
      var read = Pair()
      try read.load(Checkpoint(contentsOf: directory.file(name)))
      #expect(read.first == Tensor([10, 20]))
    }
  }

  @Test func `is found under a relative path, which the error then names`() async {
    // In a separate process, because a process has one working directory.
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      #expect(FileManager.default.changeCurrentDirectoryPath(directory.path))
      for _ in 0..<2 { try Checkpoint(Pair()).writeDirectory(to: "model") }
      #expect(try directory.contents() == ["model"])
      var model = Pair()
      try model.load(Checkpoint(contentsOf: "model"))
      let error = #expect(throws: CheckpointError.self) {
        try model.load(Checkpoint(contentsOf: "other"))
      }
      #expect(error?.file == "other")
    }
  }

  @Test func `that cannot be written is not created, and the old one is kept`() throws {
    let directory = try TemporaryDirectory()
    _ = try directory.write([1], to: "file")
    let below = directory.file("file/model")
    let first = #expect(throws: CheckpointError.self) {
      try Checkpoint(Pair()).writeDirectory(to: below)
    }
    #expect(first?.file == below)
    #expect(try directory.contents() == ["file"])

    // The second file fails after the first has been written.
    var broken = Pair()
    broken.names = ("first", "no/such/place")
    let second = #expect(throws: CheckpointError.self) {
      try Checkpoint(broken).writeDirectory(to: directory.file("model"))
    }
    #expect(second?.file == directory.file("model/no/such/place.npy"))
    #expect(try directory.contents() == ["file"])

    try Checkpoint(Pair()).writeDirectory(to: directory.file("model"))
    #expect(throws: CheckpointError.self) {
      try Checkpoint(broken).writeDirectory(to: directory.file("model"))
    }
    #expect(try directory.contents() == ["file", "model"])
    #expect(try directory.contents("model") == ["first.npy", "layer.second.npy"])
  }

  @Test func `without one of the parameters leaves the model unchanged`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(Pair()).writeDirectory(to: directory.file("model"))
    try FileManager.default.removeItem(atPath: directory.file("model/layer.second.npy"))
    try expectFailure(directory, file: "model", problem: "it lacks layer.second")
  }

  @Test func `with another shape leaves the model unchanged`() throws {
    let directory = try TemporaryDirectory()
    var other = Pair()
    other.second = Tensor(rows: [[3], [4], [5]])
    try Checkpoint(other).writeDirectory(to: directory.file("model"))
    try expectFailure(
      directory, file: "model",
      problem: "layer.second has shape [3, 1] instead of [1, 3]")
  }

  @Test func `with a damaged file leaves the model unchanged`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(Pair()).writeDirectory(to: directory.file("model"))
    let path = directory.file("model/layer.second.npy")
    _ = try directory.write(bytes(of: path).dropLast(), to: "model/layer.second.npy")
    try expectFailure(
      directory, file: "model/layer.second.npy", problem: "expected 24 bytes of data")
  }

  @Test func `that does not exist leaves the model unchanged`() throws {
    let directory = try TemporaryDirectory()
    try expectFailure(directory, file: "model", problem: "cannot be read: ")
  }

  @Test func `may have more than the model uses`() throws {
    let directory = try TemporaryDirectory()
    var written = Pair()
    written.first = Tensor([-1, -2])
    try Checkpoint(written).writeDirectory(to: directory.file("model"))
    _ = try directory.write([1, 2, 3], to: "model/notes.txt")
    var model = Pair()
    try model.load(Checkpoint(contentsOf: directory.file("model")))
    #expect(model.first == Tensor([-1, -2]) && model.second == Pair().second)
  }

  /// Fails unless reading throws an error with this file and problem and changes nothing.
  private func expectFailure(
    _ directory: borrowing TemporaryDirectory, file: String, problem: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var model = Pair()
    (model.first, model.second) = (Tensor([7, 8]), Tensor(rows: [[9, 9, 9]]))
    let path = directory.file("model")
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try model.load(Checkpoint(contentsOf: path))
    }
    #expect(error?.file == directory.file(file), sourceLocation: sourceLocation)
    #expect(error?.problem.contains(problem) == true, sourceLocation: sourceLocation)
    #expect(model.first == Tensor([7, 8]), sourceLocation: sourceLocation)
    #expect(model.second == Tensor(rows: [[9, 9, 9]]), sourceLocation: sourceLocation)
  }
}
