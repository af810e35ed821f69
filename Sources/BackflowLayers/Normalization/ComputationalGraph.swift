internal import BackflowKernels
public import BackflowLinearAlgebra

/// The steps of one forward and backward pass with the norms of their values, to be drawn or
/// printed.
public struct ComputationalGraph: Sendable {
  /// One value of the computation.
  public struct Node: Sendable {
    /// The letter of the value in the equations.
    public let name: String
    /// The operation that computed the value; empty for the input and the parameters.
    public let operation: String
    /// The indices in `nodes` of the operands.
    public let inputs: [Int]
    /// The shape of the value, and of its gradient.
    public let shape: Shape
    /// ‖value‖₂
    public let forwardNorm: Double
    /// ‖gradient of the loss with respect to the value‖₂
    public let backwardNorm: Double
    /// For each of `inputs`, the norm of the part of its gradient that flows back through this
    /// node. The parts of a value that is used twice add up to its gradient.
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

  /// The values, each after its operands; the last one is the output.
  public let nodes: [Node]

  /// A graph of these values.
  ///
  /// - Precondition: Each is computed from earlier ones.
  public init(nodes: [Node]) {
    for (place, node) in nodes.enumerated() {
      require(
        node.inputs.allSatisfy { (0..<place).contains($0) }
          && node.inputGradientNorms.count == node.inputs.count,
        "ComputationalGraph: node \(place), \(node.name), has inputs \(node.inputs) with"
          + " \(node.inputGradientNorms.count) gradients")
    }
    self.nodes = nodes
  }
}
