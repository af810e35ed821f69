internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The residual at a state and Newton's step from there.
struct NewtonStep<R: Recurrence>: Sendable {
  let state: Tensor<Double>
  /// F(h) − h, and its norm.
  let residual: Tensor<Double>
  let length: Double
  let step: Tensor<Double>
  /// The factors of J − I, if it is not singular.
  private var factors: LUDecomposition<Double>?

  /// `nil` if the map is not finite at the state.
  init?(at state: Tensor<Double>, of recurrence: R) {
    let next = recurrence.step(from: state)
    guard next.state.isFinite, next.jacobian.isFinite else { return nil }
    self.state = state
    residual = next.state - state
    length = residual.norm()
    var matrix = next.jacobian
    for unit in 0..<state.count { matrix[unit, unit] -= 1 }
    // If J has an eigenvalue of exactly 1, the shortest step that solves best.
    guard
      let factors = try? LUDecomposition(of: matrix),
      let step = try? factors.solve(-residual)
    else {
      guard let least = try? leastSquares(matrix, -residual) else { return nil }
      self.step = least.solution
      return
    }
    (self.factors, self.step) = (factors, step)
  }

  /// Returns the state after further steps from `state` with the same factors, each of which
  /// costs O(S²) instead of O(S³), as long as they divide the residual by at least `ratio`.
  func chord(
    from state: Tensor<Double>, _ residual: Tensor<Double>, ratio: Double, of recurrence: R
  ) -> Tensor<Double> {
    guard let factors else { return state }
    var (state, residual) = (state, residual)
    for _ in 0..<20 {
      guard let step = try? factors.solve(-residual) else { break }
      let next = state + step
      let row = next.reshaped(to: [1, next.count])
      let rest = (recurrence.advance(row, through: 0..<1) - row).flattened
      // False also for a NaN.
      guard rest.norm() <= residual.norm() / ratio else { break }
      (state, residual) = (next, rest)
    }
    return state
  }
}
