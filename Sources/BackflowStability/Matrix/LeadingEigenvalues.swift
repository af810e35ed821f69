public import BackflowKernels
public import BackflowLinearAlgebra
public import ComplexModule
public import RealModule

/// The eigenvalues of largest modulus of a real n × n matrix that is known only by its products
/// with vectors, such as a recurrent weight with thousands of rows or a product of Jacobians.
///
/// Arnoldi's iteration with the restarts of Stewart ("A Krylov–Schur algorithm for large
/// eigenproblems", SIAM J. Matrix Anal. Appl. 23, 2001): the basis is reduced to the span of the
/// wanted Ritz vectors and extended again.
///
/// Use `Spectrum` or `MatrixAnalysis` for a stored matrix of up to a few thousand rows: their
/// bounds need all eigenvalues, in O(n³) operations. This type is for larger matrices, and for
/// operators without elements, where a few hundred products suffice. It proves no bound: an
/// eigenvalue to which the initial vector hardly contributes may be missed.
public struct LeadingEigenvalues: Sendable, Equatable, Codable {
  /// The Ritz values in descending order of modulus. The two of a conjugate pair are adjacent, the
  /// one with positive imaginary part first.
  public let eigenvalues: [Complex<Double>]
  /// The residual ‖A·v − λ·v‖ of each, for the Ritz vector v of norm 1.
  ///
  /// Each λ is an eigenvalue of a matrix A + E with ‖E‖ equal to its residual. The distance to the
  /// nearest eigenvalue of A is at most about the residual times the condition number of that
  /// eigenvalue, which is 1 for a normal matrix.
  public let residuals: [Double]
  /// A Boolean value that indicates whether all residuals are within the tolerance.
  public let isConverged: Bool
  /// The number of products of the matrix with a vector.
  public let productCount: Int

  /// The largest modulus, an estimate of ρ(A).
  public var spectralRadius: Double { eigenvalues.first?.length ?? 0 }

  private enum CodingKeys: String, CodingKey {
    case eigenvalues, residuals
    case isConverged = "converged"
    case productCount = "products"
  }

  /// Computes eigenvalues of largest modulus.
  ///
  /// - Parameters:
  ///   - order: The number n of rows and columns of A.
  ///   - count: The number of wanted eigenvalues; one more is returned if the last is one of a
  ///     pair, and at most n.
  ///   - tolerance: The largest residual, relative to the largest modulus.
  ///   - maximumProducts: The largest number of products. After them, the result is unconverged.
  ///   - random: The source of the random initial vector.
  ///   - product: A function that returns A·V for V, [n, columns].
  /// - Throws: `StabilityError` if a product is not finite or has the wrong shape, or if LAPACK
  ///   does not converge.
  /// - Complexity: The products, and about 8·n·m flops for each with a basis of m = max(2·count +
  ///   1, count + 20) vectors.
  public init(
    order: Int, count: Int = 1, tolerance: Double = 1e-8, maximumProducts: Int = 2000,
    using random: inout RandomSource, product: (Tensor<Double>) -> Tensor<Double>
  ) throws(StabilityError) {
    require(
      order >= 1 && count >= 1 && maximumProducts >= 1 && tolerance > 0,
      "leading eigenvalues need a positive order, count, tolerance, and number of products, got"
        + " \(order), \(count), \(tolerance), and \(maximumProducts)")
    let wanted = min(count, order)
    var space = KrylovSpace(
      order: order, size: min(order, max(2 * count + 1, count + 20)), using: &random)
    self = try LeadingEigenvalues.iterate(
      &space, wanted, tolerance, maximumProducts, &random, product)
  }

  private init(_ ritz: RitzValues, count: Int, isConverged: Bool, products: Int) {
    eigenvalues = Array(ritz.values.prefix(count))
    residuals = Array(ritz.residuals.prefix(count))
    self.isConverged = isConverged
    productCount = products
  }

  private static func iterate(
    _ space: inout KrylovSpace, _ wanted: Int, _ tolerance: Double, _ limit: Int,
    _ random: inout RandomSource, _ product: (Tensor<Double>) -> Tensor<Double>
  ) throws(StabilityError) -> LeadingEigenvalues {
    var products = 0
    while true {
      while space.isExtensible && products < limit {
        try space.extend(&random, product)
        products += 1
      }
      let ritz = try analyzing { () throws(LAPACKError) in try space.ritzValues() }
      let count = ritz.wholePairs(wanted)
      let largest = ritz.values.first?.length ?? 0
      let isConverged =
        count >= wanted
        && ritz.residuals.prefix(count).allSatisfy { $0 <= tolerance * largest || $0 == 0 }
      if isConverged || products >= limit || space.isComplete {
        return LeadingEigenvalues(
          ritz, count: count, isConverged: isConverged, products: products)
      }
      let kept = ritz.wholePairs(min(wanted + (space.size - wanted) / 2, space.size - 2))
      try analyzing { () throws(LAPACKError) in try space.restart(with: ritz, count: kept) }
    }
  }
}

extension LeadingEigenvalues: CustomStringConvertible {
  /// The eigenvalues with their residuals, one in a line.
  public var description: String {
    let lines = zip(eigenvalues, residuals).map { value, residual in
      "\(value.real.text(significantDigits: 10))"
        + " \(value.imaginary < 0 ? "-" : "+")"
        + " \(value.imaginary.magnitude.text(significantDigits: 10))i"
        + "   residual \(residual.text(significantDigits: 2))"
    }
    let ending = "\(productCount) products, \(isConverged ? "converged" : "not converged")"
    return (lines + [ending]).joined(separator: "\n")
  }
}
