internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// A bound L of how fast the Jacobian of a map changes: ‖J(s) − J(s′)‖₂ ≤ L ‖s − s′‖₂ for all
/// states in a ball.
struct JacobianVariation: Sendable {
  /// L
  let constant: Double
  /// The radius of the ball about the state for which L was computed.
  let radius: Double
  /// Whether L is proven, rather than estimated from samples.
  let isProven: Bool
}

/// L at any state.
typealias JacobianVariationBound = @Sendable (_ state: Tensor<Double>) -> JacobianVariation

/// The bounds of the second derivatives of σ and tanh: 1/(6√3) and 4/(3√3).
private let sigmoidCurvature = 1 / (6 * 3.0.squareRoot())
private let tanhCurvature = 4 / (3 * 3.0.squareRoot())

/// The norms of a matrix M that bound M u for ‖u‖₂ ≤ 1: its largest row for ‖M u‖_∞, and its
/// largest singular value for ‖M u‖₂.
private struct MatrixNorms: Sendable {
  let row: Double
  let spectral: Double

  init(_ matrix: Tensor<Double>) throws(LAPACKError) {
    // A share above the rounding errors of the norms.
    let margin = 1 + 8 * Double(matrix.shape[0] + matrix.shape[1]) * Double.ulpOfOne
    row = matrix.squared().sum(axis: 1).max().squareRoot() * margin
    spectral = (try singularValues(of: matrix).first ?? 0) * margin
  }

  init(row: Double, spectral: Double) { (self.row, self.spectral) = (row, spectral) }

  static func + (a: MatrixNorms, b: MatrixNorms) -> MatrixNorms {
    MatrixNorms(row: a.row + b.row, spectral: a.spectral + b.spectral)
  }
  static func * (factor: Double, norms: MatrixNorms) -> MatrixNorms {
    MatrixNorms(row: factor * norms.row, spectral: factor * norms.spectral)
  }
}

/// The bound of the derivative of u ↦ (M u) ⊙ (N v), as a matrix in v, for ‖u‖₂ ≤ 1: the first
/// factor is a diagonal matrix.
private func product(_ first: MatrixNorms, _ second: MatrixNorms) -> Double {
  first.row * second.spectral
}

extension CellMap {
  /// Returns the bound of ‖D²F[u]‖₂ for ‖u‖₂ = 1, which is a Lipschitz constant of J, or `nil` for
  /// equations without second derivatives.
  ///
  /// The bounds follow from the product and the chain rule, with the gates at most 1, σ′ ≤ ¼,
  /// |σ″| ≤ 1/(6√3), tanh′ ≤ 1 and |tanh″| ≤ 4/(3√3). For the leaky cell
  ///
  ///     D²F[u, v] = α φ″(a) ⊙ (W u) ⊙ (W v)   ⇒   L = α sup|φ″| max_i ‖W_i‖₂ ‖W‖₂
  func jacobianVariation() throws(LAPACKError) -> JacobianVariationBound? {
    switch equations {
    case .leaky(let nonlinearity, let leak):
      guard nonlinearity != .relu else { return nil }
      let norms = try MatrixNorms(weight(0))
      let curvature = nonlinearity == .tanh ? tanhCurvature : sigmoidCurvature
      let constant = leak * curvature * product(norms, norms)
      return { _ in JacobianVariation(constant: constant, radius: .infinity, isProven: true) }
    case .gru: return try variationOfGRU()
    case .originalGRU: return try variationOfOriginalGRU()
    case .lstm: return try variationOfLSTM()
    case .other: return nil
    }
  }

  /// The radius of the ball for which the states of gated cells are bounded.
  private var ball: Double { 1 }

  /// The candidate is tanh(p), p = A_n h + r ⊙ q + b, q = U_n h + b_hn, so that
  ///
  ///     p_u  = A_n u + r ⊙ U_n u + q r′ ⊙ U_r u
  ///     p_uv = r′ (U_r v ⊙ U_n u + U_r u ⊙ U_n v) + q r″ (U_r u ⊙ U_r v)
  private func variationOfGRU() throws(LAPACKError) -> JacobianVariationBound {
    let (r, z) = (try MatrixNorms(weight(0)), try MatrixNorms(weight(1)))
    let recurrentN = gate(2, of: recurrent)
    let n = try MatrixNorms(recurrentN)
    let direct = try feedback.map { a throws(LAPACKError) in try MatrixNorms(gate(2, of: a)) }
    let biasN = gate(2, of: recurrentBias)
    let ball = ball
    return { state in
      let q = (matvec(recurrentN, state) + biasN).maxMagnitude() + n.row * ball
      let first = (direct ?? MatrixNorms(row: 0, spectral: 0)) + n + (q / 4) * r
      let second =
        (product(r, n) + product(n, r)) / 4 + q * sigmoidCurvature * product(r, r)
      return update(z, first, second, largest: state.maxMagnitude() + ball, ball: ball)
    }
  }

  /// The candidate is tanh(p), p = U_n (r ⊙ h) + A_n h + b, so that with s = r ⊙ h
  ///
  ///     s_u  = r ⊙ u + h r′ ⊙ U_r u
  ///     s_uv = r′ (U_r v ⊙ u + U_r u ⊙ v) + h r″ (U_r u ⊙ U_r v)
  private func variationOfOriginalGRU() throws(LAPACKError) -> JacobianVariationBound {
    let (r, z) = (try MatrixNorms(weight(0)), try MatrixNorms(weight(1)))
    let n = try MatrixNorms(gate(2, of: recurrent))
    let direct = try feedback.map { a throws(LAPACKError) in try MatrixNorms(gate(2, of: a)) }
    let identity = MatrixNorms(row: 1, spectral: 1)
    let ball = ball
    return { state in
      let h = state.maxMagnitude() + ball
      let reset = identity + (h / 4) * r
      let resetSecond =
        (product(r, identity) + product(identity, r)) / 4 + h * sigmoidCurvature * product(r, r)
      // ‖U_n s_u‖_∞ ≤ max_i ‖U_n,i‖₂ ‖s_u‖₂
      let first =
        (direct ?? MatrixNorms(row: 0, spectral: 0)) + reset.spectral * n
      return update(z, first, n.spectral * resetSecond, largest: h, ball: ball)
    }
  }

  private func variationOfLSTM() throws(LAPACKError) -> JacobianVariationBound {
    let i = try MatrixNorms(weight(0))
    let f = try MatrixNorms(weight(1))
    let g = try MatrixNorms(weight(2))
    let o = try MatrixNorms(weight(3))
    let (ball, units) = (ball, units)
    let identity = MatrixNorms(row: 1, spectral: 1)
    return { state in
      let c = state[units..<2 * units].maxMagnitude() + ball
      // c′ = f c + i g, with ‖(u_h, u_c)‖ ≤ 1.
      let first = identity + (c / 4) * f + 0.25 * i + g
      let second =
        (product(f, identity) + product(identity, f)) / 4 + c * sigmoidCurvature * product(f, f)
        + sigmoidCurvature * product(i, i) + (product(i, g) + product(g, i)) / 4
        + tanhCurvature * product(g, g)
      // h′ = o tanh c′
      let output =
        sigmoidCurvature * product(o, o) + (product(o, first) + product(first, o)) / 4
        + tanhCurvature * product(first, first) + second
      return JacobianVariation(
        constant: (output * output + second * second).squareRoot(), radius: ball, isProven: true)
    }
  }
}

/// Returns the bound of h′ = (1 − z) n + z h with n = tanh(p), from the bounds of p_u and p_uv:
///
///     n_uv  = tanh″ p_u p_v + tanh′ p_uv
///     h′_uv = (1 − z) n_uv + z_uv (h − n) + z_u (v − n_v) + z_v (u − n_u)
private func update(
  _ z: MatrixNorms, _ first: MatrixNorms, _ second: Double, largest h: Double, ball: Double
) -> JacobianVariation {
  let difference = MatrixNorms(row: 1, spectral: 1) + first
  let candidate = tanhCurvature * product(first, first) + second
  let constant =
    candidate + sigmoidCurvature * product(z, z) * (h + 1)
    + (product(z, difference) + product(difference, z)) / 4
  return JacobianVariation(constant: constant, radius: ball, isProven: true)
}
