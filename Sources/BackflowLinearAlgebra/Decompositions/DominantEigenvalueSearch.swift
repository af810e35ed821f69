internal import BackflowKernels
internal import ComplexModule
internal import RealModule

/// The search for an eigenvalue of largest modulus by Arnoldi iterations, which ends with an
/// obstacle unless everything indicates that the result is as accurate as that of a computation of
/// all eigenvalues.
///
/// The iterations are those of a power B = Aᵖ. A product with B is worth p products with A, and
/// computing B by matrix products, which are ten times as fast for each operation, takes less time
/// than the larger basis or restarts without it (Stewart's Krylov–Schur method). For eigenvalues
/// that fill a disk, powers are the best polynomials, so that nothing is lost. Eigenvalues of A
/// whose powers are equal, such as ±λ, end the search, because their vectors are mixed.
struct DominantEigenvalueSearch<Scalar: RealScalar> {
  private(set) var productCount = 0

  /// An eigenvalue of A.
  struct Result {
    var modulus, residual, condition: Double
  }

  /// The largest accepted condition number.
  private static var largestCondition: Double { 100 }

  mutating func run(
    _ a: Tensor<Scalar>, order: Int
  ) throws(SpectralRadiusObstacle) -> Result {
    guard let plan = ArnoldiPlan(order: order) else { throw .smallMatrix }
    let balanced = try BalancedMatrix(a, order: order)
    let matrix = balanced.matrix
    if Self.isNearlyOrthogonal(matrix) { throw .equalSingularValues }
    var power = matrix
    for _ in 0..<plan.squarings { power = matmul(power, power) }

    // The left vector needs few digits, and single precision halves the memory to read.
    var left = ArnoldiFactorization(
      of: Tensor<Float>(power), transposed: true, capacity: plan.largestFirstStage, seed: 0x5EED)
    var right = ArnoldiFactorization(
      of: power, transposed: false, capacity: plan.largestSize, seed: 0xA11E)
    defer { productCount = right.count + left.count }
    let mirrored = try left.findLeading(plan)
    let w = ComplexVector(Tensor<Scalar>(left.combination(mirrored.vector)))

    // Half the backward error that tests allow the QR iteration.
    let allowed =
      2 * Double(order).squareRoot() * Double(Scalar.ulpOfOne) * VectorKernels.norm(matrix.span)
    let exponent = Double(1 << plan.squarings)
    var tolerance = 0.5 * allowed * exponent / Double.pow(mirrored.value.length, 1 / exponent)
    right.extend(to: left.count)
    var pair = right.pair(near: mirrored.value)
    for _ in 0..<4 {
      try right.refine(&pair, tolerance: tolerance, plan)
      let x = ComplexVector(right.combination(pair.vector))
      let (value, residual, condition) = Self.quotient(matrix, left: w, right: x)
      if residual <= allowed {
        guard try right.confirmsLeading(&pair, plan) else { continue }
        try Self.checkAgreement(pair, mirrored)
        guard condition <= Self.largestCondition else { throw .sensitive }
        return Result(
          modulus: value.length * balanced.unit, residual: residual / value.length,
          condition: condition)
      }
      guard residual <= 1e3 * allowed else { throw .residual }
      tolerance = 0.5 * pair.relativeResidual * (allowed / residual)
    }
    throw .unconverged
  }

  /// Whether nearly all singular values seem to be about equal, as of a multiple of an orthogonal
  /// matrix.
  ///
  /// The Rayleigh quotients of AᵀA and its square with a random vector x estimate the means of σ²
  /// and σ⁴. The quotient of ‖x‖·‖AᵀAx‖ and ‖Ax‖² is at least 1, and 1.4 for a Gaussian matrix. The
  /// iteration never succeeded for an orthogonal matrix plus a Gaussian matrix of a fifth of its
  /// Frobenius norm, for which the quotient is 1.04. One vector can miss a single large singular
  /// value, and eight hardly do.
  private static func isNearlyOrthogonal(_ a: Tensor<Scalar>) -> Bool {
    var random = RandomSource(seed: 0x0127)
    let x: Tensor<Scalar> = random.normal([8, a.shape[0]])
    let images = matmul(x, a.transposed)
    let back = matmul(images, a)
    return (0..<8).allSatisfy {
      let image = images.select($0).norm()
      return x.select($0).norm() * back.select($0).norm() <= 1.0001 * image * image
    }
  }

  /// Returns the two-sided Rayleigh quotient wᵀAx/wᵀx, whose error is of second order (Parlett,
  /// "The Rayleigh quotient iteration and some generalizations for nonnormal matrices", Math. Comp.
  /// 28, 1974), with its residual and its condition number.
  private static func quotient(
    _ matrix: Tensor<Scalar>, left w: ComplexVector<Scalar>, right x: ComplexVector<Scalar>
  ) -> (value: Complex<Double>, residual: Double, condition: Double) {
    let (image, cosine) = (x.multiplied(by: matrix), w.product(x))
    let value = w.product(image) / cosine
    return (value, image.subtracting(value, times: x).norm, 1 / cosine.length)
  }

  /// Throws an error unless both iterations have found the same eigenvalue of B, up to what their
  /// residuals allow and to rounding in single precision.
  private static func checkAgreement(
    _ pair: RitzPair, _ mirrored: RitzPair
  ) throws(SpectralRadiusObstacle) {
    let error = max(pair.residual + mirrored.residual, 1e-6 * pair.value.length)
    guard (mirrored.value - pair.value).length <= largestCondition * error
    else { throw .disagreement }
  }
}

/// A matrix for which balancing would not pay, scaled by a power of two so that its powers and
/// their squares do not overflow.
private struct BalancedMatrix<Scalar: RealScalar> {
  let matrix: Tensor<Scalar>
  /// The factor by which the elements have been divided.
  let unit: Double

  init(_ a: Tensor<Scalar>, order: Int) throws(SpectralRadiusObstacle) {
    let largest = a.maxMagnitude()
    guard a.isFinite, largest.isNormal, largest.exponent.magnitude < 100 else { throw .unbalanced }
    let size = Scalar(VectorKernels.norm(a.span) / Double(order).squareRoot())
    if size.exponent.magnitude > 3 {
      unit = Double(sign: .plus, exponent: Int(size.exponent), significand: 1)
      matrix = a * Scalar(1 / unit)
    } else {
      (matrix, unit) = (a, 1)
    }
    var squares = matrix * matrix
    for row in 0..<order { squares[row, row] = 0 }
    let ones = Tensor<Scalar>.ones([order])
    let (rows, columns) = (matvec(squares, ones), matvec(squares.transposed, ones))
    // As in `LAPACK.schurConditions`: errors without balancing are hardly larger.
    let ratios = zip(rows.elements, columns.elements).lazy.map { $0 / $1 }
    guard ratios.allSatisfy({ 1 / 256 <= $0 && $0 <= 256 }) else { throw .unbalanced }
  }
}
