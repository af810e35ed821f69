internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// The product of a cell's Jacobians along one sample, P = J_T … J_1, [S, S], in factors.
struct JacobianProduct<Scalar: RealScalar> {
  private let steps: [LinearizedStep<Scalar>]

  /// The product along the sample at row `sample`, over the steps at which it runs.
  init(_ cell: CellTrace<Scalar>, sample: Int) {
    let length = (0..<cell.running.time).prefix { cell.running[$0] > sample }.count
    steps = (0..<length).map { cell.linearized($0, sample) }
  }

  /// T, the number of steps.
  var time: Int { steps.count }
  /// S, the size of the state; `nil` without steps.
  var stateSize: Int? { steps.first?.stateSize }

  /// The result of one step of the power iteration.
  struct Growth {
    /// ln ‖Pᵀ u‖ for u = P v/‖P v‖, which lies between ln ‖P v‖ and ln σ_max(P). It is −∞ if the
    /// product is zero, and NaN if a Jacobian is not finite.
    var logarithm: Double
    /// Pᵀ u/‖Pᵀ u‖, [S, 1].
    var direction: Tensor<Scalar>
  }

  /// Returns one step of the power iteration on PᵀP from v, [S, 1]. For a unit vector v,
  ///
  ///     ‖P v‖ = uᵀ P v ≤ ‖Pᵀ u‖ ≤ σ_max(P)
  ///
  /// by the inequality of Cauchy and Schwarz. (Golub and Van Loan, Matrix Computations, 8.2.1.)
  ///
  /// A step that passes nothing on, as of rectified units at a blank input, would hide how much the
  /// steps after it expand. P is the product of the steps after the last such one.
  ///
  /// - Complexity: 2·T products of a Jacobian and a vector.
  func growth(from v: Tensor<Scalar>) -> Growth {
    var (forward, first) = (Growth(logarithm: 0, direction: v), 0)
    for (t, step) in steps.enumerated() {
      forward.multiply { step.multiply($0) }
      if forward.logarithm == -.infinity, t + 1 < steps.count {
        (forward, first) = (Growth(logarithm: 0, direction: v), t + 1)
      }
      guard forward.logarithm.isFinite else { return forward }
    }
    var backward = Growth(logarithm: 0, direction: forward.direction)
    for step in steps[first...].reversed() where backward.logarithm.isFinite {
      backward.multiply { step.multiplyTransposed($0) }
    }
    return backward
  }
}

extension JacobianProduct.Growth {
  /// Multiplies the direction by one Jacobian, and scales it to length 1.
  fileprivate mutating func multiply(_ jacobian: (Tensor<Scalar>) -> Tensor<Scalar>) {
    let product = jacobian(direction)
    let length = VectorKernels.norm(product.span)
    guard length.isFinite else {
      logarithm = .nan
      return
    }
    logarithm += .log(length)
    if length > 0 { direction = product / Scalar(length) }
  }
}
