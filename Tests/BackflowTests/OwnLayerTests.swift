import Backflow
import TestSupport
import Testing

/// A layer outside the library: y = a x, with one parameter for all features.
private struct Scale<Scalar: RealScalar>: Layer {
  var factor: Tensor<Scalar>

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) { visit("factor", &factor) }

  func forward(_ x: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    (factor * x, x)
  }

  func backward(
    _ outputGradient: Tensor<Scalar>, _ x: Tensor<Scalar>
  ) -> (inputGradient: Tensor<Scalar>, gradients: Scale) {
    let byFactor = dot(outputGradient.flattened, x.flattened)
    return (factor * outputGradient, Scale(factor: Tensor([byFactor])))
  }
}

/// A layer outside the library, without parameters, that shows its units: y = 3 tanh x.
private struct ScaledTanh<Scalar: RealScalar>: ParameterlessLayer {
  func forward(_ x: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let y = tanh(x)
    return (3 * y, y)
  }

  func inputGradient(_ outputGradient: Tensor<Scalar>, _ y: Tensor<Scalar>) -> Tensor<Scalar> {
    3 * outputGradient * (1 - y * y)
  }

  func activations(in y: Tensor<Scalar>) -> [Activation<Scalar>] { [Activation(.tanh, output: y)] }
  var signalKind: SignalKind? { .activation }
}

/// What layers of a program get from the library, through the public interface alone.
@Suite struct `A layer outside the library` {
  private func model<Scalar: RealScalar>(_ random: inout RandomSource) -> Sequential<Scalar> {
    Sequential {
      Scale(factor: Tensor([30]))
      ScaledTanh()
      Residual(ScaledTanh())
      Dense(inputSize: 3, outputSize: 2, using: &random)
    }
  }

  @Test func `agrees with finite differences`() {
    var random = RandomSource(seed: 1)
    for layer: any Layer<Double> in [Scale(factor: Tensor([1.5])), ScaledTanh()] {
      check(layer)
    }

    func check(_ layer: some Layer<Double>) {
      let check = GradientCheck(
        DifferentiableFunction(layer, input: random.normal([4, 3])), using: &random)
      #expect(check.passes(tolerance: 1e-7), "\(check)")
    }
  }

  @Test func `is trained, saved and read like any other`() throws {
    var random = RandomSource(seed: 2)
    var model: Sequential<Float> = model(&random)
    var optimizer = Adam(for: model, learningRate: 0.1)
    let (output, cache) = model.forward(random.normal([8, 3]))
    let (_, gradients) = model.backward(output, cache)
    optimizer.update(&model, along: gradients)
    #expect(model.namedParameters[0].value != Tensor([30]))

    let directory = try TemporaryDirectory()
    try Checkpoint(model).writeDirectory(to: directory.file("model"))
    var other: Sequential<Float> = self.model(&random)
    try other.load(Checkpoint(contentsOf: directory.file("model")))
    #expect(other.namedParameters.map(\.value) == model.namedParameters.map(\.value))
  }

  @Test func `is seen by the health monitor, also inside a composition`() {
    var random = RandomSource(seed: 3)
    let model: Sequential<Double> = model(&random)
    let (output, cache) = model.forward(random.normal([64, 3]))
    let (_, _, trace) = model.tracedBackward(random.normal(output.shape), cache)
    var observation = StepObservation<Double>(step: 0)
    observation.recordNetwork(trace, output: output)
    var health = HealthMonitor<Double>()
    health.judge(observation)
    let saturated = health.findings.filter { $0.kind == .saturation }.map(\.layer)
    #expect(saturated.contains("1"), "\(health.findings)")
    #expect(saturated.contains("2.body"), "\(health.findings)")
    // `Scale` says neither what it does to the signal nor what its units are.
    #expect(health.opaqueLayers == ["0"])
  }
}
