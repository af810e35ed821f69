public import BackflowKernels
public import BackflowLinearAlgebra

/// The four parameters of a recurrent cell with G gates. Their rows are stacked by gate.
///
///     W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
///
/// A cell without biases has only the two weights.
///
/// Shapes: W_ih [G·H, I], W_hh [G·H, H], b_ih and b_hh [G·H].
public struct GateWeights<Scalar: RealScalar>: Sendable {
  /// W_ih, [G·H, I]
  public var input: Tensor<Scalar>
  /// W_hh, [G·H, H]
  public var recurrent: Tensor<Scalar>
  /// b_ih, [G·H], or `nil` for a cell without biases.
  public var inputBias: Tensor<Scalar>?
  /// b_hh, [G·H], or `nil` for a cell without biases. In most cells it is redundant with b_ih, and
  /// present for PyTorch checkpoints.
  public var recurrentBias: Tensor<Scalar>?

  /// I, the number of features of the input.
  public var inputSize: Int { input.shape[1] }
  /// H, the number of units.
  public var hiddenSize: Int { recurrent.shape[1] }

  /// Parameters with these values.
  ///
  /// - Precondition: The shapes fit together for some number of gates, and there are two biases or
  ///   none.
  public init(
    input: Tensor<Scalar>, recurrent: Tensor<Scalar>, inputBias: Tensor<Scalar>? = nil,
    recurrentBias: Tensor<Scalar>? = nil
  ) {
    (self.input, self.recurrent) = (input, recurrent)
    (self.inputBias, self.recurrentBias) = (inputBias, recurrentBias)
    let hidden = recurrent.rank == 2 ? max(1, recurrent.shape[1]) : 1
    check(gates: (recurrent.shape.first ?? 0) / hidden, of: "GateWeights")
  }

  /// Randomly initialized weights, with a separate matrix for each gate, and zero biases, or no
  /// biases if `bias` is false.
  public init(
    gates: Int, inputSize: Int, hiddenSize: Int, bias: Bool = true,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    func stacked(_ shape: Shape, _ initializer: Initializer) -> Tensor<Scalar> {
      var parts: [Tensor<Scalar>] = []
      for _ in 0..<gates { parts.append(initializer(shape, using: &random)) }
      return .concatenate(parts)
    }
    self.init(
      input: stacked([hiddenSize, inputSize], inputWeights),
      recurrent: stacked([hiddenSize, hiddenSize], recurrentWeights),
      inputBias: bias ? .zeros([gates * hiddenSize]) : nil,
      recurrentBias: bias ? .zeros([gates * hiddenSize]) : nil)
  }

  /// A copy of parameters of either precision.
  public init<Other>(_ other: GateWeights<Other>) {
    self.init(
      input: Tensor(other.input), recurrent: Tensor(other.recurrent),
      inputBias: other.inputBias.map { Tensor($0) },
      recurrentBias: other.recurrentBias.map { Tensor($0) })
  }

  /// Whether there are biases.
  public var hasBias: Bool { inputBias != nil }

  /// b_ih + b_hh, [G·H], which is zero without biases.
  public var biasSum: Tensor<Scalar> {
    guard let inputBias, let recurrentBias else { return .zeros([recurrent.shape[0]]) }
    return inputBias + recurrentBias
  }

  /// Returns these parameters after checking the number of gates.
  ///
  /// - Parameters:
  ///   - gates: The number of gates.
  ///   - cell: The name of the cell for the message.
  /// - Precondition: The parameters are those of `gates` gates.
  public func with(gates: Int, of cell: @autoclosure () -> String) -> GateWeights {
    check(gates: gates, of: cell())
    return self
  }

  /// Requires the shapes of `gates` gates: W_ih [G·H, I], W_hh [G·H, H], b_ih and b_hh [G·H], or no
  /// biases.
  func check(gates: Int, of cell: @autoclosure () -> String) {
    // Extent by extent: a shape to compare with would have to be allocated.
    func isVector(_ bias: Tensor<Scalar>?, _ count: Int) -> Bool {
      guard let bias else { return !hasBias && recurrentBias == nil }
      return bias.rank == 1 && bias.shape[0] == count
    }
    func text(_ bias: Tensor<Scalar>?) -> String { bias.map { "\($0.shape)" } ?? "none" }
    let rows = recurrent.rank == 2 ? gates * recurrent.shape[1] : -1
    require(
      input.rank == 2 && input.shape[0] == rows && recurrent.rank == 2
        && recurrent.shape[0] == rows && isVector(inputBias, rows) && isVector(recurrentBias, rows),
      "\(cell()): W_ih \(input.shape), W_hh \(recurrent.shape), b_ih \(text(inputBias)) and"
        + " b_hh \(text(recurrentBias)) instead of those of \(gates) gates, [\(gates)·H, I],"
        + " [\(gates)·H, H], [\(gates)·H] and [\(gates)·H], or no biases")
  }

  /// Returns the rows of a parameter that belong to the gates in `range`.
  public func gates(_ range: Range<Int>, of parameter: Tensor<Scalar>) -> Tensor<Scalar> {
    parameter[range.lowerBound * hiddenSize..<range.upperBound * hiddenSize]
  }

  /// Returns U_k, the rows of W_hh that belong to gate `k`, [H, H].
  public func recurrent(gate k: Int) -> Tensor<Scalar> { gates(k..<k + 1, of: recurrent) }

  /// Visits the parameters with the names and in the order of PyTorch.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight_ih", &input)
    visit("weight_hh", &recurrent)
    inputBias?.visit(as: "bias_ih", visit)
    recurrentBias?.visit(as: "bias_hh", visit)
  }
}
