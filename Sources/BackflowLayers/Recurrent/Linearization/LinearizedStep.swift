public import BackflowKernels
public import BackflowLinearAlgebra

/// The derivative of one step of a recurrent cell for one sample, with respect to the state before
/// the step and to the input:
///
///     ∂s_t = J ∂s_{t−1} + B ∂x_t,   J = ∂s_t/∂s_{t−1} [S, S],   B = ∂s_t/∂x_t [S, I]
///
/// The cells of the library supply J and B as `Factors`, so that products with a few vectors do not
/// form the matrices. S is the size of the state s = (h, c …), I the number of input features, and
/// K the number of vectors.
public struct LinearizedStep<Scalar: RealScalar>: Sendable {
  private enum Form: Sendable {
    case factors(Factors<Scalar>)
    case matrices(state: Tensor<Scalar>, input: Tensor<Scalar>)
  }
  private let form: Form

  /// A derivative in factors.
  public init(_ factors: Factors<Scalar>) { form = .factors(factors) }

  /// A derivative as the matrices J and B.
  ///
  /// - Precondition: J has shape [S, S], and B has shape [S, I].
  public init(state: Tensor<Scalar>, input: Tensor<Scalar>) {
    require(
      state.rank == 2 && state.shape[0] == state.shape[1] && input.rank == 2
        && input.shape[0] == state.shape[0],
      "LinearizedStep: matrices \(state.shape) and \(input.shape) instead of [S, S] and [S, I]")
    form = .matrices(state: state, input: input)
  }

  /// S, the size of the state.
  public var stateSize: Int {
    switch form {
    case .factors(let factors): factors.stateSize
    case .matrices(let state, _): state.shape[0]
    }
  }

  /// I, the number of input features.
  public var inputSize: Int {
    switch form {
    case .factors(let factors): factors.weights.inputSize
    case .matrices(_, let input): input.shape[1]
    }
  }

  /// J = ∂s_t/∂s_{t−1}, [S, S].
  ///
  /// - Complexity: O(G·H²) for the cells of the library, except those that multiply kept numbers.
  public var stateMatrix: Tensor<Scalar> {
    switch form {
    case .factors(let factors): factors.stateMatrix
    case .matrices(let state, _): state
    }
  }

  /// B = ∂s_t/∂x_t, [S, I].
  public var inputMatrix: Tensor<Scalar> {
    switch form {
    case .factors(let factors): factors.inputMatrix
    case .matrices(_, let input): input
    }
  }

  /// The factor of W_hh in J, [H], for a cell with one gate and one tensor of state: φ′, times the
  /// leak. `nil` for other cells.
  public var soleGateFactor: Tensor<Scalar>? {
    guard case .factors(let factors) = form, factors.recurrent.count == 1,
      factors.recurrent[0].count == factors.hiddenSize
    else { return nil }
    return factors.recurrent[0]
  }

  /// Returns J V, or J V + B X: the changes of s_t for small changes of s_{t−1} and x_t.
  ///
  /// - Parameters:
  ///   - vectors: V, [S, K], one vector in each column.
  ///   - inputs: X, [I, K], or `nil` for an unchanged input.
  /// - Complexity: The lesser of 2·K·S·H flops with ∂s_t/∂h_{t−1} and 2·K·G·H² without, and
  ///   2·K·G·H·I for B.
  public func multiply(
    _ vectors: Tensor<Scalar>, inputs: Tensor<Scalar>? = nil
  ) -> Tensor<Scalar> {
    check(vectors, inputs)
    switch form {
    case .factors(let factors):
      return factors.multiply(vectors, inputs: inputs)
    case .matrices(let state, let input):
      let product = matmul(state, vectors)
      return inputs.map { product + matmul(input, $0) } ?? product
    }
  }

  /// Returns Jᵀ D: the gradients with respect to s_{t−1} for gradients D with respect to s_t.
  ///
  /// - Parameter gradients: D, [S, K], one vector in each column.
  /// - Complexity: That of `multiply(_:inputs:)`.
  public func multiplyTransposed(_ gradients: Tensor<Scalar>) -> Tensor<Scalar> {
    check(gradients, nil)
    switch form {
    case .factors(let factors):
      return factors.multiplyTransposed(gradients)
    case .matrices(let state, _):
      return matmul(state.transposed, gradients)
    }
  }

  /// Returns Bᵀ D, [I, K]: the gradients with respect to x_t for gradients D with respect to s_t.
  ///
  /// - Parameter gradients: D, [S, K], one vector in each column.
  public func multiplyTransposedInput(_ gradients: Tensor<Scalar>) -> Tensor<Scalar> {
    check(gradients, nil)
    switch form {
    case .factors(let factors): return factors.multiplyTransposedInput(gradients)
    case .matrices(_, let input): return matmul(input.transposed, gradients)
    }
  }

  /// Returns the parts of Jᵀ δ by the path that the gradient takes, or `nil` if the derivative is
  /// not in factors.
  ///
  /// - Parameter gradient: δ, [S], the gradient with respect to s_t.
  public func gradientPaths(_ gradient: Tensor<Scalar>) -> GradientPaths<Scalar>? {
    guard case .factors(let factors) = form else { return nil }
    require(
      gradient.rank == 1 && gradient.count == stateSize,
      "LinearizedStep: gradient \(gradient.shape) instead of [\(stateSize)]")
    return factors.paths(gradient)
  }

  private func check(_ vectors: Tensor<Scalar>, _ inputs: Tensor<Scalar>?) {
    require(
      vectors.rank == 2 && vectors.shape[0] == stateSize,
      "LinearizedStep: vectors \(vectors.shape) instead of [\(stateSize), K]")
    if let inputs {
      require(
        inputs.rank == 2 && inputs.shape[0] == inputSize && inputs.shape[1] == vectors.shape[1],
        "LinearizedStep: inputs \(inputs.shape) instead of [\(inputSize), \(vectors.shape[1])]")
    }
  }
}

/// The parts of a gradient that a step passes back, by the path that they take. Their sum is the
/// gradient with respect to the state before the step.
public struct GradientPaths<Scalar: RealScalar>: Sendable {
  /// The part that passes elementwise from each tensor of the state to each, such as c̄ ⊙ f in an
  /// LSTM and h̄ ⊙ z in a GRU: [S].
  public let carried: Tensor<Scalar>
  /// The part with respect to h_{t−1} that passes through each gate and its rows of W_hh, [H] each.
  public let gates: [Tensor<Scalar>]
  /// The gradients with respect to the pre-activations of the gates, [H] each: those with respect
  /// to the values times the slopes.
  public let preactivations: [Tensor<Scalar>]
  /// The gradients with respect to the values of the gates, [H] each.
  public let values: [Tensor<Scalar>]
  /// The slopes of the nonlinearities of the gates, as shares of their largest slope, [H] each.
  public let relativeSlopes: [Tensor<Scalar>]
}
