public import BackflowLinearAlgebra

/// What happened in one forward and backward pass, step by step, to be drawn or printed.
public struct ComputationalGraph: Sendable {
  /// One value of the computation.
  public struct Node: Sendable {
    /// Its letter in the equations.
    public let name: String
    /// How it was computed, empty for what was given: the input and the parameters.
    public let operation: String
    /// The places in `nodes` of what it was computed from.
    public let inputs: [Int]
    /// The shape of the value, and of its gradient.
    public let shape: Shape
    /// ‖value‖₂
    public let forwardNorm: Double
    /// ‖gradient of the loss by the value‖₂
    public let backwardNorm: Double
  }

  /// The values, each behind all it was computed from; the last is the output.
  public let nodes: [Node]
}
