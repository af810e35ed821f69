internal import Backflow

/// Returns workloads for the passes of a layer: forward, and backward with all gradients.
///
/// - Parameters:
///   - name: The name of the workloads.
///   - flops: The operations of the forward pass. The backward pass has twice as many.
///   - shape: The shape of the input.
///   - mode: The mode of the forward pass.
///   - isDouble: Whether the layer in double precision is timed.
///   - single: A closure that makes the layer.
///   - double: A closure that makes the same layer in double precision.
func passes<Single: Layer<Float>, Reference: Layer<Double>>(
  _ name: String, flops: Double, input shape: Shape, mode: Mode = .evaluation,
  isDouble: Bool = false, _ single: @escaping (inout RandomSource) -> Single,
  _ double: @escaping (inout RandomSource) -> Reference
) -> [Workload] {
  let scalar = isDouble ? "float64" : "float32"
  func prepare() throws -> (single: LayerWork<Single>, double: LayerWork<Reference>) {
    let works = (
      single: LayerWork(shape, mode, single), double: LayerWork(shape, mode, double)
    )
    try requireAgreement(name, works.single.results(), works.double.results())
    return works
  }
  return [
    Workload(name: name, pass: .forward, scalar: scalar, flops: flops) {
      let (single, double) = try prepare()
      return .init(
        run: { isDouble ? double.forward() : single.forward() }, tensors: { single.tensors() })
    },
    Workload(name: name, pass: .served, scalar: scalar, flops: flops) {
      let (single, double) = try prepare()
      try requireAgreement(name, single.served(), double.served())
      let (one, two) = (single.layer.prepared(), double.layer.prepared())
      return .init(
        run: { isDouble ? two(double.input).elementAtEnd : one(single.input).elementAtEnd },
        tensors: { single.tensors() })
    },
    Workload(name: name, pass: .forwardBackward, scalar: scalar, flops: 3 * flops) {
      let (single, double) = try prepare()
      return .init(
        run: { isDouble ? double.both() : single.both() }, tensors: { single.tensors() })
    },
  ]
}

/// A layer with an input and a gradient with respect to its output.
private struct LayerWork<Work: Layer> {
  typealias Scalar = Work.Scalar
  let layer: Work
  let mode: Mode
  let input, outputGradient: Tensor<Scalar>

  init(_ shape: Shape, _ mode: Mode, _ make: (inout RandomSource) -> Work) {
    var random = RandomSource(seed: 1)
    layer = make(&random)
    self.mode = mode
    input = random.normal(shape)
    outputGradient = random.normal(layer.forward(input, mode).output.shape)
  }

  func forward() -> Double { layer.forward(input, mode).output.elementAtEnd }

  func served() -> [(name: String, value: Tensor<Scalar>)] {
    [("served output", layer.prepared()(input))]
  }

  func both() -> Double {
    let cache = layer.forward(input, mode).cache
    let (inputGradient, gradients) = layer.backward(outputGradient, cache)
    return withExtendedLifetime(gradients) { inputGradient.elementAtEnd }
  }

  /// The output and all gradients.
  func results() -> [(name: String, value: Tensor<Scalar>)] {
    let (output, cache) = layer.forward(input, mode)
    let (inputGradient, gradients) = layer.backward(outputGradient, cache)
    return [("output", output), ("gradient.input", inputGradient)]
      + gradients.namedParameters.map { ("gradient." + $0.name, $0.value) }
  }
}

extension LayerWork where Work.Scalar == Float {
  func tensors() -> [(name: String, value: Tensor<Float>)] {
    layer.namedParameters.map { ("parameter." + $0.name, $0.value) }
      + [("input", input), ("output_gradient", outputGradient)] + results()
  }
}
