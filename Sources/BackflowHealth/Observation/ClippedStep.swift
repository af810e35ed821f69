internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// The effect of clipping on the gradients of one step.
public struct ClippedStep: Sendable, Equatable {
  /// ‖g‖ over all parameters before clipping
  public let normBefore: Double
  /// ‖g‖ after clipping
  public let normAfter: Double
  /// The cosine of the angle between the two: 1, up to rounding, if the direction was kept. 1 if
  /// one of them is zero.
  public let cosine: Double
  /// Whether any element was changed.
  public let isClipped: Bool

  /// Compares gradients before and after clipping. Norms are computed in double and scaled where a
  /// square would overflow. Cost: two passes over the parameters, four over those that changed.
  ///
  /// - Precondition: Both have the same parameters.
  public init<Model: Parameterized>(before: Model, after: Model) {
    let (old, new) = (before.namedParameters, after.namedParameters)
    requireSameParameters(old, new, "ClippedStep")
    let pairs = zip(old, new).map {
      Pair(before: $0.value, after: $1.value)
    }
    let (normBefore, normAfter) = (
      Tensor(pairs.map(\.normBefore)).norm(), Tensor(pairs.map(\.normAfter)).norm()
    )
    var cosine = 1.0
    if normBefore > 0, normAfter > 0 {
      cosine = pairs.reduce(0) {
        $0 + $1.cosine * ($1.normBefore / normBefore) * ($1.normAfter / normAfter)
      }
    }
    (self.normBefore, self.normAfter, self.cosine) = (normBefore, normAfter, cosine)
    isClipped = pairs.contains { !$0.isSame }
  }
}

/// The gradient of one parameter before and after.
private struct Pair {
  let normBefore: Double
  let normAfter: Double
  let cosine: Double
  let isSame: Bool

  init<Scalar: RealScalar>(before: Tensor<Scalar>, after: Tensor<Scalar>) {
    normBefore = VectorKernels.norm(before.span)
    isSame = VectorKernels.allEqual(before.span, after.span)
    normAfter = isSame ? normBefore : VectorKernels.norm(after.span)
    if normBefore == 0 || normAfter == 0 {
      cosine = 0
    } else if isSame {
      cosine = 1
    } else {
      // Scaled by the largest element first, because the length may be beyond the precision.
      let (one, other) = (Self.scaled(before), Self.scaled(after))
      cosine =
        Double(dot(one, other)) / (VectorKernels.norm(one.span) * VectorKernels.norm(other.span))
    }
  }
  private static func scaled<Scalar: RealScalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x.flattened / x.maxMagnitude()
  }
}
