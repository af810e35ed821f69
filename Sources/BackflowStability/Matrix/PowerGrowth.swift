public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The norms of the powers of a matrix A, ‖A^k‖₂ for k = 0, 1, 2, …, which bound the growth of a
/// signal over k steps of h_t = A·h_{t−1}, beside ρ(A)^k, to which they are proportional in the
/// long term.
///
/// The power is scaled at every step and the logarithms are kept, so that nothing overflows or
/// underflows. The norms are computed from AᵏᵀAᵏ to a relative accuracy of about n·ε for the
/// computed power. The rounding errors of the powers are bounded where a statement follows from the
/// norms, as in `isComplete`.
public struct PowerGrowth: Sendable, Equatable, Codable {
  /// ln ‖A^k‖₂, k = 0, 1, 2, …; −∞ if the computed power is zero.
  @ExtendedReals public private(set) var logNorms: [Double]
  /// ln ρ(A); −∞ if all eigenvalues are zero.
  @ExtendedReal public private(set) var logSpectralRadius: Double
  /// The power with the largest norm.
  public let peakStep: Int
  /// The logarithm of the largest norm.
  public let peakLogNorm: Double
  /// The unit vector v that grows most: the right singular vector of the power with the largest
  /// norm. It is empty if that power is A⁰.
  public let direction: [Double]
  /// Where it ends: A^k·v divided by its norm.
  public let destination: [Double]
  /// A Boolean value that indicates whether no later power exceeds the largest norm, because the
  /// norm of one of them is less than 1 in spite of all rounding errors.
  public let isComplete: Bool

  /// The norms ‖A^k‖₂; infinite if out of range.
  public var norms: [Double] { logNorms.map { Double.exp($0) } }
  /// The largest norm.
  public var peakNorm: Double { Double.exp(peakLogNorm) }

  private enum CodingKeys: String, CodingKey {
    case logNorms = "log_norms"
    case logSpectralRadius = "log_spectral_radius"
    case peakStep = "peak_step"
    case peakLogNorm = "peak_log_norm"
    case direction, destination
    case isComplete = "complete"
  }

  /// Computes the norms until one is less than 1, after which none exceeds the largest so far, or
  /// up to a number of steps.
  ///
  /// - Parameters:
  ///   - matrix: The real matrix A, [n, n].
  ///   - steps: The largest k; by default `defaultSteps(order:)`, or until a norm exceeds 1e16
  ///     if ρ(A) > 1.
  ///   - stopsWhenComplete: Whether to stop at a norm less than 1.
  /// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
  ///   `steps` is negative, or LAPACK does not converge.
  /// - Complexity: About 6·n³ flops for each step.
  public init(
    of matrix: Tensor<Double>, steps: Int? = nil, stopsWhenComplete: Bool = true
  ) throws(StabilityError) {
    try self.init(
      of: AnalyzedMatrix(matrix), spectralRadius: nil, steps: steps,
      stopsWhenComplete: stopsWhenComplete)
  }

  /// The same, with the spectral radius if it is known.
  init(
    of matrix: AnalyzedMatrix, spectralRadius known: Double?, steps: Int? = nil,
    stopsWhenComplete: Bool = true
  ) throws(StabilityError) {
    let limit = steps ?? PowerGrowth.defaultSteps(order: matrix.order)
    guard limit >= 0 else { throw .negativeSteps(limit) }
    let radius = try analyzing { () throws(LAPACKError) in
      if let known { known / matrix.unit } else { try spectralRadius(of: matrix.scaled) }
    }
    let logUnit = Double(matrix.exponent) * Double.log(2)
    let logRadius = Double.log(radius) + logUnit
    let run = try analyzing { () throws(LAPACKError) in
      try Run(
        of: matrix, steps: limit, stopsWhenComplete: stopsWhenComplete,
        largestLogNorm: steps == nil && logRadius > 0 ? 16 * Double.log(10) : .infinity)
    }
    _logNorms = ExtendedReals(wrappedValue: run.logNorms)
    _logSpectralRadius = ExtendedReal(wrappedValue: logRadius)
    (peakStep, peakLogNorm) = (run.peak, run.logNorms[run.peak])
    isComplete = run.isComplete
    if run.peak == 0 {
      (direction, destination) = ([], [])
    } else {
      let ends = try analyzing { () throws(LAPACKError) in
        try PowerGrowth.leadingSingularVectors(of: run.peakPower, squared: run.peakSquared)
      }
      (direction, destination) = (ends.right.elements, ends.left.elements)
    }
  }

  /// The default limit of the number of steps, which takes a few tenths of a second up to 128 rows:
  /// 1000 for small matrices, 250 at n = 128, and 16 at n = 1024.
  public static func defaultSteps(order n: Int) -> Int {
    min(1000, max(16, 250 * 128 * 128 * 128 / max(1, n * n * n)))
  }

  /// Returns the unit singular vectors of the largest singular value of A, given its square.
  ///
  /// Inverse iteration with σ² I − AᵀA, slightly displaced, which is nearly singular: a step
  /// multiplies the share of all smaller singular values by about n·ε/(1 − σ₂²/σ²).
  ///
  /// - Complexity: About 3·n³ flops.
  private static func leadingSingularVectors(
    of a: Tensor<Double>, squared: Double
  ) throws(LAPACKError) -> (right: Tensor<Double>, left: Tensor<Double>) {
    let n = a.shape[0]
    let shift = squared * (1 + 8 * Double(n) * Double.ulpOfOne)
    let factors = try LUDecomposition(
      of: Tensor<Double>.identity(n) * shift - matmul(a.transposed, a))
    var random = RandomSource(seed: 1)
    var right: Tensor<Double> = random.normal([n])
    for _ in 0..<3 {
      right = try factors.solve(right / right.norm())
    }
    right = right / right.norm()
    let left = matvec(a, right)
    return (right, left / left.norm())
  }

  /// The loop over the powers.
  private struct Run {
    var logNorms = [0.0]
    var peak = 0
    var peakPower: Tensor<Double>
    /// The square of the norm of `peakPower`.
    var peakSquared = 1.0
    var isComplete = false

    init(
      of matrix: AnalyzedMatrix, steps: Int, stopsWhenComplete: Bool, largestLogNorm: Double
    ) throws(LAPACKError) {
      var power = Tensor<Double>.identity(matrix.order)
      peakPower = power
      var bounds = PowerNormBounds(of: matrix.scaled)
      var exponent = 0
      for step in 0..<steps {
        power = matmul(power, matrix.scaled)
        exponent += matrix.exponent
        let largest = power.maxMagnitude()
        // An infinite product of finite numbers cannot occur: both factors are scaled.
        if largest == 0 {
          logNorms.append(-.infinity)
          bounds.extend(to: logNorms)
          isComplete = isComplete || bounds.logBounds[step + 1] < 0
          if stopsWhenComplete { return }
          continue
        }
        let shift = Int(largest.exponent)
        power = power * Double(sign: .plus, exponent: -shift, significand: 1)
        exponent += shift
        let squared = try symmetricEigenvalues(of: matmul(power.transposed, power)).last ?? 0
        let logNorm = Double.log(squared) / 2 + Double(exponent) * Double.log(2)
        logNorms.append(logNorm)
        if logNorm > logNorms[peak] {
          (peak, peakPower, peakSquared) = (step + 1, power, squared)
        }
        if !isComplete && logNorm < 0 {
          bounds.extend(to: logNorms)
          isComplete = (bounds.logBounds.last ?? 0) < 0
          if isComplete && stopsWhenComplete { return }
        }
        if logNorm > largestLogNorm { return }
      }
    }
  }
}

extension PowerGrowth: CustomStringConvertible {
  /// The largest norm and its step, in one sentence.
  public var description: String {
    let peak =
      peakLogNorm < 700
      ? peakNorm.text(significantDigits: 6)
      : "1e" + (peakLogNorm / Double.log(10)).text(decimals: 1)
    let last = logNorms.count - 1
    let ending =
      isComplete
      ? "no later power is larger" : "later powers were not computed and may be larger"
    return "‖A^k‖ is largest at k = \(peakStep): \(peak); \(last) steps, \(ending)"
  }
}
