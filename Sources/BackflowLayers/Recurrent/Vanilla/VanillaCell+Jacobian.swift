public import BackflowLinearAlgebra

extension VanillaCell {
  /// H: the state of a vanilla RNN is its hidden vector.
  public var stateSize: Int { hiddenSize }

  /// J = ∂h_t/∂h_{t−1} = diag(φ′(a_t)) W_hh, [H, H].
  ///
  /// `sample` is a row of the cache. Stops where it does not run at that step.
  public func stateJacobian(step: Int, sample: Int, _ cache: Cache) -> Tensor<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let output = cache.hidden.select(step).select(sample)
    let slope =
      switch nonlinearity {
      case .tanh: (1 - output) * (1 + output)
      case .relu: ReLU().inputGradient(.ones(output.shape), output)
      }
    return scaled(slope, recurrentWeight)
  }
}
