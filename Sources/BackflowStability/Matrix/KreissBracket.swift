public import BackflowKernels
public import BackflowLinearAlgebra
public import ComplexModule
public import RealModule

/// Bounds on the Kreiss constant of a real matrix A, the largest ratio of the resolvent norm to
/// that of a scalar at the same distance:
///
///     K = sup_{|z| > 1} (|z| − 1)·‖(zI − A)⁻¹‖   or   K = sup_{Re z > 0} Re z·‖(zI − A)⁻¹‖
///
/// It bounds the transient growth from both sides: K ≤ sup_k ‖A^k‖ ≤ e·n·K, and K ≤ sup_t ‖e^{tA}‖
/// ≤ e·n·K (Kreiss, 1962; Spijker, 1991; Trefethen and Embree, "Spectra and Pseudospectra", 2005,
/// sections 14 to 18). K is at least 1, and is 1 if the numerical range lies in the closed region.
/// It is infinite if an eigenvalue is outside or a defective one is on the boundary.
///
/// The lower bound is attained. The upper bound is that of a convex function between computed
/// values (see `ResolventEnvelope`), from three sources: the series of resolvent ‖(zI − A)⁻¹‖ ≤ Σ
/// ‖A^k‖/|z|^{k+1}, the distance from the numerical range, and the maximum of the resolvent norm on
/// single curves, computed by level sets.
public struct KreissBracket: Sendable, Equatable, Codable {
  /// The region whose outside is considered.
  public let region: StabilityRegion
  /// A lower bound on K, at least 1.
  @ExtendedReal public private(set) var lower: Double
  /// An upper bound on K. It is infinite if the constant is, if rounding decides whether it is
  /// (`isUndecided`), and if the computation ended before it found a bound (`lacksUpperBound`).
  @ExtendedReal public private(set) var upper: Double
  /// A point with the value `lower`; `nil` if the lower bound is 1, which is attained at infinity,
  /// or infinite, which is attained at an eigenvalue.
  public let maximizer: Complex<Double>?
  /// A Boolean value that indicates whether rounding decides if the constant is finite: an
  /// eigenvalue is on the boundary to within the rounding error.
  public let isUndecided: Bool
  /// The number of eigenvalue problems of order 2n that were solved.
  public let problemCount: Int

  /// A Boolean value that indicates whether `upper` is infinite only because no bound was found: no
  /// computed power has a norm less than 1, and no eigenvalue problem was solved for the boundary.
  /// The constant itself is finite unless an eigenvalue is outside.
  public var lacksUpperBound: Bool { upper == .infinity && lower < .infinity && !isUndecided }

  private enum CodingKeys: String, CodingKey {
    case region, lower, upper, maximizer
    case isUndecided = "undecided"
    case problemCount = "problems"
  }

  /// Bounds the Kreiss constant.
  ///
  /// - Parameters:
  ///   - matrix: The real matrix A, [n, n].
  ///   - region: The unit disk or the left half-plane.
  ///   - tolerance: The wanted relative width of the bracket.
  ///   - maximumProblems: The number of eigenvalue problems of order 2n after which the bracket
  ///     remains as wide as it is; by default `defaultProblems(order:)`. The bracket is valid even
  ///     if it is 0.
  ///   - growth: The norms of the powers of the same matrix, if they are known. They are computed
  ///     otherwise, for the unit disk.
  ///   - nonnormality: The same for the numerical range of the matrix.
  /// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
  ///   or if LAPACK does not converge.
  /// - Complexity: About 26·n³ flops, those of `PowerGrowth`, and 200·n³ for each problem.
  public init(
    of matrix: Tensor<Double>, region: StabilityRegion = .unitDisk, tolerance: Double = 1e-3,
    maximumProblems: Int? = nil, growth: PowerGrowth? = nil, nonnormality: Nonnormality? = nil
  ) throws(StabilityError) {
    require(tolerance > 0, "the tolerance of a Kreiss bracket must be positive, got \(tolerance)")
    let analyzed = try AnalyzedMatrix(matrix)
    var growth = region == .unitDisk && analyzed.exponent == 0 ? growth : nil
    if region == .unitDisk && analyzed.exponent == 0 && growth == nil {
      growth = try PowerGrowth(of: matrix)
    }
    let power = growth
    let search = try analyzing { () throws(LAPACKError) in
      var search = try KreissSearch(
        analyzed, region: region, tolerance: tolerance,
        problems: maximumProblems ?? KreissBracket.defaultProblems(order: analyzed.order),
        growth: power, numericalRadius: nonnormality?.numericalRadius?.upperBound)
      try search.run()
      return search
    }
    self.region = region
    _lower = ExtendedReal(wrappedValue: max(1, Double.exp(search.logLower)))
    _upper = ExtendedReal(wrappedValue: max(1, Double.exp(max(search.logUpper, search.logLower))))
    maximizer =
      search.logLower > 0
      ? search.maximizer.map { $0.multiplied(by: analyzed.unit) } : nil
    isUndecided = search.isUndecided
    problemCount = search.problemCount
  }

  /// The bounds that the powers of a matrix give for the unit disk, without further computation:
  /// sup ‖A^k‖/(e·n) ≤ K ≤ sup ‖A^k‖ (Spijker; Trefethen and Embree, "Spectra and Pseudospectra",
  /// section 18). There is no upper bound if none of the powers has a norm less than 1.
  init(byPowers growth: PowerGrowth, of matrix: Tensor<Double>, _ spectrum: Spectrum) {
    let radius = spectrum.spectralRadiusBounds
    let bounds = PowerNormBounds(growth.logNorms, of: matrix).logBounds
    // A norm is as far above its computed value at most as below.
    let error = Double.exp(bounds[growth.peakStep] - growth.peakLogNorm) - 1
    let share = Double.exp(growth.peakLogNorm - 1) * (1 - error) / Double(matrix.shape[0])
    (region, maximizer, problemCount) = (.unitDisk, nil, 0)
    // A power whose norm is certainly less than 1 decides it.
    isUndecided = radius.contains(1) && !growth.isComplete
    _lower = ExtendedReal(
      wrappedValue: radius.lowerBound > 1 ? .infinity : Double.maximum(1, share))
    _upper = ExtendedReal(
      wrappedValue: growth.isComplete ? Double.exp(bounds.max() ?? 0) : .infinity)
  }

  /// The same bounds for a matrix that equals this one up to rounding, whose spectral radius is in
  /// `radius`: if that contains 1, an infinite constant is not certain.
  func allowing(forRadius radius: ClosedRange<Double>) -> KreissBracket {
    guard lower == .infinity, radius.contains(1) else { return self }
    return KreissBracket(
      region: region, lower: 1, upper: .infinity, isUndecided: true, problemCount: problemCount)
  }

  private init(
    region: StabilityRegion, lower: Double, upper: Double, isUndecided: Bool, problemCount: Int
  ) {
    (self.region, self.isUndecided, self.problemCount) = (region, isUndecided, problemCount)
    maximizer = nil
    _lower = ExtendedReal(wrappedValue: lower)
    _upper = ExtendedReal(wrappedValue: upper)
  }

  /// The default number of eigenvalue problems of order 2n: 400 for small matrices, 6 at n = 128,
  /// and none from n = 320.
  public static func defaultProblems(order n: Int) -> Int {
    min(400, 6 * 128 * 128 * 128 * 2 / max(1, 2 * n * n * n))
  }
}

extension KreissBracket: CustomStringConvertible {
  /// The bounds, in one line.
  public var description: String {
    func number(_ value: Double) -> String { figure(value, significantDigits: 8) }
    let bounds =
      upper == .infinity && lower < .infinity
      ? "K ≥ \(number(lower))"
      : lower == upper ? "K = \(number(lower))" : "K in \(number(lower)) … \(number(upper))"
    let reason =
      isUndecided
      ? " (rounding decides whether it is finite)"
      : lacksUpperBound ? " (no upper bound was found)" : ""
    let place = maximizer.map { " attained at z = \(number($0.real)) + \(number($0.imaginary))i" }
    return "Kreiss constant of the \(region == .unitDisk ? "unit disk" : "half-plane"): "
      + bounds + (place ?? "") + reason
  }
}
