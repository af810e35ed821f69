internal import BackflowCheckpoints
internal import BackflowKernels
internal import BackflowLinearAlgebra

/// What can be said of the weights of a recurrent layer in one direction.
public struct RecurrentLayerReport: Sendable, Equatable {
  /// The name of W_hh.
  public let name: String
  /// The kind of the cell.
  public let kind: RecurrentWeights.Kind
  /// I, the number of features of the input, or `nil` if the checkpoint has no W_ih.
  public let inputSize: Int?
  /// H, the number of units.
  public let hiddenSize: Int
  /// Whether the checkpoint has biases.
  public let hasBias: Bool
  /// The blocks of W_hh, in PyTorch's order of the gates.
  public let gates: [Gate]

  /// One block of W_hh, [H, H].
  public struct Gate: Sendable, Equatable {
    /// PyTorch's name of the gate, and `h` for a vanilla network.
    public let name: String
    /// The largest absolute value of an eigenvalue, or `nil` if an element is not finite or H is
    /// above `maximumDecomposed`.
    public let spectralRadius: Double?
    /// σ_max, or `nil` for the same reasons.
    public let largestSingularValue: Double?
    /// The mean of b_ih + b_hh of this gate, or `nil` without biases. For the forget gate of an
    /// LSTM, a large value means a long memory.
    public let meanBias: Double?
  }

  /// The largest H for which the blocks of W_hh are decomposed: 512.
  public static let maximumDecomposed = 512

  init(of weights: RecurrentWeights) throws(CheckpointError) {
    name = weights.recurrent.name
    kind = weights.kind
    hiddenSize = weights.hiddenSize
    inputSize = weights.input?.tensor.shape[1]
    hasBias = weights.inputBias != nil || weights.recurrentBias != nil
    let recurrent = try weights.recurrent.tensor.values(as: Double.self)
    var bias: Tensor<Double>?
    for stored in [weights.inputBias, weights.recurrentBias] {
      guard let values = try stored?.tensor.values(as: Double.self) else { continue }
      bias = bias.map { $0 + values } ?? values
    }
    let size = weights.hiddenSize
    gates = weights.kind.gates.enumerated().map { k, name in
      let rows = k * size..<(k + 1) * size
      let block = recurrent[rows]
      let isSuitable = size <= RecurrentLayerReport.maximumDecomposed && block.isFinite
      return Gate(
        name: name,
        spectralRadius: isSuitable ? try? BackflowLinearAlgebra.spectralRadius(of: block) : nil,
        largestSingularValue: isSuitable ? (try? singularValues(of: block))?.first : nil,
        meanBias: bias.map { $0[rows].mean() })
    }
  }
}
