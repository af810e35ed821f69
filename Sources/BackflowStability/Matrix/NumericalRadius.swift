internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// The numerical radius of a real matrix, max |xᴴAx| = max_θ h(θ) over unit vectors x, where h(θ)
/// is the largest eigenvalue of Re(e^{iθ}A), the Hermitian part.
///
/// The maximum is global. h takes the value s at θ if and only if z = e^{iθ} is an eigenvalue of
/// z²A − 2sz + Aᵀ (He and Watson, IMA J. Numer. Anal. 17, 1997). If there is none for a level just
/// above the largest known value, that value is the maximum; otherwise the midpoints between
/// neighboring crossings raise it (Mengi and Overton, IMA J. Numer. Anal. 25, 2005).
struct NumericalRadius: Sendable {
  /// The largest value found, and the level that h does not reach.
  let bounds: ClosedRange<Double>

  /// Computes the numerical radius of `a`, [n, n], to a relative `tolerance`.
  ///
  /// - Complexity: An eigenvalue problem of order 2n for each level, of which two to four are
  ///   needed, and a symmetric one for each angle.
  init(of a: Tensor<Double>, tolerance: Double = 1e-8) throws(LAPACKError) {
    let n = a.shape[0]
    let symmetric = try symmetricEigenvalues(of: (a + a.transpose()) * 0.5)
    let (front, back) = (symmetric.last ?? 0, -(symmetric.first ?? 0))
    // −A has the same radius. The angle π, which the transformation maps to infinity, must not be
    // that of the maximum.
    let matrix = back > front ? -a : a
    let support = SupportFunction(of: matrix)
    var best = max(front, back)
    for angle in [0.25, 0.5, 0.75] { best = max(best, try support.value(at: angle * .pi)) }
    let rounding = 8 * Double(n) * Double.ulpOfOne * a.norm()
    guard best > rounding else {
      bounds = 0...max(0, best) + rounding
      return
    }
    while true {
      let level = best * (1 + tolerance)
      let angles = [0] + (try support.crossings(at: level)) + [Double.pi]
      var highest = best
      if angles.count > 2 {
        for (left, right) in zip(angles, angles.dropFirst()) {
          highest = max(highest, try support.value(at: (left + right) / 2))
        }
      }
      if highest <= level {
        bounds = best...level + rounding
        return
      }
      best = highest
    }
  }
}

/// h(θ), the largest eigenvalue of the Hermitian part of e^{iθ}A, which is cos θ·S + i·sin θ·K for
/// the symmetric and the antisymmetric part of A.
private struct SupportFunction {
  let symmetric, antisymmetric: Tensor<Double>

  init(of a: Tensor<Double>) {
    symmetric = (a + a.transpose()) * 0.5
    antisymmetric = (a - a.transpose()) * 0.5
  }

  /// Returns h(θ). The Hermitian matrix X + iY has the eigenvalues of [[X, −Y], [Y, X]].
  func value(at angle: Double) throws(LAPACKError) -> Double {
    let (x, y) = (symmetric * Double.cos(angle), antisymmetric * Double.sin(angle))
    return try symmetricEigenvalues(of: .blocks(x, -y, y, x)).last ?? 0
  }

  /// Returns the angles in 0 ... π, ascending, at which an eigenvalue of the Hermitian part may be
  /// `level`, which exceeds h(π).
  ///
  /// With z = (1 + w)/(1 − w), the unit circle becomes the imaginary axis, and the quadratic
  /// becomes w²(S + s) + 2wK + (S − s), whose leading coefficient is positive definite.
  func crossings(at level: Double) throws(LAPACKError) -> [Double] {
    let n = symmetric.shape[0]
    let shift = Tensor<Double>.identity(n) * level
    let leading = try CholeskyDecomposition(of: symmetric + shift)
    let companion = Tensor.blocks(
      .zeros([n, n]), .identity(n),
      -(try leading.solve(symmetric - shift)), try leading.solve(antisymmetric) * -2)
    return try eigenvalues(of: companion).imaginaryParts(scale: 1).map { 2 * Double.atan($0) }
  }
}
