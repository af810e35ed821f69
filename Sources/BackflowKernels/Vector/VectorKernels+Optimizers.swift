internal import RealModule

// Each is one step of an optimiser for one parameter, in place; the equations are in CVectorKernels.h.
extension VectorKernels {
  /// v ← momentum·v + (g + weightDecay·p), p ← p − learningRate·v, or · (g + momentum·v) for
  /// Nesterov's form
  package static func sgdUpdate<S: RealScalar>(
    learningRate: Double, momentum: Double, isNesterov: Bool, weightDecay: Double,
    gradient: Span<S>, velocity: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    let routines = S._routines
    let kernel = unsafe isNesterov ? routines.vector.nesterovUpdate : routines.vector.sgdUpdate
    unsafe update(gradient, &velocity, &parameter) { count, g, v, p in
      unsafe kernel(count, learningRate, momentum, weightDecay, g, v, p)
    }
  }

  /// The constants of one step of Adam; `correctionᵢ` is 1 − βᵢᵗ at step t.
  package struct AdamStep {
    package var learningRate, beta1, beta2, epsilon, correction1, correction2: Double
    /// What is added of the parameter to its gradient, and what is taken off the parameter itself.
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

  /// One step of Adam: m, v ← moments of g, p ← p − learningRate·m̂/(√v̂ + ε)
  package static func adamUpdate<S: RealScalar>(
    _ step: AdamStep, gradient: Span<S>, firstMoment: consuming MutableSpan<S>,
    secondMoment: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    requireCount(gradient.count, firstMoment.count)
    unsafe firstMoment.withUnsafeMutableBufferPointer { m in
      let m = m.baseAddress
      unsafe update(gradient, &secondMoment, &parameter) { count, g, v, p in
        unsafe S._routines.vector.adamUpdate(
          count, step.learningRate, step.beta1, step.beta2, step.epsilon, step.correction1,
          step.correction2, step.weightDecay, step.decoupledDecay, g, m, v, p)
      }
    }
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

  /// One step of RMSProp: s ← s + (1 − α)·(g² − s), v ← momentum·v + g/(√s + ε), p ← p − learningRate·v
  package static func rmspropUpdate<S: RealScalar>(
    _ step: RMSPropStep, gradient: Span<S>, meanSquare: consuming MutableSpan<S>,
    velocity: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    requireCount(gradient.count, meanSquare.count)
    unsafe meanSquare.withUnsafeMutableBufferPointer { s in
      let s = s.baseAddress
      unsafe update(gradient, &velocity, &parameter) { count, g, v, p in
        unsafe S._routines.vector.rmspropUpdate(
          count, step.learningRate, step.alpha, step.epsilon, step.momentum, step.weightDecay,
          g, s, v, p)
      }
    }
  }

  /// One step of Adagrad: s ← s + g², p ← p − learningRate·g/(√s + ε)
  package static func adagradUpdate<S: RealScalar>(
    learningRate: Double, epsilon: Double, weightDecay: Double,
    gradient: Span<S>, sum: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    unsafe update(gradient, &sum, &parameter) { count, g, s, p in
      unsafe S._routines.vector.adagradUpdate(count, learningRate, epsilon, weightDecay, g, s, p)
    }
  }

  /// Runs an optimiser's kernel on a gradient, one state and the parameter, all of one size.
  private static func update<S: RealScalar>(
    _ gradient: Span<S>, _ state: inout MutableSpan<S>, _ parameter: inout MutableSpan<S>,
    _ kernel: (
      Int, UnsafePointer<S>?, UnsafeMutablePointer<S>?, UnsafeMutablePointer<S>?
    ) -> Void
  ) {
    requireCount(gradient.count, state.count)
    requireCount(gradient.count, parameter.count)
    unsafe gradient.withUnsafeBufferPointer { gradient in
      unsafe state.withUnsafeMutableBufferPointer { state in
        unsafe parameter.withUnsafeMutableBufferPointer { parameter in
          unsafe kernel(
            gradient.count, gradient.baseAddress, state.baseAddress, parameter.baseAddress)
        }
      }
    }
  }
}
