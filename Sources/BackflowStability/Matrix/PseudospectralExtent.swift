public import BackflowKernels
public import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// Returns the ε-pseudospectral radius of a real matrix A, [n, n]: the largest |z| with σ_min(zI −
/// A) ≤ ε, which is the largest spectral radius of A + E for complex E with ‖E‖₂ ≤ ε.
///
/// The criss-cross algorithm of Mengi and Overton ("Algorithms for the computation of the
/// pseudospectral radius and the numerical radius of a matrix", IMA J. Numer. Anal. 25, 2005): the
/// circle of the largest known radius is searched for arcs inside the pseudospectrum, and from the
/// middle of each arc the radius grows to the boundary. Unlike there, the boundary is found by a
/// root search on the ray, because the search of the circle alone proves that no larger radius
/// remains. The maximum is global, to a relative accuracy of about 1e-9.
///
/// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
///   `epsilon` is not positive, or LAPACK does not converge.
/// - Complexity: An eigenvalue problem of order 2n for each circle, of which three to six are
///   needed.
public func pseudospectralRadius(
  of matrix: Tensor<Double>, epsilon: Double
) throws(StabilityError) -> Double {
  try pseudospectralExtent(of: matrix, epsilon: epsilon, region: .unitDisk)
}

/// Returns the ε-pseudospectral abscissa of a real matrix A, [n, n]: the largest Re z with σ_min(zI
/// − A) ≤ ε, which is the largest spectral abscissa of A + E for complex E with ‖E‖₂ ≤ ε.
///
/// The criss-cross algorithm of Burke, Lewis, and Overton ("Robust stability and a criss-cross
/// algorithm for pseudospectra", IMA J. Numer. Anal. 23, 2003), with a root search on horizontal
/// lines. The maximum is global, to an accuracy of about 1e-9·‖A‖.
///
/// - Throws: `StabilityError` if the matrix is not square, is empty, or has a non-finite element,
///   `epsilon` is not positive, or LAPACK does not converge.
/// - Complexity: An eigenvalue problem of order 2n for each vertical line, of which three to six
///   are needed.
public func pseudospectralAbscissa(
  of matrix: Tensor<Double>, epsilon: Double
) throws(StabilityError) -> Double {
  try pseudospectralExtent(of: matrix, epsilon: epsilon, region: .leftHalfPlane)
}

private func pseudospectralExtent(
  of matrix: Tensor<Double>, epsilon: Double, region: StabilityRegion
) throws(StabilityError) -> Double {
  guard epsilon > 0, epsilon.isFinite else { throw .epsilonNotPositive(epsilon) }
  let matrix = try AnalyzedMatrix(matrix)
  return try analyzing { () throws(LAPACKError) in
    let curve = try ResolventCurve(of: matrix.scaled, region: region)
    return try curve.pseudospectralExtent(epsilon: epsilon / matrix.unit) * matrix.unit
  }
}

extension ResolventCurve {
  /// Returns the largest extent of a point with σ_min ≤ ε.
  func pseudospectralExtent(epsilon: Double) throws(LAPACKError) -> Double {
    var best = -Double.infinity
    for eigenvalue in resolvent.eigenvalues where eigenvalue.imaginary >= 0 {
      best = max(best, extent(of: eigenvalue))
    }
    let accuracy = 1e-9 * (norm + epsilon)
    let start = resolvent.eigenvalues.first { extent(of: $0) == best }.map { position(of: $0) } ?? 0
    best = boundary(from: best, start, epsilon)
    while true {
      let outer = best + accuracy
      var farthest = best
      for position in midpoints(try crossings(on: outer, level: epsilon))
      where sigma(outer, position) < epsilon {
        farthest = max(farthest, boundary(from: outer, position, epsilon))
      }
      if farthest <= outer { return best }
      best = farthest
    }
  }

  /// Returns an extent, at least `inner`, at which σ_min = ε, given that σ_min ≤ ε at `inner`. The
  /// logarithm of σ_min is interpolated, because σ_min grows as a power of the distance.
  private func boundary(from inner: Double, _ position: Double, _ epsilon: Double) -> Double {
    func excess(_ extent: Double) -> Double { Double.log(sigma(extent, position) / epsilon) }
    // σ_min(zI − A) ≥ |z| − ‖A‖ > ε
    var (low, high) = (inner, max(inner, norm + epsilon) * 1.01)
    var (below, above) = (excess(low), excess(high))
    var lastWasLow: Bool?
    for _ in 0..<200 where high - low > 1e-15 * norm && below < 0 {
      let secant = below.isFinite ? low + (high - low) * (below / (below - above)) : .nan
      let isInside = secant > low && secant < high
      let middle = isInside ? secant : low + (high - low) / 2
      let value = excess(middle)
      if value.magnitude < 1e-13 { return middle }
      // Illinois: the end that stays is given half its weight.
      if value < 0 {
        (low, below) = (middle, value)
        if lastWasLow == true { above /= 2 }
        lastWasLow = true
      } else {
        (high, above) = (middle, value)
        if lastWasLow == false { below /= 2 }
        lastWasLow = false
      }
    }
    return low
  }
}
