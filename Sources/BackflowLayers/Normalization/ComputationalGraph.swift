internal import BackflowKernels
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
    /// For each of `inputs`, the norm of that part of its gradient which comes back through this node.
    /// The parts of a value that is used twice add up to its gradient.
    public let inputGradientNorms: [Double]

    /// A value computed from the nodes at `inputs`.
    public init(
      _ name: String, operation: String, inputs: [Int], shape: Shape, forwardNorm: Double,
      backwardNorm: Double, inputGradientNorms: [Double]
    ) {
      self.name = name
      self.operation = operation
      self.inputs = inputs
      self.shape = shape
      self.forwardNorm = forwardNorm
      self.backwardNorm = backwardNorm
      self.inputGradientNorms = inputGradientNorms
    }
  }

  /// The values, each behind all it was computed from; the last is the output.
  public let nodes: [Node]

  /// A graph of these values. Stops if one is computed from a later one.
  public init(nodes: [Node]) {
    for (place, node) in nodes.enumerated() {
      require(
        node.inputs.allSatisfy { (0..<place).contains($0) }
          && node.inputGradientNorms.count == node.inputs.count,
        "\(node.name), at place \(place), is computed from \(node.inputs), with"
          + " \(node.inputGradientNorms.count) gradients")
    }
    self.nodes = nodes
  }
}
