public import BackflowKernels
public import BackflowLinearAlgebra
public import ComplexModule
public import RealModule

/// What the recurrent weight alone says of a recurrence h_t = φ(W h_{t−1} + …).
///
/// The gradient that flows back through one step is multiplied by Jᵀ, J = diag(φ′) W with
/// 0 ≤ φ′ ≤ γ. Two numbers bound what many steps do to it: σ_max(W), which no single step can
/// exceed by more than the factor γ, and ρ(W) = max |λ|, by which the powers of W grow in the end.
public struct Spectrum: Sendable {
  /// λ of W, the largest modulus first; a conjugate pair stands together.
  public let eigenvalues: [Complex<Double>]
  /// ρ(W) = max |λ|
  public let spectralRadius: Double
  /// σ_max(W) = ‖W‖₂
  public let largestSingularValue: Double
  /// γ = sup φ′: 1 for tanh and ReLU, ¼ for the sigmoid.
  public let slopeBound: Double
  /// By how much rounding may have moved the figures: 8·H·ε·σ_max, with ε of the precision that the
  /// weight was stored in. A verdict needs more than that, so that a rotation is not called stable
  /// or unstable by its last bit.
  public let margin: Double
  /// What follows for gradients over many steps.
  public let verdict: Verdict

  /// How many eigenvalues lie outside the unit circle by more than the margin.
  public var growingCount: Int { eigenvalues.count { $0.length > 1 + margin } }

  /// Analyses a recurrent weight [H, H] under a nonlinearity of slope at most `slopeBound` > 0.
  ///
  /// - Parameter precision: ε of the numbers that the weight was stored as, if it was converted since.
  /// - Throws: `StabilityError` if the matrix is not square, is empty or has a non-finite element,
  ///   or if LAPACK does not converge. Cost: about 13·H³ flops.
  public init<Scalar: RealScalar>(
    of recurrentWeight: Tensor<Scalar>, slopeBound: Double,
    precision: Double = Double(Scalar.ulpOfOne)
  ) throws(StabilityError) {
    let shape = recurrentWeight.shape
    guard shape.rank == 2, shape[0] == shape[1], shape[0] > 0 else {
      throw .notSquare(shape)
    }
    guard slopeBound > 0, slopeBound.isFinite else { throw .slopeBoundNotPositive(slopeBound) }
    let matrix = Tensor<Double>(recurrentWeight)
    do {
      // By modulus, then by real part, then the upper of a pair first: the same order on any LAPACK.
      eigenvalues = try BackflowLinearAlgebra.eigenvalues(of: matrix).sorted {
        ($1.length, $1.real, $1.imaginary) < ($0.length, $0.real, $0.imaginary)
      }
      largestSingularValue = try singularValues(of: matrix).first ?? 0
    } catch {
      throw .linearAlgebra(error)
    }
    spectralRadius = eigenvalues.first?.length ?? 0
    self.slopeBound = slopeBound
    margin = 8 * Double(shape[0]) * precision * largestSingularValue
    verdict = Verdict(
      spectralRadius: spectralRadius, largestSingularValue: largestSingularValue,
      slopeBound: slopeBound, margin: margin)
  }
}
