public import BackflowKernels
public import BackflowLinearAlgebra
public import ComplexModule
public import RealModule

/// The properties of a recurrence h_t = φ(W h_{t−1} + …) that follow from its recurrent weight.
///
/// A step back multiplies the gradient by Jᵀ, where J = diag(φ′) W and 0 ≤ φ′ ≤ γ. Two numbers
/// bound the effect of many steps: γ σ_max(W), which bounds that of every step, and γ ρ(W), with ρ
/// = max |λ|, whose powers determine the asymptotic growth of the powers of γ W. (W, γ) and (γ W,
/// 1) are equivalent, so both figures are compared with 1/γ.
public struct Spectrum: Sendable, Equatable, Codable {
  /// The eigenvalues λ of W, in descending order of modulus. The two of a conjugate pair are
  /// adjacent, the one with positive imaginary part first.
  public let eigenvalues: [Complex<Double>]
  /// The condition number of each eigenvalue: its largest displacement, to first order, for a
  /// perturbation of W of norm 1. It is 1 for a normal matrix, large if W is far from normal, and
  /// infinite for a defective eigenvalue, unless rounding leaves a number of the order of 1/ε.
  @ExtendedReals public private(set) var eigenvalueConditions: [Double]
  /// The spectral radius, ρ(W) = max |λ|.
  public let spectralRadius: Double
  /// Bounds on ρ for all weights that equal W up to rounding: by the disks of Bauer and Fike and of
  /// Henrici about the eigenvalues, and by σ_max.
  public let spectralRadiusBounds: ClosedRange<Double>
  /// The largest singular value, σ_max(W) = ‖W‖₂.
  public let largestSingularValue: Double
  /// The largest slope of the nonlinearity, γ = sup φ′: 1 for tanh and ReLU, ¼ for the sigmoid.
  /// `nil` for a matrix that is not the only recurrent weight of a cell, such as the block of one
  /// gate.
  public let slopeBound: Double?
  /// The rounding error of σ_max: ε·‖W‖_F + 8·H·2⁻⁵²·σ_max, with ε of the precision in which the
  /// weight was stored. The second term is the error of the arithmetic. Figures that differ by less
  /// count as equal, so that rounding does not decide whether a rotation is stable. For
  /// eigenvalues, see `spectralRadiusBounds`.
  public let margin: Double
  /// The consequence for gradients over many steps, or `nil` without a slope bound, because one
  /// factor of a step proves nothing about the product of steps.
  public let verdict: Verdict?
  /// How much less than |λ| the modulus may be in the connected group of error disks.
  @ExtendedReals private var eigenvalueMargins: [Double]

  private enum CodingKeys: String, CodingKey {
    case eigenvalues, margin, verdict
    case eigenvalueConditions = "eigenvalue_conditions"
    case spectralRadius = "spectral_radius"
    case spectralRadiusBounds = "spectral_radius_bounds"
    case largestSingularValue = "largest_singular_value"
    case slopeBound = "slope_bound"
    case eigenvalueMargins = "eigenvalue_margins"
  }

  /// 1/γ, or 1 without a slope bound.
  private var criticalRadius: Double { 1 / (slopeBound ?? 1) }

  /// The number of eigenvalues that are outside the circle of radius 1/γ, or of radius 1 without a
  /// slope bound, for all weights that equal W up to rounding.
  public var growingCount: Int { eigenvalues.indices.count { isGrowing($0) } }

  /// Returns whether eigenvalue `index` is outside the circle of radius 1/γ, or of radius 1 without
  /// a slope bound, for all weights that equal W up to rounding.
  ///
  /// Rounding may move an eigenvalue through all error disks that are connected with its own, so
  /// that this is so if the whole group of disks is outside.
  public func isGrowing(_ index: Int) -> Bool {
    eigenvalues[index].length - eigenvalueMargins[index] > criticalRadius
  }

  /// A Boolean value that indicates whether the spectral radius equals 1/γ to within the rounding
  /// error.
  var isRadiusOpen: Bool { spectralRadiusBounds.contains(criticalRadius) }

  /// A Boolean value that indicates whether the leading eigenvalue is at least a thousand times as
  /// sensitive as that of a normal matrix. The powers of such a weight may grow for many steps
  /// although its eigenvalues are small.
  public var isFarFromNormal: Bool { (eigenvalueConditions.first ?? 1) >= 1000 }

  /// Analyzes a matrix [H, H], such as a recurrent weight under a nonlinearity whose slope is at
  /// most `slopeBound`.
  ///
  /// - Parameters:
  ///   - recurrentWeight: The recurrent weight, [H, H].
  ///   - slopeBound: The largest slope γ of the nonlinearity, a positive number. With `nil`, there
  ///     is no verdict.
  ///   - precision: The machine epsilon of the precision in which the weight was stored, if it was
  ///     converted since then.
  /// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
  ///   or if LAPACK does not converge.
  /// - Complexity: About 18·H³ flops, or 33·H³ if the matrix has to be balanced.
  public init<Scalar: RealScalar>(
    of recurrentWeight: Tensor<Scalar>, slopeBound: Double? = nil,
    precision: Double = Double(Scalar.ulpOfOne)
  ) throws(StabilityError) {
    let shape = recurrentWeight.shape
    guard shape.rank == 2, shape[0] == shape[1], shape[0] > 0 else {
      throw .notSquare(shape)
    }
    try Spectrum.check(slopeBound)
    let matrix = try AnalyzedMatrix(Tensor<Double>(recurrentWeight))
    let bounds = try analyzing { () throws(LAPACKError) in
      try EigenvalueBounds(of: matrix.scaled)
    }
    try self.init(of: matrix, bounds, slopeBound: slopeBound, precision: precision)
  }

  /// The same, with the eigenvalues of the scaled matrix.
  ///
  /// - Precondition: The slope is positive and finite.
  init(
    of analyzed: AnalyzedMatrix, _ spectrum: EigenvalueBounds, slopeBound: Double?,
    precision: Double
  ) throws(StabilityError) {
    // Scaling by a power of two keeps all products of the elements in range.
    let (matrix, unit) = (analyzed.scaled, analyzed.unit)
    let sigma = try analyzing { () throws(LAPACKError) in
      try singularValues(of: matrix).first ?? 0
    }
    let arithmetic = 8 * Double(analyzed.order) * Double.ulpOfOne
    let margin = precision * matrix.norm() + arithmetic * sigma
    let share = precision + arithmetic
    let order = Spectrum.descendingOrder(of: spectrum.values)
    let values = order.map { spectrum.values[$0] }
    let locations = spectrum.locations(perturbedBy: share)
    let bounds = spectrum.spectralRadius(perturbedBy: share)
    // The largest singular value bounds the eigenvalues.
    let upper = max(bounds.lowerBound, min(bounds.upperBound, sigma + margin))

    verdict = slopeBound.map {
      Verdict(
        spectralRadius: bounds.lowerBound, largestSingularValue: sigma,
        critical: 1 / $0 / unit, margin: margin)
    }
    eigenvalues = values.map { Complex($0.real * unit, $0.imaginary * unit) }
    _eigenvalueConditions = ExtendedReals(wrappedValue: order.map { spectrum.conditions[$0] })
    _eigenvalueMargins = ExtendedReals(
      wrappedValue: order.map {
        (spectrum.values[$0].length - locations[$0].leastModulus) * unit
      })
    spectralRadius = (values.first?.length ?? 0) * unit
    spectralRadiusBounds = bounds.lowerBound * unit...upper * unit
    largestSingularValue = sigma * unit
    self.slopeBound = slopeBound
    self.margin = margin * unit
  }

  /// Checks that a slope bound is positive and finite.
  static func check(_ slopeBound: Double?) throws(StabilityError) {
    if let slopeBound, !(slopeBound > 0 && slopeBound.isFinite) {
      throw .slopeBoundNotPositive(slopeBound)
    }
  }

  /// Returns the indices of the eigenvalues in descending order of modulus, then of real part, then
  /// of imaginary part: the same order with every LAPACK. A conjugate pair counts as one
  /// eigenvalue.
  static func descendingOrder(of values: [Complex<Double>]) -> [Int] {
    // LAPACK stores the two of a pair adjacently, the one with positive imaginary part first.
    let heads = values.indices.filter { values[$0].imaginary >= 0 }
    return heads.sorted { first, second in
      let (a, b) = (values[first], values[second])
      return (b.length, b.real, b.imaginary) < (a.length, a.real, a.imaginary)
    }.flatMap { values[$0].imaginary > 0 ? [$0, $0 + 1] : [$0] }
  }
}

extension Spectrum: CustomStringConvertible {
  /// The spectral radius, the largest singular value, and the verdict with its reason.
  public var description: String {
    let bounds = spectralRadiusBounds
    return "spectral radius \(figure(spectralRadius)) in \(figure(bounds.lowerBound)) …"
      + " \(figure(bounds.upperBound)), largest singular value \(figure(largestSingularValue))"
      + (explanation.map { ". \($0)" } ?? "")
  }
}
