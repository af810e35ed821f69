internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// The effect of clipping on the gradients of one step.
public struct ClippedStep: Sendable, Equatable {
  /// ‖g‖ over all parameters before clipping
  public let normBefore: Double
  /// ‖g‖ after clipping
  public let normAfter: Double
  /// The cosine of the angle between the two: 1, up to rounding, if the direction was kept. 1 if
  /// one of them is zero, and NaN if a norm is not finite.
  public let cosine: Double
  /// Whether any element was changed.
  public let isClipped: Bool

  /// Compares gradients before and after clipping. Norms are computed in double and scaled where a
  /// square would overflow. Cost: one pass over the parameters, and one over those that changed.
  ///
  /// - Precondition: Both have the same parameters.
  public init<Model: Parameterized>(before: Model, after: Model) {
    self =
      ClippedStep.measure(
        before.parameterList(named: false).values, after.parameterList(named: false).values,
        known: [], names: { before.namedParameters.map(\.name) }
      ).step
  }

  /// Compares gradients before and after clipping, and returns the norms before as well, one for
  /// each parameter. Norms that are `known`, of the same tensors at the same places, are not
  /// measured again.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func measure<Scalar: RealScalar>(
    _ before: [Tensor<Scalar>], _ after: [Tensor<Scalar>],
    known: [ObservedParameter<Scalar>], names: () -> [String]
  ) -> (step: ClippedStep, norms: [Double]) {
    requireSameShapes(before, after, "ClippedStep", names: names)
    let pairs = eachTensor(of: before) { index -> Pair in
      var norm: Double?
      if index < known.count, let tensor = known[index].gradient, tensor.isSame(as: before[index]) {
        norm = known[index].gradientNorm
      }
      return Pair(before: before[index], after: after[index], norm: norm)
    }
    let norms = pairs.map(\.normBefore)
    return (ClippedStep(pairs, norms), norms)
  }

  /// The step of two models together.
  func combined(with other: ClippedStep) -> ClippedStep {
    let (before, after) = (
      Double.hypot(normBefore, other.normBefore), Double.hypot(normAfter, other.normAfter)
    )
    func product(_ step: ClippedStep) -> Double {
      step.cosine * (step.normBefore / before) * (step.normAfter / after)
    }
    return ClippedStep(
      normBefore: before, normAfter: after,
      cosine: before > 0 && after > 0 ? product(self) + product(other) : 1,
      isClipped: isClipped || other.isClipped)
  }

  private init(normBefore: Double, normAfter: Double, cosine: Double, isClipped: Bool) {
    (self.normBefore, self.normAfter) = (normBefore, normAfter)
    (self.cosine, self.isClipped) = (cosine, isClipped)
  }

  private init(_ pairs: [Pair], _ norms: [Double]) {
    normBefore = ClippedStep.length(norms)
    isClipped = pairs.contains { !$0.isSame }
    normAfter = isClipped ? ClippedStep.length(pairs.map(\.normAfter)) : normBefore
    var cosine = 1.0
    if normBefore > 0, normAfter > 0 {
      cosine = 0
      for pair in pairs {
        cosine += pair.cosine * (pair.normBefore / normBefore) * (pair.normAfter / normAfter)
      }
    }
    self.cosine = cosine
  }

  private static func length(_ norms: [Double]) -> Double { VectorKernels.norm(norms.span) }
}

/// The gradient of one parameter before and after.
private struct Pair {
  let normBefore: Double
  let normAfter: Double
  let cosine: Double
  let isSame: Bool

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  init<Scalar: RealScalar>(before: Tensor<Scalar>, after: Tensor<Scalar>, norm: Double?) {
    // Only NaN differs from itself, and a tensor with a finite norm has none.
    let shared =
      before.isSame(as: after) ? norm ?? VectorKernels.norm(before.span) : Double.infinity
    isSame = shared.isFinite || VectorKernels.allEqual(before.span, after.span)
    if isSame {
      normBefore = shared.isFinite ? shared : norm ?? VectorKernels.norm(before.span)
      (normAfter, cosine) = (normBefore, normBefore == 0 ? 0 : 1)
    } else {
      let norms = VectorKernels.normsAndCosine(before.span, after.span)
      (normBefore, normAfter) = (norm ?? norms.first, norms.second)
      cosine = normBefore == 0 || normAfter == 0 ? 0 : norms.cosine
    }
  }
}
