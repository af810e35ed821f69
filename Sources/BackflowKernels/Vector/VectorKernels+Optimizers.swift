internal import RealModule

extension VectorKernels {
  /// v ← momentum·v + (g + weightDecay·p), p ← p − learningRate·v
  package static func sgdUpdate<S: RealScalar>(
    learningRate: Double, momentum: Double, weightDecay: Double,
    gradient: Span<S>, velocity: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    requireCount(gradient.count, velocity.count)
    requireCount(gradient.count, parameter.count)
    unsafe gradient.withUnsafeBufferPointer { g in
      unsafe velocity.withUnsafeMutableBufferPointer { v in
        unsafe parameter.withUnsafeMutableBufferPointer { p in
          unsafe S._routines.vector.sgdUpdate(
            g.count, learningRate, momentum, weightDecay, g.baseAddress, v.baseAddress,
            p.baseAddress)
        }
      }
    }
  }

  /// The constants of one step of Adam; `correctionᵢ` is 1 − βᵢᵗ at step t.
  package struct AdamStep {
    package var learningRate, beta1, beta2, epsilon, correction1, correction2: Double

    package init(
      learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, step: Int
    ) {
      (self.learningRate, self.beta1, self.beta2, self.epsilon) =
        (learningRate, beta1, beta2, epsilon)
      correction1 = 1 - Double.pow(beta1, step)
      correction2 = 1 - Double.pow(beta2, step)
    }
  }

  /// One step of Adam: m, v ← moments of g, p ← p − learningRate·m̂/(√v̂ + ε)
  package static func adamUpdate<S: RealScalar>(
    _ step: AdamStep, gradient: Span<S>, firstMoment: consuming MutableSpan<S>,
    secondMoment: consuming MutableSpan<S>, parameter: consuming MutableSpan<S>
  ) {
    requireCount(gradient.count, firstMoment.count)
    requireCount(gradient.count, secondMoment.count)
    requireCount(gradient.count, parameter.count)
    unsafe gradient.withUnsafeBufferPointer { g in
      unsafe firstMoment.withUnsafeMutableBufferPointer { m in
        unsafe secondMoment.withUnsafeMutableBufferPointer { v in
          unsafe parameter.withUnsafeMutableBufferPointer { p in
            unsafe S._routines.vector.adamUpdate(
              g.count, step.learningRate, step.beta1, step.beta2, step.epsilon,
              step.correction1, step.correction2, g.baseAddress, m.baseAddress, v.baseAddress,
              p.baseAddress)
          }
        }
      }
    }
  }
}
