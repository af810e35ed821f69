import Backflow
import Foundation
import TestSupport
import Testing

// The running statistics of a batch normalization determine its output in evaluation.
@Suite struct `A directory of parameters and buffers` {
  /// A network that uses all kinds of composition, after some batches of training.
  private func trained<S: RealScalar>(_: S.Type, seed: UInt64) -> Sequential<S> {
    var random = RandomSource(seed: seed)
    var model = Sequential<S> {
      Dense(inputSize: 3, outputSize: 4, using: &random)
      BatchNorm(channels: 4)
      Residual(
        Sequential<S> {
          Dense(inputSize: 4, outputSize: 4, using: &random)
          BatchNorm(channels: 4)
          ReLU()
        })
    }
    for step in 0..<5 {
      let input: Tensor<S> = random.normal([8, 3]) * 3 + 7
      model.updateBuffers(from: model.forward(input, .training(seed: UInt64(step))).cache)
    }
    return model
  }

  private func check<S: RealScalar>(_: S.Type) throws {
    let directory = try TemporaryDirectory()
    let model = trained(S.self, seed: 1)
    try Checkpoint(model).writeDirectory(to: directory.file("model"))
    let buffers = ["1", "2.body.1"].flatMap { layer in
      ["running_mean", "running_var", "num_batches_tracked"].map { "\(layer).\($0).npy" }
    }
    let parameters = model.namedParameters.map { $0.name + ".npy" }
    #expect(try directory.contents("model") == (parameters + buffers).sorted())

    var other = trained(S.self, seed: 2)
    let input: Tensor<S> = Tensor([7, 8, 9, 4, 5, 6], shape: [2, 3])
    let (expected, before) = (model(input), other(input))
    #expect(before != expected)
    try other.load(Checkpoint(contentsOf: directory.file("model")))
    #expect(other(input) == expected)
  }

  @Test func `restores the running statistics, so that evaluation gives the same bits`() throws {
    try check(Float.self)
    try check(Double.self)
  }

  @Test func `without a running statistic is rejected, and the model is unchanged`() throws {
    let directory = try TemporaryDirectory()
    var written = BatchNorm<Float>(channels: 2)
    written.runningMean = Tensor([1, 2])
    try Checkpoint(written).writeDirectory(to: directory.file("model"))
    let file = directory.file("model/running_var.npy")
    try? FileManager.default.removeItem(atPath: file)
    var model = BatchNorm<Float>(channels: 2)
    let error = #expect(throws: CheckpointError.self) {
      try model.load(Checkpoint(contentsOf: directory.file("model")))
    }
    #expect(error?.file == directory.file("model"))
    #expect(error?.mismatch?.missing == ["running_var"])
    #expect(model.runningMean == Tensor([0, 0]))
  }

  @Test func `of another shape is rejected`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(BatchNorm<Float>(channels: 2)).writeDirectory(to: directory.file("model"))
    try NPY.write(Tensor<Float>([1]), to: directory.file("model/running_mean.npy"))
    var model = BatchNorm<Float>(channels: 2)
    let error = #expect(throws: CheckpointError.self) {
      try model.load(Checkpoint(contentsOf: directory.file("model")))
    }
    let wrong = error?.mismatch?.misshapen ?? []
    #expect(wrong.map(\.name) == ["running_mean"])
    #expect(wrong.map(\.expected) == [[2]] && wrong.map(\.found) == [[1]])
  }
}

/// A vanilla cell with a counter in place of running statistics.
private struct CountingCell: RecurrentCell {
  var cell: VanillaCell<Float>
  var count = Tensor<Float>([0])

  typealias State = VanillaCell<Float>.State
  static var layout: CellLayout { VanillaCell<Float>.layout }
  var weights: GateWeights<Float> {
    get { cell.weights }
    set { cell.weights = newValue }
  }
  init(_ weights: GateWeights<Float>) { cell = VanillaCell(weights) }

  func step(_ pass: borrowing ForwardPass<Float>) { cell.step(pass) }
  func stepBack(_ pass: borrowing BackwardPass<Float>) { cell.stepBack(pass) }
  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) { visit("count", &count) }
}

@Suite struct `A recurrent network of cells with buffers` {
  private func network(counting start: Float) -> Recurrent<CountingCell> {
    var random = RandomSource(seed: 3)
    var next = start
    let cells = (0..<2).map { layer in
      (0..<2).map { _ in
        next += 1
        var cell = CountingCell(
          inputSize: layer == 0 ? 2 : 6, hiddenSize: 3, using: &random)
        cell.count = Tensor([next])
        return cell
      }
    }
    return Recurrent(cells: cells)
  }

  @Test func `saves and reads them for each layer and direction`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(network(counting: 0)).writeDirectory(to: directory.file("model"))
    let counts = try directory.contents("model").filter { $0.hasPrefix("count") }
    #expect(
      counts == [
        "count_l0.npy", "count_l0_reverse.npy", "count_l1.npy", "count_l1_reverse.npy",
      ])
    var other = network(counting: 100)
    try other.load(Checkpoint(contentsOf: directory.file("model")))
    #expect(other.cells.flatMap { $0.map { $0.count[0] } } == [1, 2, 3, 4])
  }
}
