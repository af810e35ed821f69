internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// The region of the complex plane that contains the eigenvalues of a stable matrix.
public enum StabilityRegion: String, Sendable, Codable, CaseIterable {
  /// |z| < 1, for a recurrence h_t = A·h_{t−1}.
  case unitDisk = "unit_disk"
  /// Re z < 0, for a differential equation dh/dt = A·h.
  case leftHalfPlane = "left_half_plane"
}

/// The resolvent norm of a real matrix A on the circles |z| = extent, or on the lines Re z =
/// extent.
///
/// A point of a curve is its extent and its position: the angle, or the imaginary part. The
/// resolvent norm is the same at z and its conjugate, so that positions are not negative.
struct ResolventCurve: Sendable {
  let matrix: Tensor<Double>
  let region: StabilityRegion
  let resolvent: Resolvent
  /// ‖A‖_F
  let norm: Double

  init(of matrix: Tensor<Double>, region: StabilityRegion) throws(LAPACKError) {
    self.matrix = matrix
    self.region = region
    resolvent = try Resolvent(of: matrix)
    norm = matrix.norm()
  }

  /// The point at an extent and a position.
  func point(_ extent: Double, _ position: Double) -> Complex<Double> {
    switch region {
    case .unitDisk:
      Complex(extent * Double.cos(position), extent * Double.sin(position))
    case .leftHalfPlane: Complex(extent, position)
    }
  }

  /// The extent of a point: its modulus or its real part.
  func extent(of point: Complex<Double>) -> Double {
    region == .unitDisk ? point.length : point.real
  }

  /// The position of a point on its curve; 0 for the origin, whose angle is undefined.
  func position(of point: Complex<Double>) -> Double {
    switch region {
    case .unitDisk: point.isZero ? 0 : point.phase.magnitude
    case .leftHalfPlane: point.imaginary.magnitude
    }
  }

  /// Returns σ_min(zI − A).
  func sigma(_ extent: Double, _ position: Double) -> Double {
    resolvent.smallestSingularValue(at: point(extent, position)).sigma
  }

  /// A bound of the rounding error of σ_min(zI − A) on the curve: 8·n·ε·(‖A‖_F + |extent|).
  func rounding(_ extent: Double) -> Double {
    8 * Double(resolvent.order) * Double.ulpOfOne * (norm + extent.magnitude)
  }

  /// Positions at which the minimum of σ_min may be: the ends of the curve, and the points nearest
  /// to the outermost eigenvalues.
  var likelyPositions: [Double] {
    let outermost = resolvent.eigenvalues.filter { $0.imaginary >= 0 }
      .sorted { extent(of: $0) > extent(of: $1) }.prefix(3).map { position(of: $0) }
    return [0] + outermost + (region == .unitDisk ? [Double.pi / 2, Double.pi] : [])
  }
}

// MARK: - The minimum on a curve

extension ResolventCurve {
  /// The minimum of σ_min on a curve.
  struct Minimum: Sendable {
    /// The smallest value found, with its position.
    var sigma, position: Double
    /// A value that σ_min reaches nowhere on the curve, except by rounding.
    var lowerBound: Double
    /// The number of eigenvalue problems of order 2n.
    var problems: Int
  }

  /// Returns the global minimum of σ_min on a curve to a relative `tolerance`: 1/‖(zI − A)⁻¹‖_∞, an
  /// H∞ norm, by level sets (Boyd and Balakrishnan, Systems & Control Letters 15, 1990; Bruinsma
  /// and Steinbuch, Systems & Control Letters 14, 1990).
  ///
  /// - Complexity: Two to four eigenvalue problems of order 2n.
  func minimum(
    on extent: Double, startingAt start: Double? = nil, tolerance: Double
  ) throws(LAPACKError) -> Minimum {
    var best = Minimum(sigma: .infinity, position: 0, lowerBound: 0, problems: 0)
    for position in likelyPositions + (start.map { [$0] } ?? []) {
      improve(&best, on: extent, at: position)
    }
    while best.sigma > rounding(extent) {
      let level = best.sigma * (1 - tolerance)
      best.problems += 1
      let crossings = try crossings(on: extent, level: level)
      for position in midpoints(crossings) { improve(&best, on: extent, at: position) }
      if best.sigma >= level {
        best.lowerBound = level
        break
      }
    }
    best.lowerBound = max(0, best.lowerBound - rounding(extent))
    return best
  }

  private func improve(_ best: inout Minimum, on extent: Double, at position: Double) {
    let sigma = sigma(extent, position)
    if sigma < best.sigma { (best.sigma, best.position) = (sigma, position) }
  }

  /// Returns the positions in the middle between neighboring crossings. If σ_min is below the level
  /// of the crossings anywhere, then it is at one of them.
  func midpoints(_ crossings: [Double]) -> [Double] {
    if crossings.isEmpty { return [] }
    let ends = [0] + crossings + (region == .unitDisk ? [Double.pi] : [])
    return zip(ends, ends.dropFirst()).map { ($0 + $1) / 2 }
  }
}

// MARK: - Level sets

extension ResolventCurve {
  /// Returns the positions, ascending, at which `level` may be a singular value of zI − A.
  ///
  /// - Complexity: An eigenvalue problem of order 2n.
  func crossings(on extent: Double, level: Double) throws(LAPACKError) -> [Double] {
    switch region {
    case .unitDisk: try anglesOnCircle(extent, level)
    case .leftHalfPlane: try heightsOnLine(extent, level)
    }
  }

  /// On the line Re z = x, (zI − A)v = su and (zI − A)ᴴu = sv mean that z − x is an imaginary
  /// eigenvalue of a Hamiltonian matrix (Byers, SIAM J. Sci. Stat. Comput. 9, 1988).
  private func heightsOnLine(_ x: Double, _ level: Double) throws(LAPACKError) -> [Double] {
    let identity = Tensor<Double>.identity(resolvent.order)
    let shifted = matrix - identity * x
    let hamiltonian = Tensor.blocks(
      shifted, identity * level, identity * -level, -shifted.transpose())
    return try eigenvalues(of: hamiltonian).imaginaryParts(scale: norm + x.magnitude)
  }

  /// On the circle |z| = r, where the conjugate of z is r²/z, the same equations with A and s
  /// divided by r are the pencil
  ///
  ///     [A s; 0 I](v, u) = z [I 0; s Aᵀ](v, u),   |z| = 1
  ///
  /// (Mengi and Overton, IMA J. Numer. Anal. 25, 2005). z = ±(1 + w)/(1 − w) maps the circle to the
  /// imaginary axis and −(±1) to infinity, the sign being that for which σ_min is larger there, so
  /// that one matrix has the eigenvalues w.
  private func anglesOnCircle(_ radius: Double, _ level: Double) throws(LAPACKError) -> [Double] {
    let n = resolvent.order
    let (identity, zero) = (Tensor<Double>.identity(n), Tensor<Double>.zeros([n, n]))
    let (a, s) = (matrix * (1 / radius), identity * (level / radius))
    let left = Tensor.blocks(a, s, zero, identity)
    let right = Tensor.blocks(identity, zero, s, a.transpose())
    let sign: Double = sigma(radius, .pi) >= sigma(radius, 0) ? 1 : -1
    let values = try eigenvalues(of: solve(left + right * sign, left - right * sign))
    let angles = values.imaginaryParts(scale: 1).map { 2 * Double.atan($0) }
    return sign > 0 ? angles : angles.reversed().map { Double.pi - $0 }
  }
}

extension [Complex<Double>] {
  /// The imaginary parts, ascending, of the eigenvalues in the upper half-plane that are imaginary
  /// up to rounding.
  ///
  /// Where two of them meet, rounding moves them by the square root of its size, which is of the
  /// order of n·ε for n eigenvalues. An eigenvalue that is taken for imaginary wrongly costs an
  /// evaluation; one that is missed would be an error.
  func imaginaryParts(scale: Double) -> [Double] {
    let tolerance = 32 * (Double(count) * Double.ulpOfOne).squareRoot()
    return filter { $0.imaginary >= 0 && $0.real.magnitude <= tolerance * (scale + $0.length) }
      .map(\.imaginary).sorted()
  }
}
