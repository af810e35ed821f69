import Backflow
import Foundation
import TestSupport
import Testing

// What a batch normalization has learned about its data decides what it answers in evaluation.
@Suite struct `A directory of parameters and buffers` {
  /// A network that composes its layers in every way there is, after some batches of training.
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
    try NPYDirectory.write(model, to: directory.file("model"))
    let buffers = ["1", "2.body.1"].flatMap { ["\($0).running_mean.npy", "\($0).running_var.npy"] }
    let parameters = model.namedParameters.map { $0.name + ".npy" }
    #expect(try directory.contents("model") == (parameters + buffers).sorted())

    var other = trained(S.self, seed: 2)
    let input: Tensor<S> = Tensor([7, 8, 9, 4, 5, 6], shape: [2, 3])
    let (expected, before) = (model(input), other(input))
    #expect(before != expected)
    try NPYDirectory.read(into: &other, from: directory.file("model"))
    #expect(other(input) == expected)
  }

  @Test func `gives back the running statistics, so that evaluation is the same to the bit`() throws
  {
    try check(Float.self)
    try check(Double.self)
  }

  @Test func `without a running statistic is refused, and the model is as it was`() throws {
    let directory = try TemporaryDirectory()
    var written = BatchNorm<Float>(channels: 2)
    written.runningMean = Tensor([1, 2])
    try NPYDirectory.write(written, to: directory.file("model"))
    let file = directory.file("model/running_var.npy")
    try? FileManager.default.removeItem(atPath: file)
    var model = BatchNorm<Float>(channels: 2)
    let error = #expect(throws: CheckpointError.self) {
      try NPYDirectory.read(into: &model, from: directory.file("model"))
    }
    #expect(error?.file == file)
    #expect(model.runningMean == Tensor([0, 0]))
  }

  @Test func `of another shape is refused`() throws {
    let directory = try TemporaryDirectory()
    try NPYDirectory.write(BatchNorm<Float>(channels: 2), to: directory.file("model"))
    try NPY.write(Tensor<Float>([1]), to: directory.file("model/running_mean.npy"))
    var model = BatchNorm<Float>(channels: 2)
    let error = #expect(throws: CheckpointError.self) {
      try NPYDirectory.read(into: &model, from: directory.file("model"))
    }
    #expect(error?.problem == "expected shape [2] for running_mean, found [1]")
  }
}
