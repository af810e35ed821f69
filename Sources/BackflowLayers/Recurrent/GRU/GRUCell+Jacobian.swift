public import BackflowLinearAlgebra

extension GRUCell {
  /// H: the state of a GRU is its hidden vector.
  public var stateSize: Int { hiddenSize }

  /// J = ∂h_t/∂h_{t−1}, [H, H], with U the rows of W_hh by gate and q = U_n h_{t−1} + b_hn:
  ///
  ///     J = diag(z) + diag((h_{t−1} − n) z (1−z)) U_z + diag((1−z)(1−n²)) N
  ///     N = diag(r) U_n + diag(q r (1−r)) U_r                                   (3)
  ///     N = U_n (diag(r) + diag(h_{t−1} r (1−r)) U_r)                           (3′)
  ///
  /// `sample` is a row of the cache. Stops where it does not run at that step.
  public func stateJacobian(step: Int, sample: Int, _ cache: Cache) -> Tensor<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let size = hiddenSize
    let gates = cache.gates.select(step).select(sample)
    let (r, z, n) = (gates[0..<size], gates[size..<2 * size], gates[2 * size..<3 * size])
    let previous =
      (step == 0 ? cache.initialState : cache.hidden.select(step - 1)).select(sample)
    let (uR, uZ, uN) = (
      gatesOfRecurrent(0..<1), gatesOfRecurrent(1..<2), gatesOfRecurrent(2..<3)
    )
    let candidate: Tensor<Scalar>
    switch resetGate {
    case .afterProduct:
      let q = cache.products.select(step).select(sample)[2 * size..<3 * size]
      candidate = scaled(r, uN) + scaled(q * r * (1 - r), uR)
    case .beforeProduct:
      candidate = matmul(uN, .diagonal(r) + scaled(previous * r * (1 - r), uR))
    }
    return .diagonal(z) + scaled((previous - n) * z * (1 - z), uZ)
      + scaled((1 - z) * ((1 - n) * (1 + n)), candidate)
  }
}
