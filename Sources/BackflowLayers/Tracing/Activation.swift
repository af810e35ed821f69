public import BackflowKernels
public import BackflowLinearAlgebra

/// The units of a nonlinearity of a layer in one forward pass.
///
/// Layers return activations from `activations(in:)`. An observer detects saturated and dead units
/// with them, without knowing the type of the layer.
public struct Activation<Scalar: RealScalar>: Sendable {
  /// The name of the gate if the layer has several, or `nil`.
  public let gate: String?
  /// φ
  public let nonlinearity: Nonlinearity
  /// a, with the shape of the output, or `nil` if the layer does not keep it.
  public let input: Tensor<Scalar>?
  /// y = φ(a), [..., features]. If the layer returns something else, such as a scaled tanh, this is
  /// φ(a) itself.
  public let output: Tensor<Scalar>
  /// The features of this activation, which are all features or those of one gate.
  public let features: Range<Int>
  /// The rows of an output [T, B, features] that are valid at each step, or `nil` if all are.
  public let running: ActiveSamples?

  /// An activation with this output.
  ///
  /// - Parameters:
  ///   - nonlinearity: φ.
  ///   - output: y, [..., features].
  ///   - input: a, or `nil` if the layer does not keep it.
  ///   - gate: The name of the gate, if the layer has several.
  ///   - features: The features of the gate, or `nil` for all features.
  ///   - running: The valid rows of an output [T, B, features], if samples have different lengths.
  /// - Precondition: The output has these features, the input has the shape of the output, and
  ///   `running` has T steps of B samples.
  public init(
    _ nonlinearity: Nonlinearity, output: Tensor<Scalar>, input: Tensor<Scalar>? = nil,
    gate: String? = nil, features: Range<Int>? = nil, running: ActiveSamples? = nil
  ) {
    self.init(
      owner: "Activation", nonlinearity, output: output, input: input, gate: gate,
      features: features, running: running)
  }

  /// An activation whose messages start with the name of `owner`.
  package init(
    owner: String, _ nonlinearity: Nonlinearity, output: Tensor<Scalar>, input: Tensor<Scalar>?,
    gate: String?, features: Range<Int>?, running: ActiveSamples?
  ) {
    let features = features ?? 0..<(output.shape.last ?? 0)
    require(
      features.lowerBound >= 0 && features.upperBound <= output.shape.last ?? 0,
      "\(owner): features \(features) are out of range for an output of shape \(output.shape)")
    require(
      input.map { $0.shape == output.shape } ?? true,
      "\(owner): an input of shape \(input?.shape ?? []) for an output of shape \(output.shape)")
    if let running {
      require(
        output.rank == 3 && running.time == output.shape[0] && running.batch == output.shape[1],
        "\(owner): active samples of [\(running.time), \(running.batch)] for an output of shape"
          + " \(output.shape)")
    }
    (self.nonlinearity, self.output, self.input) = (nonlinearity, output, input)
    (self.gate, self.features) = (gate, features)
    self.running = running.flatMap { $0.isFull ? nil : $0 }
  }
}
