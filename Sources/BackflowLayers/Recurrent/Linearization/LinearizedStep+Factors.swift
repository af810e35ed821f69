public import BackflowKernels
public import BackflowLinearAlgebra

/// The derivative of a step in factors, which are vectors that multiply elementwise:
///
///     ∂u_k = U_k ∂h_{t−1},   ∂a_k = W_ik ∂x_t                               for each gate k
///     ∂s_a = Σ_b carried_ab ⊙ ∂s_b + Σ_k recurrent_ak ⊙ ∂u_k + Σ_k input_ak ⊙ ∂a_k
///
///     recurrent_ak = recurrentValues_ak ⊙ slopes_k,   input_ak = inputValues_ak ⊙ slopes_k
///
/// where U_k and W_ik are the rows of W_hh and W_ih for gate k, and s_a and s_b are the tensors h,
/// c … of the state after and before the step. The slopes are the derivatives of the nonlinearities
/// of the gates, and the values are what multiplies a change of the value of a gate.
public struct Factors<Scalar: RealScalar>: Sendable {
  let weights: GateWeights<Scalar>
  /// carried_ab, [H] each, or `nil` for zero.
  let carried: [[Tensor<Scalar>?]]
  /// recurrent_ak, [G·H] for each tensor a of the state.
  let recurrent: [Tensor<Scalar>]
  /// input_ak, [G·H] for each tensor a of the state.
  let input: [Tensor<Scalar>]
  /// inputValues_ak, [G·H] for each tensor a of the state.
  private let inputValues: [Tensor<Scalar>]
  /// The slopes, [G·H].
  private let slopes: Tensor<Scalar>
  /// The largest slope of the nonlinearity of each gate.
  private let steepest: [Double]
  let kept: KeptProduct<Scalar>?

  /// A derivative of these factors.
  ///
  /// - Parameters:
  ///   - weights: The parameters of the cell.
  ///   - carried: carried_ab, [H] each, or `nil` for zero.
  ///   - values: recurrentValues_ak for all gates k, [G·H] for each tensor a of the state.
  ///   - inputValues: inputValues_ak in the same shapes, or `nil` if they equal `values`.
  ///   - slopes: slopes_k for all gates k, [G·H].
  ///   - steepest: sup φ′ of the nonlinearity of each gate, G numbers.
  ///   - kept: The derivative of what the last gates multiply, if it is not h_{t−1}.
  public init(
    _ weights: GateWeights<Scalar>, carried: [[Tensor<Scalar>?]], values: [Tensor<Scalar>],
    inputValues: [Tensor<Scalar>]? = nil, slopes: Tensor<Scalar>, steepest: [Double],
    kept: KeptProduct<Scalar>? = nil
  ) {
    recurrent = values.map { $0 * slopes }
    input = inputValues?.map { $0 * slopes } ?? recurrent
    (self.weights, self.carried, self.kept) = (weights, carried, kept)
    (self.inputValues, self.slopes, self.steepest) = (inputValues ?? values, slopes, steepest)
    let rows = weights.recurrent.shape[0]
    require(
      carried.count == recurrent.count && carried.allSatisfy { $0.count == recurrent.count }
        && (self.input + recurrent).allSatisfy { $0.shape == [rows] },
      "Factors: vectors \((self.input + recurrent).map(\.shape)) for \(carried.count) tensors"
        + " instead of [\(rows)]")
    require(
      steepest.count * weights.hiddenSize == rows,
      "Factors: \(steepest.count) largest slopes for \(rows) rows of \(weights.hiddenSize) units")
  }

  var hiddenSize: Int { weights.hiddenSize }
  var stateSize: Int { carried.count * hiddenSize }
  private var gateCount: Int { weights.recurrent.shape[0] / hiddenSize }

  /// Whether a product with K vectors has fewer operations with the matrix ∂s_t/∂h_{t−1}, [S, H],
  /// than with W_hh. An element of a matrix costs about as much as ten operations of a product.
  func isMatrixCheaper(vectors K: Int) -> Bool {
    let (G, H, S) = (gateCount, hiddenSize, stateSize)
    let elementwise = 10 * carried.count * G * H
    return (2 * G * H * H + elementwise) * K > 2 * S * H * K + elementwise * H
  }

  // MARK: - Matrices

  /// J = [J_h + diag(carried_h), diag(carried_c) …], where J_h is `outputColumns`.
  var stateMatrix: Tensor<Scalar> {
    let columns = carried.indices.map { b -> Tensor<Scalar> in
      let diagonal = Tensor.concatenate(
        carried.map { Tensor.diagonal($0[b] ?? .zeros([hiddenSize])) })
      return b == 0 ? outputColumns + diagonal : diagonal
    }
    return .concatenate(columns, axis: 1)
  }

  /// The part of ∂s_t/∂h_{t−1} that is not carried, [S, H]: Σ_k diag(recurrent_ak) U_k for each
  /// tensor a of the state.
  private var outputColumns: Tensor<Scalar> {
    let u = products(of: nil)
    return .concatenate(recurrent.map { weightedSum($0, u) })
  }

  /// B, which is Σ_k diag(input_ak) W_ik for each tensor a of the state.
  var inputMatrix: Tensor<Scalar> { inputProduct(weights.input) }

  // MARK: - Products

  func multiply(_ vectors: Tensor<Scalar>, inputs: Tensor<Scalar>?) -> Tensor<Scalar> {
    let parts = split(vectors)
    var state: Tensor<Scalar>
    if isMatrixCheaper(vectors: vectors.shape[1]) {
      state = matmul(outputColumns, parts[0])
    } else {
      let u = products(of: parts[0])
      state = .concatenate(recurrent.map { weightedSum($0, u) })
    }
    addCarried(parts, to: &state)
    return inputs.map { state + inputProduct(matmul(weights.input, $0)) } ?? state
  }

  func multiplyTransposed(_ gradients: Tensor<Scalar>) -> Tensor<Scalar> {
    let parts = split(gradients)
    let h̄: Tensor<Scalar>
    if isMatrixCheaper(vectors: gradients.shape[1]) {
      h̄ = matmul(outputColumns.transposed, gradients)
    } else if let kept {
      var ū = gateGradients(parts, recurrent)
      let (first, last) = gateRanges(kept)
      let s̄ = matmul(rows(last, of: weights.recurrent).transposed, rows(last, of: ū))
      ū = rows(first, of: ū) + kept.scaledByGates(s̄)
      h̄ = scaled(kept.direct, s̄) + matmul(rows(first, of: weights.recurrent).transposed, ū)
    } else {
      // (ūᵀ W)ᵀ, because the transpose of W would be a copy.
      let ū = gateGradients(parts, recurrent)
      h̄ = matmul(ū.transposed, weights.recurrent).transpose()
    }
    var state = Tensor<Scalar>.concatenate(
      [h̄] + parts.dropFirst().map { .zeros($0.shape) })
    addCarried(parts, transposed: true, to: &state)
    return state
  }

  func multiplyTransposedInput(_ gradients: Tensor<Scalar>) -> Tensor<Scalar> {
    let parts = split(gradients)
    var ā = gateGradients(parts, input)
    if let kept {
      let (first, last) = gateRanges(kept)
      let ū = rows(last, of: gateGradients(parts, recurrent))
      let s̄ = matmul(rows(last, of: weights.recurrent).transposed, ū)
      ā.replaceSlice(
        0..<first.count * hiddenSize, with: rows(first, of: ā) + kept.scaledByGates(s̄))
    }
    return matmul(weights.input.transposed, ā)
  }

  func paths(_ gradient: Tensor<Scalar>) -> GradientPaths<Scalar> {
    let parts = split(gradient.reshaped(to: [stateSize, 1]))
    var byCarrying = Tensor<Scalar>.zeros([stateSize, 1])
    addCarried(parts, transposed: true, to: &byCarrying)
    var (ū, ā) = (gateGradients(parts, recurrent), gateGradients(parts, input))
    var v̄ = gateGradients(parts, inputValues)
    var direct: Tensor<Scalar>?
    if let kept {
      let (first, last) = gateRanges(kept)
      let s̄ = matmul(rows(last, of: weights.recurrent).transposed, rows(last, of: ū))
      let throughKept = kept.scaledByGates(s̄)
      let range = 0..<first.count * hiddenSize
      ū.replaceSlice(range, with: rows(first, of: ū) + throughKept)
      ā.replaceSlice(range, with: rows(first, of: ā) + throughKept)
      v̄.replaceSlice(range, with: rows(first, of: v̄) + kept.gatesOf(kept.values, s̄))
      direct = scaled(kept.direct, s̄)
    }
    // One product with a column for each gate reads W_hh once.
    var columns = Tensor<Scalar>.zeros([gateCount * hiddenSize, gateCount])
    for k in 0..<gateCount where kept == nil || k < gateCount - (kept?.gateCount ?? 0) {
      let block = rows(k..<k + 1, of: ū)
      var part = columns[k * hiddenSize..<(k + 1) * hiddenSize]
      part.replaceSlice(k..<k + 1, axis: 1, with: block)
      columns.replaceSlice(k * hiddenSize..<(k + 1) * hiddenSize, with: part)
    }
    let products = matmul(columns.transposed, weights.recurrent)
    let gates = (0..<gateCount).map { k -> Tensor<Scalar> in
      if let direct, let kept, k >= gateCount - kept.gateCount { return direct.flattened }
      return products.select(k)
    }
    return GradientPaths(
      carried: byCarrying.flattened, gates: gates,
      preactivations: (0..<gateCount).map { rows($0..<$0 + 1, of: ā).flattened },
      values: (0..<gateCount).map { rows($0..<$0 + 1, of: v̄).flattened },
      relativeSlopes: (0..<gateCount).map {
        rows($0..<$0 + 1, of: slopes).flattened / Scalar(steepest[$0])
      })
  }

  // MARK: - Parts

  /// Adds Σ_b carried_ab ⊙ parts_b to each tensor a of the state, or Σ_b carried_ba ⊙ parts_b if
  /// `transposed`.
  private func addCarried(
    _ parts: [Tensor<Scalar>], transposed: Bool = false, to state: inout Tensor<Scalar>
  ) {
    for a in carried.indices {
      for b in carried.indices {
        guard let vector = transposed ? carried[b][a] : carried[a][b] else { continue }
        let range = a * hiddenSize..<(a + 1) * hiddenSize
        state.replaceSlice(range, with: state[range] + scaled(vector, parts[b]))
      }
    }
  }

  /// Returns U_k V for all gates, [G·H, K], or U_k if V is the identity, `nil`.
  private func products(of vectors: Tensor<Scalar>?) -> Tensor<Scalar> {
    func product(_ matrix: Tensor<Scalar>) -> Tensor<Scalar> {
      vectors.map { matmul(matrix, $0) } ?? matrix
    }
    guard let kept else { return product(weights.recurrent) }
    let (first, last) = gateRanges(kept)
    let u = product(rows(first, of: weights.recurrent))
    let direct = vectors.map { scaled(kept.direct, $0) } ?? .diagonal(kept.direct)
    let s = direct + weightedSum(kept.gates, u)
    return .concatenate([u, matmul(rows(last, of: weights.recurrent), s)])
  }

  /// Returns the change of the state for changes ∂a of the pre-activations, [G·H, K].
  private func inputProduct(_ a: Tensor<Scalar>) -> Tensor<Scalar> {
    var throughKept: Tensor<Scalar>?
    if let kept {
      let (first, last) = gateRanges(kept)
      let s = weightedSum(kept.gates, rows(first, of: a))
      throughKept = matmul(rows(last, of: weights.recurrent), s)
    }
    return .concatenate(
      carried.indices.map { index in
        let sum = weightedSum(input[index], a)
        guard let kept, let throughKept else { return sum }
        return sum + weightedSum(rows(gateRanges(kept).1, of: recurrent[index]), throughKept)
      })
  }

  /// Returns Σ_a factors_ak ⊙ D_a for all gates, [G·H, K].
  private func gateGradients(
    _ gradients: [Tensor<Scalar>], _ factors: [Tensor<Scalar>]
  ) -> Tensor<Scalar> {
    let terms = zip(factors, gradients).map { vector, gradient in
      scaled(vector, .concatenate(Array(repeating: gradient, count: gateCount)))
    }
    return terms.dropFirst().reduce(terms[0], +)
  }

  private func split(_ vectors: Tensor<Scalar>) -> [Tensor<Scalar>] {
    carried.indices.map { vectors[$0 * hiddenSize..<($0 + 1) * hiddenSize] }
  }

  private func rows(_ gates: Range<Int>, of matrix: Tensor<Scalar>) -> Tensor<Scalar> {
    weights.gates(gates, of: matrix)
  }

  /// Returns Σ_k diag(factors_k) A_k, [H, K], for the blocks A_k of H rows of a matrix.
  private func weightedSum(
    _ factors: Tensor<Scalar>, _ matrix: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    var sum = Tensor<Scalar>(uninitialized: [hiddenSize, matrix.shape[1]])
    VectorKernels.sumWeightedGroups(
      matrix.span, weights: factors.span, groups: factors.count / hiddenSize, into: sum.mutableSpan)
    return sum
  }

  /// The gates that multiply h_{t−1}, and those that multiply the kept numbers.
  private func gateRanges(_ kept: KeptProduct<Scalar>) -> (Range<Int>, Range<Int>) {
    let first = gateCount - kept.gateCount
    return (0..<first, first..<gateCount)
  }
}

/// The derivative of s_t, which the last gates of a cell multiply instead of h_{t−1}:
///
///     ∂s_t = direct ⊙ ∂h_{t−1} + Σ_k gates_k ⊙ (∂u_k + ∂a_k),   ∂u_k = U_k ∂s_t for the last gates
public struct KeptProduct<Scalar: RealScalar>: Sendable {
  let direct: Tensor<Scalar>
  let gates: Tensor<Scalar>
  let values: Tensor<Scalar>
  let gateCount: Int

  /// A derivative of these factors.
  ///
  /// - Parameters:
  ///   - direct: The factor of ∂h_{t−1}, [H].
  ///   - values: What multiplies a change of the value of each gate that multiplies h_{t−1},
  ///     stacked, [G′·H].
  ///   - slopes: The slopes of the same gates, [G′·H].
  ///   - gateCount: The number of gates that multiply s_t.
  public init(
    direct: Tensor<Scalar>, values: Tensor<Scalar>, slopes: Tensor<Scalar>, gateCount: Int
  ) {
    (self.direct, self.gates, self.gateCount) = (direct, values * slopes, gateCount)
    self.values = values
  }

  /// Returns gates_k ⊙ s̄ for all gates k that multiply h_{t−1}, [G′·H, K].
  func scaledByGates(_ gradient: Tensor<Scalar>) -> Tensor<Scalar> { gatesOf(gates, gradient) }

  /// Returns factors_k ⊙ s̄ for all gates k that multiply h_{t−1}, [G′·H, K].
  func gatesOf(_ factors: Tensor<Scalar>, _ gradient: Tensor<Scalar>) -> Tensor<Scalar> {
    let count = factors.count / direct.count
    return scaled(factors, .concatenate(Array(repeating: gradient, count: count)))
  }
}
