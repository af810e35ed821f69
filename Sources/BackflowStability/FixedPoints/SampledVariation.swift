internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

extension Recurrence {
  /// Returns F(s), [S], and J, [S, S], of step 0.
  func step(from state: Tensor<Double>) -> (state: Tensor<Double>, jacobian: Tensor<Double>) {
    let step = linearize(0..<1, from: state)[0]
    return (step.state, step.derivative.matrix)
  }

  /// Returns how fast the Jacobian changes: proven for the recurrences whose equations are known,
  /// otherwise an estimate from samples.
  func jacobianVariation(unit: Double) throws(LAPACKError) -> JacobianVariationBound {
    if let known = self as? any EquationsRecurrence,
      let bound = try known.cellMap.jacobianVariation()
    {
      return bound
    }
    if let power = self as? any ComposedRecurrence {
      return try power.composedVariation(unit: unit)
    }
    return sampledVariation(unit: unit)
  }

  /// Returns twice the largest ‖J(s + d) − J(s)‖_F/‖d‖ for 8 random d of length up to a hundredth
  /// of `unit`, the size of the states. It is an estimate, not a bound.
  private func sampledVariation(unit: Double) -> JacobianVariationBound {
    { state in
      // A fixed seed, so that the same state has the same estimate.
      var random = RandomSource(seed: 0)
      let radius = 0.01 * max(unit, state.maxMagnitude())
      let jacobian = step(from: state).jacobian
      let quotients = (0..<8).map { sample in
        let direction: Tensor<Double> = random.normal([stateSize])
        let length = radius * Double.exp2(-Double(sample % 4))
        let moved = state + direction * (length / direction.norm())
        return (step(from: moved).jacobian - jacobian).norm() / length
      }
      return JacobianVariation(
        constant: 2 * (quotients.max() ?? 0), radius: radius, isProven: false)
    }
  }
}
