internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The method of Levenberg and Marquardt for the minima of q(h) = ½ ‖F(h) − h‖²:
///
///     (AᵀA + μ I) p = −Aᵀ r,   r = F(h) − h,   A = J − I
///
/// with the damping μ of Nielsen (Madsen, Nielsen and Tingleff, "Methods for Non-Linear Least
/// Squares Problems", 2004, algorithm 3.16). A minimum with q > 0 is a slow point: the state moves
/// little there although it does not rest (Sussillo and Barak, Neural Computation 25, 2013).
struct SlowPointSearch<R: Recurrence> {
  let recurrence: R
  let unit: Double
  /// The largest number of iterations.
  let iterations: Int

  /// A minimum of q.
  struct Minimum {
    let state: Tensor<Double>
    let jacobian: Tensor<Double>
    /// √(2q) = ‖F(h) − h‖₂
    let speed: Double
  }

  /// Returns the minimum near a start, or `nil` if the map is not finite there or the iterations do
  /// not suffice.
  func minimum(from start: Tensor<Double>) throws(LAPACKError) -> Minimum? {
    guard var point = Linearization(at: start, of: recurrence) else { return nil }
    let diagonal = point.normal * Tensor<Double>.identity(start.count)
    var (damping, factor) = (1e-3 * max(diagonal.max(), Double.leastNormalMagnitude), 2.0)
    for _ in 0..<iterations {
      if point.isStationary(unit) { return point.minimum }
      let damped = point.normal + damping * Tensor<Double>.identity(start.count)
      // A sum that is not positive definite up to rounding needs more damping.
      guard let step = try? CholeskyDecomposition(of: damped).solve(-point.gradient) else {
        (damping, factor) = (damping * factor, factor * 2)
        continue
      }
      if step.norm() <= 4 * Double.ulpOfOne * max(unit, point.state.norm()) { return point.minimum }
      let predicted = 0.5 * dot(step, damping * step - point.gradient)
      let next = Linearization(at: point.state + step, of: recurrence)
      let gain = next.map { (point.cost - $0.cost) / predicted } ?? -1
      if let next, gain > 0 {
        let ratio = 2 * gain - 1
        (damping, factor) = (damping * max(1.0 / 3, 1 - ratio * ratio * ratio), 2)
        point = next
      } else {
        (damping, factor) = (damping * factor, factor * 2)
        guard damping.isFinite else { return point.minimum }
      }
    }
    return point.isStationary(unit * 1e4) ? point.minimum : nil
  }

  private struct Linearization {
    let state: Tensor<Double>
    let jacobian: Tensor<Double>
    let residual: Tensor<Double>
    /// AᵀA
    let normal: Tensor<Double>
    /// Aᵀ r = ∇q
    let gradient: Tensor<Double>

    init?(at state: Tensor<Double>, of recurrence: R) {
      let next = recurrence.step(from: state)
      guard next.state.isFinite, next.jacobian.isFinite else { return nil }
      (self.state, jacobian, residual) = (state, next.jacobian, next.state - state)
      let a = jacobian - .identity(state.count)
      normal = matmul(a.transposed, a)
      gradient = matvec(a.transposed, residual)
    }

    /// q
    var cost: Double { 0.5 * dot(residual, residual) }

    /// Whether the residual is orthogonal to the columns of A, or of the size of rounding.
    func isStationary(_ unit: Double) -> Bool {
      let (speed, size) = (residual.norm(), max(unit, state.norm()))
      return speed <= 4 * Double.ulpOfOne * size
        || gradient.norm() <= 1e-9 * speed * max(1e-3, normal.norm().squareRoot())
    }

    var minimum: Minimum { Minimum(state: state, jacobian: jacobian, speed: residual.norm()) }
  }
}
