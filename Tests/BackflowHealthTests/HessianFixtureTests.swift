import Backflow
import Foundation
import TestSupport
import Testing

/// Dense Hessians of PyTorch, written by scripts/fixtures/hessian_reference.py.
@Suite struct `The sharpness of a network` {
  private typealias Perceptron = Sequential<Double>

  private func fixture(_ name: String) throws -> Checkpoint {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("BackflowStabilityTests/Fixtures/hessian")
    return try Checkpoint(contentsOf: folder.appendingPathComponent(name + ".safetensors").path)
  }

  private func values(_ name: String, of checkpoint: Checkpoint) throws -> Tensor<Double> {
    try #require(checkpoint[name]).values()
  }

  /// Compares both ends of the spectrum to 1e-6, and the loss to rounding.
  private func check<Model: Parameterized<Double>>(
    _ name: String, _ model: Model,
    _ loss:
      @escaping (Model, _ input: Tensor<Double>, _ target: Tensor<Double>) -> (
        loss: Double, gradients: Model
      )
  ) throws {
    let checkpoint = try fixture(name)
    var model = model
    try model.load(checkpoint, strict: false)
    let input = try values("input", of: checkpoint)
    let target = try values("target", of: checkpoint)
    let eigenvalues = try values("eigenvalues", of: checkpoint).elements
    let expected = try #require(eigenvalues.last)
    #expect(eigenvalues.count == model.parameterCount)

    var monitor = SharpnessMonitor<Model>(tolerance: 1e-8, maximumProducts: 200)
    let seen = try monitor.measure(model) { loss($0, input, target) }
    expectClose(
      [seen.loss], try values("loss", of: checkpoint).elements, Tolerance(1e-13, scale: 1))
    expectClose([seen.largest.value], [expected], Tolerance(1e-6 * expected, scale: expected), name)
    #expect(seen.isConverged)
    for seen in [seen.largest, seen.smallest] {
      let distance = eigenvalues.map { abs($0 - seen.value) }.min() ?? .nan
      #expect(distance <= seen.uncertainty, "\(name): \(seen), an error of \(distance)")
    }
    #expect(seen.largest.uncertainty < 1e-6 * expected)
  }

  private func perceptron(_ nonlinearity: any Layer<Double>) -> Perceptron {
    var random = RandomSource(seed: 1)
    return Sequential([
      Dense(inputSize: 3, outputSize: 5, using: &random), nonlinearity,
      Dense(inputSize: 5, outputSize: 2, using: &random),
    ])
  }

  @Test func `agrees with the dense Hessian of PyTorch, for tanh and squared errors`() throws {
    try check("tanh_mean_squared_error", perceptron(Tanh<Double>())) { model, input, target in
      let (output, cache) = model.forward(input)
      let (loss, top) = meanSquaredError(output, target)
      return (loss, model.backward(top, cache).gradients)
    }
  }

  @Test func `agrees with the dense Hessian of PyTorch, for ReLU and cross-entropy`() throws {
    try check("relu_cross_entropy", perceptron(ReLU<Double>())) { model, input, target in
      let (output, cache) = model.forward(input)
      let (loss, top) = softmaxCrossEntropy(output, target.elements.map { Int($0) })
      return (loss, model.backward(top, cache).gradients)
    }
  }

  @Test func `agrees with the dense Hessian of PyTorch, for an LSTM`() throws {
    var random = RandomSource(seed: 1)
    let lstm = LSTM<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    try check("lstm_mean_squared_error", lstm) { lstm, input, target in
      let (states, cache) = lstm.forward(input)
      let (last, lastCache) = LastStep().forward(states)
      let (loss, top) = meanSquaredError(last, target)
      let (_, gradients) = lstm.backward(LastStep().inputGradient(top, lastCache), cache)
      return (loss, gradients)
    }
  }
}
