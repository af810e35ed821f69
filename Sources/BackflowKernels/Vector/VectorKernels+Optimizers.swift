internal import RealModule

// One step of each optimizer for one parameter, in place. `kernel_list.h` has the equations.
extension VectorKernels {
  /// The constants of one step of Adam; `correctionᵢ` is 1 − βᵢᵗ at step t.
  package struct AdamStep {
    package var learningRate, beta1, beta2, epsilon, correction1, correction2: Double
    /// The share of the parameter that is added to its gradient, and that which is subtracted from
    /// the parameter.
    package var weightDecay, decoupledDecay: Double

    package init(
      learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, step: Int,
      weightDecay: Double, isDecoupled: Bool
    ) {
      (self.learningRate, self.beta1, self.beta2, self.epsilon) =
        (learningRate, beta1, beta2, epsilon)
      correction1 = 1 - Double.pow(beta1, step)
      correction2 = 1 - Double.pow(beta2, step)
      self.weightDecay = isDecoupled ? 0 : weightDecay
      decoupledDecay = isDecoupled ? learningRate * weightDecay : 0
    }
  }

  /// One step of Adam: m, v = moments of g, p −= learningRate m̂/(√v̂ + ε).
  package static func adamUpdate<S: RealScalar>(
    _ step: AdamStep, gradient: Span<S>, firstMoment: consuming MutableSpan<S>,
    secondMoment: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    adamUpdate(
      gradient, learningRate: step.learningRate, beta1: step.beta1, beta2: step.beta2,
      epsilon: step.epsilon, correction1: step.correction1, correction2: step.correction2,
      weightDecay: step.weightDecay, decoupledDecay: step.decoupledDecay, m: firstMoment,
      v: secondMoment, parameter: parameter)
  }

  /// The constants of RMSProp.
  package struct RMSPropStep {
    package var learningRate, alpha, epsilon, momentum, weightDecay: Double

    package init(
      learningRate: Double, alpha: Double, epsilon: Double, momentum: Double, weightDecay: Double
    ) {
      (self.learningRate, self.alpha, self.epsilon, self.momentum, self.weightDecay) =
        (learningRate, alpha, epsilon, momentum, weightDecay)
    }
  }

  /// One step of RMSProp: s += (1 − α)(g² − s), v = momentum v + g/(√s + ε), p −= learningRate v.
  package static func rmspropUpdate<S: RealScalar>(
    _ step: RMSPropStep, gradient: Span<S>, meanSquare: consuming MutableSpan<S>,
    velocity: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    rmspropUpdate(
      gradient, learningRate: step.learningRate, alpha: step.alpha, epsilon: step.epsilon,
      momentum: step.momentum, weightDecay: step.weightDecay, square: meanSquare,
      velocity: velocity, parameter: parameter)
  }
}
