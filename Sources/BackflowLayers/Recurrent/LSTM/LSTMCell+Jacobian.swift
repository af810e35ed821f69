public import BackflowLinearAlgebra

extension LSTMCell {
  /// 2H: the state is h and c.
  public var stateSize: Int { 2 * hiddenSize }

  /// J = ∂(h_t, c_t)/∂(h_{t−1}, c_{t−1}), [2H, 2H], with U the rows of W_hh by gate:
  ///
  ///     ∂c_t/∂h_{t−1} = diag(c_{t−1} f (1−f)) U_f + diag(g i (1−i)) U_i + diag(i (1−g²)) U_g
  ///     ∂c_t/∂c_{t−1} = diag(f)
  ///     ∂h_t/∂h_{t−1} = diag(o (1−o) tanh c_t) U_o + diag(k) ∂c_t/∂h_{t−1},   k = o (1 − tanh² c_t)
  ///     ∂h_t/∂c_{t−1} = diag(k f)
  ///
  /// `sample` is a row of the cache. Stops where it does not run at that step.
  public func stateJacobian(step: Int, sample: Int, _ cache: Cache) -> Tensor<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let size = hiddenSize
    func gate(_ index: Int) -> Tensor<Scalar> {
      cache.gates.select(step).select(sample)[index * size..<(index + 1) * size]
    }
    func weight(_ index: Int) -> Tensor<Scalar> {
      recurrentWeight[index * size..<(index + 1) * size]
    }
    let (i, f, g, o) = (gate(0), gate(1), gate(2), gate(3))
    let previousCell =
      (step == 0 ? cache.initialState.cell : cache.cell.select(step - 1)).select(sample)
    let tanhCell = cache.tanhCell.select(step).select(sample)

    let cellByHidden =
      scaled(previousCell * f * (1 - f), weight(1)) + scaled(g * i * (1 - i), weight(0))
      + scaled(i * ((1 - g) * (1 + g)), weight(2))
    let k = o * ((1 - tanhCell) * (1 + tanhCell))
    let hiddenByHidden = scaled(o * (1 - o) * tanhCell, weight(3)) + scaled(k, cellByHidden)
    return .concatenate([
      .concatenate([hiddenByHidden, .diagonal(k * f)], axis: 1),
      .concatenate([cellByHidden, .diagonal(f)], axis: 1),
    ])
  }
}
