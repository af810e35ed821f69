public import BackflowKernels
public import BackflowLinearAlgebra

/// A nonlinearity whose units can fall silent.
public enum ActivationFunction: String, Sendable, Codable, CaseIterable {
  /// σ(a), slope y(1 − y), at most ¼.
  case sigmoid
  /// tanh a, slope 1 − y², at most 1.
  case tanh
  /// max(a, 0), slope 0 or 1.
  case relu

  /// The outputs between which φ′/max φ′ is at least `slope`.
  ///
  ///     tanh: 1 − y² ≥ s  ⇔  |y| ≤ √(1 − s)        sigmoid: 4y(1 − y) ≥ s  ⇔  |2y − 1| ≤ √(1 − s)
  ///
  /// A sigmoid is a tanh in this, 2σ(a) − 1 = tanh(a/2). `nil` for a ReLU, which is on or off. Stops
  /// unless `slope` is in 0...1.
  public func liveOutputs(slope: Double) -> ClosedRange<Double>? {
    require((0...1).contains(slope), "a share of the largest slope is in 0...1, not \(slope)")
    let bound = (1 - slope).squareRoot()
    switch self {
    case .tanh: return -bound...bound
    case .sigmoid: return (1 - bound) / 2...(1 + bound) / 2
    case .relu: return nil
    }
  }
}

/// The output of a nonlinearity at one step.
public struct Activation<Scalar: RealScalar>: Sendable {
  /// The name of the layer.
  public let layer: String
  /// The gate of a gated cell.
  public let gate: String?
  /// The nonlinearity.
  public let function: ActivationFunction
  /// a, [..., units], if it was shown
  public let input: Tensor<Scalar>?
  /// y, [..., features]
  public let output: Tensor<Scalar>
  /// Which of the features are its units: all but in a gated cell, whose gates stand side by side.
  public let features: Range<Int>
}
