public import BackflowKernels
public import BackflowLinearAlgebra
public import ComplexModule
public import RealModule

/// What the recurrent weight alone says of a recurrence h_t = φ(W h_{t−1} + …).
///
/// The gradient that flows back through one step is multiplied by Jᵀ, J = diag(φ′) W with
/// 0 ≤ φ′ ≤ γ. Two numbers bound what many steps do to it: γ σ_max(W), which no single step can
/// exceed, and γ ρ(W), ρ = max |λ|, by whose powers the powers of γ W grow in the end. (W, γ) and
/// (γ W, 1) are the same recurrence here, so both figures are compared with 1/γ.
public struct Spectrum: Sendable {
  /// λ of W, the largest modulus first; a conjugate pair stands together, the positive imaginary part
  /// first.
  public let eigenvalues: [Complex<Double>]
  /// The condition number of each eigenvalue: by how much a change of W of norm 1 may move it. 1 for a
  /// normal matrix; large where W is far from normal, and infinite for a defective eigenvalue.
  public let eigenvalueConditions: [Double]
  /// ρ(W) = max |λ|
  public let spectralRadius: Double
  /// Between which figures ρ lies for all weights that equal W up to rounding: the discs of Bauer and Fike and
  /// of Henrici about the eigenvalues, and at most σ_max.
  public let spectralRadiusBounds: ClosedRange<Double>
  /// σ_max(W) = ‖W‖₂
  public let largestSingularValue: Double
  /// γ = sup φ′: 1 for tanh and ReLU, ¼ for the sigmoid.
  public let slopeBound: Double
  /// By how much rounding may have moved σ_max: 4·ε·‖W‖_F + 8·H·2⁻⁵²·σ_max, with ε of the precision that the
  /// weight was stored in. The second term is the rounding of the arithmetic. Two figures that are closer to
  /// each other than this are not told apart, so that a rotation is not called stable or unstable by its last
  /// bit. For eigenvalues see `spectralRadiusBounds`.
  public let margin: Double
  /// What follows for gradients over many steps.
  public let verdict: Verdict
  private let eigenvalueMargins: [Double]

  /// How many eigenvalues lie outside the circle of radius 1/γ by more than rounding may have moved them.
  public var growingCount: Int { eigenvalues.indices.count { isGrowing($0) } }

  /// Whether eigenvalue `index` lies outside the circle of radius 1/γ by more than rounding.
  public func isGrowing(_ index: Int) -> Bool {
    eigenvalues[index].length - eigenvalueMargins[index] > 1 / slopeBound
  }

  /// Whether rounding leaves open on which side of 1/γ the spectral radius lies.
  var isRadiusOpen: Bool { spectralRadiusBounds.contains(1 / slopeBound) }

  /// Whether the leading eigenvalue is a thousand times as sensitive as one of a normal matrix, or more. The
  /// powers of such a weight may grow for long although its eigenvalues are small.
  public var isFarFromNormal: Bool { (eigenvalueConditions.first ?? 1) >= 1000 }

  /// Analyses a recurrent weight [H, H] under a nonlinearity of slope at most `slopeBound` > 0.
  ///
  /// - Parameter precision: ε of the numbers that the weight was stored as, if it was converted since.
  /// - Throws: `StabilityError` if the matrix is not square, is empty or has a non-finite element,
  ///   or if LAPACK does not converge. Cost: about 33·H³ flops.
  public init<Scalar: RealScalar>(
    of recurrentWeight: Tensor<Scalar>, slopeBound: Double,
    precision: Double = Double(Scalar.ulpOfOne)
  ) throws(StabilityError) {
    let shape = recurrentWeight.shape
    guard shape.rank == 2, shape[0] == shape[1], shape[0] > 0 else {
      throw .notSquare(shape)
    }
    guard slopeBound > 0, slopeBound.isFinite else { throw .slopeBoundNotPositive(slopeBound) }
    // A power of two, so that no product of the elements leaves the range.
    let (matrix, exponent) = Tensor<Double>(recurrentWeight).scaledIntoRange()
    let unit = Double(sign: .plus, exponent: exponent, significand: 1)
    let spectrum: EigenvalueBounds
    let sigma: Double
    do {
      spectrum = try EigenvalueBounds(of: matrix)
      sigma = try singularValues(of: matrix).first ?? 0
    } catch {
      throw .linearAlgebra(error)
    }
    let arithmetic = 8 * Double(shape[0]) * Double.ulpOfOne
    let margin = 4 * precision * matrix.norm() + arithmetic * sigma
    let share = precision + arithmetic
    let order = Spectrum.descendingOrder(of: spectrum.values)
    let values = order.map { spectrum.values[$0] }
    let radii = spectrum.radii(perturbedBy: share)
    let bounds = spectrum.spectralRadius(perturbedBy: share)
    // No eigenvalue is larger than the largest singular value.
    let upper = max(bounds.lowerBound, min(bounds.upperBound, sigma + margin))

    verdict = Verdict(
      spectralRadius: bounds.lowerBound, largestSingularValue: sigma,
      critical: 1 / slopeBound / unit, margin: margin)
    eigenvalues = values.map { Complex($0.real * unit, $0.imaginary * unit) }
    eigenvalueConditions = order.map { spectrum.conditions[$0] }
    eigenvalueMargins = order.map { radii[$0] * unit }
    spectralRadius = (values.first?.length ?? 0) * unit
    spectralRadiusBounds = bounds.lowerBound * unit...upper * unit
    largestSingularValue = sigma * unit
    self.slopeBound = slopeBound
    self.margin = margin * unit
  }

  /// The places of eigenvalues by modulus, then by real part, then by imaginary part, largest first: the
  /// same order on any LAPACK. A conjugate pair counts as one.
  private static func descendingOrder(of values: [Complex<Double>]) -> [Int] {
    // LAPACK puts the two of a pair side by side, the positive imaginary part first.
    let heads = values.indices.filter { values[$0].imaginary >= 0 }
    return heads.sorted { first, second in
      let (a, b) = (values[first], values[second])
      return (b.length, b.real, b.imaginary) < (a.length, a.real, a.imaginary)
    }.flatMap { values[$0].imaginary > 0 ? [$0, $0 + 1] : [$0] }
  }
}
