public import BackflowLayers
internal import BackflowKernels
internal import BackflowLinearAlgebra

/// What clipping did to the gradients of one step.
public struct ClippedStep: Sendable, Equatable {
  /// ‖g‖ before, over all parameters
  public let normBefore: Double
  /// ‖g‖ after
  public let normAfter: Double
  /// The cosine of the angle between the two: 1 where the direction was kept. 1 where one is zero.
  public let cosine: Double

  /// Whether anything was changed.
  public var isClipped: Bool { normAfter != normBefore || cosine < 1 }

  /// Compares gradients before and after. Cost: three passes over the parameters.
  public init<Model: Parameterized>(before: Model, after: Model) {
    var (dots, one, other): ([Double], [Double], [Double]) = ([], [], [])
    for (old, new) in zip(before.namedParameters, after.namedParameters) {
      one.append(VectorKernels.norm(old.value.span))
      other.append(VectorKernels.norm(new.value.span))
      let scale = one[one.count - 1] * other[other.count - 1]
      // Unit vectors, so that no product overflows.
      let cosine =
        scale == 0
        ? 0
        : Double(
          dot(
            (old.value / Model.Scalar(one[one.count - 1])).flattened,
            (new.value / Model.Scalar(other[other.count - 1])).flattened))
      dots.append(cosine)
    }
    normBefore = Tensor(one).norm()
    normAfter = Tensor(other).norm()
    var cosine = 0.0
    for index in dots.indices {
      cosine += dots[index] * (one[index] / normBefore) * (other[index] / normAfter)
    }
    self.cosine = normBefore > 0 && normAfter > 0 ? cosine : 1
  }
}

extension Tensor {
  fileprivate var flattened: Tensor { reshaped(to: [count]) }
}
