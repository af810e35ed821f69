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
    let logarithm: Double
    /// Pᵀ u/‖Pᵀ u‖, [S, 1].
    let direction: Tensor<Scalar>
  }

  /// Returns one step of the power iteration on PᵀP from v, [S, 1]. For a unit vector v,
  ///
  ///     ‖P v‖ = uᵀ P v ≤ ‖Pᵀ u‖ ≤ σ_max(P)
  ///
  /// by the inequality of Cauchy and Schwarz. (Golub and Van Loan, Matrix Computations, 8.2.1.)
  ///
  /// - Complexity: 2·T products of a Jacobian and a vector.
  func growth(from v: Tensor<Scalar>) -> Growth {
    let forward = Self.carry(v, through: steps) { $0.multiply($1) }
    guard forward.logarithm > -.infinity else { return forward }
    return Self.carry(forward.direction, through: steps.reversed()) { $0.multiplyTransposed($1) }
  }

  /// Multiplies a vector by one Jacobian after the other, and scales it to length 1 after each.
  private static func carry(
    _ vector: Tensor<Scalar>, through steps: some Sequence<LinearizedStep<Scalar>>,
    _ multiply: (LinearizedStep<Scalar>, Tensor<Scalar>) -> Tensor<Scalar>
  ) -> Growth {
    var (direction, logarithm) = (vector, 0.0)
    for step in steps {
      let product = multiply(step, direction)
      let length = VectorKernels.norm(product.span)
      logarithm += .log(length)
      guard length > 0, length.isFinite else { break }
      direction = product / Scalar(length)
    }
    return Growth(
      logarithm: logarithm.isInfinite && logarithm > 0 ? .nan : logarithm, direction: direction)
  }
}
