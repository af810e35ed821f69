internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// The smallest singular value of zI − A for many points z, from one Schur decomposition of A.
///
/// A = Q·T·Qᴴ with upper triangular T, and σ_min(zI − A) = σ_min(zI − T) = 1/‖(zI − A)⁻¹‖₂. The
/// Lanczos iteration with (zI − T)⁻¹(zI − T)⁻ᴴ needs two triangular solutions a step (Lui,
/// "Computation of pseudospectra by continuation", SIAM J. Sci. Comput. 18, 1997).
struct Resolvent: Sendable {
  /// The number of rows and columns of A.
  let order: Int
  /// The eigenvalues of A.
  let eigenvalues: [Complex<Double>]
  /// T, row-major.
  private let triangle: [Complex<Double>]
  /// The initial vector of every iteration, of norm 1.
  private let start: [Complex<Double>]

  /// The smallest singular value at a point, and its derivative.
  struct Value: Sendable {
    /// σ = σ_min(zI − A). It is 0 if z is an eigenvalue of T.
    var sigma: Double
    /// uᴴv for the singular vectors: z + δ has σ + Re(uᴴv·δ) to first order.
    var slope: Complex<Double>
  }

  /// Decomposes A, [n, n].
  ///
  /// - Complexity: About 26·n³ flops.
  init(of matrix: Tensor<Double>) throws(LAPACKError) {
    let schur = try SchurDecomposition(of: matrix)
    order = matrix.shape[0]
    eigenvalues = schur.eigenvalues
    triangle = Resolvent.complexTriangle(schur.t.elements, order: order)
    var random = RandomSource(seed: 1)
    let parts: Tensor<Double> = random.normal([2 * order])
    let norm = parts.norm()
    let numbers = parts.elements
    start = (0..<numbers.count / 2).map {
      Complex(numbers[2 * $0] / norm, numbers[2 * $0 + 1] / norm)
    }
  }

  /// Returns the complex triangular form of a real quasi-triangular matrix, by one rotation for
  /// each 2 × 2 block [[a, b], [c, a]], whose eigenvalues are a ± √(bc).
  private static func complexTriangle(_ real: [Double], order n: Int) -> [Complex<Double>] {
    var t = real.map { Complex($0) }
    for row in stride(from: n - 1, to: 0, by: -1) where real[row * n + row - 1] != 0 {
      let (above, below) = (real[(row - 1) * n + row], real[row * n + row - 1])
      let beta = above.magnitude.squareRoot() * below.magnitude.squareRoot()
      let length = Double.hypot(beta, below)
      let (cosine, sine) = (Complex(0, beta / length), below / length)
      for column in (row - 1)..<n {
        let (x, y) = (t[(row - 1) * n + column], t[row * n + column])
        t[(row - 1) * n + column] = cosine.conjugate * x + y.multiplied(by: sine)
        t[row * n + column] = cosine * y - x.multiplied(by: sine)
      }
      for line in 0...row {
        let (x, y) = (t[line * n + row - 1], t[line * n + row])
        t[line * n + row - 1] = x * cosine + y.multiplied(by: sine)
        t[line * n + row] = y * cosine.conjugate - x.multiplied(by: sine)
      }
      t[row * n + row - 1] = .zero
    }
    return t
  }

  /// Returns σ_min(zI − A).
  ///
  /// The error is about that of rounding, n·ε·‖zI − A‖; the value is otherwise an upper bound.
  ///
  /// - Complexity: About 16·n² flops for each of usually 5 to 20 steps.
  func smallestSingularValue(at z: Complex<Double>) -> Value {
    let zero = Value(sigma: 0, slope: .zero)
    var basis = [start]
    var (diagonal, offDiagonal): ([Double], [Double]) = ([], [])
    while true {
      var next = solve(z, adjoint: solveAdjoint(z, basis[basis.count - 1]))
      diagonal.append(dot(basis[basis.count - 1], next).real)
      // Twice, because once leaves errors of the size of the cancellation.
      for _ in 0..<2 { for vector in basis { subtract(dot(vector, next), vector, from: &next) } }
      let rest = norm(next)
      guard rest.isFinite, diagonal[diagonal.count - 1].isFinite else { return zero }
      let isLast = basis.count >= min(order, 100) || rest <= 1e-14 * diagonal[0].magnitude
      // The error of the value is the square of the relative residual, or less.
      if isLast || basis.count < 4 || basis.count % 4 == 0 {
        let (value, vector) = leading(diagonal, offDiagonal)
        let residual = rest * (vector.last ?? 0).magnitude
        if residual <= 1e-7 * value || isLast { return finish(z, basis, vector, value) ?? zero }
      }
      offDiagonal.append(rest)
      basis.append(next.map { $0.divided(by: rest) })
    }
  }

  /// Returns σ and uᴴv for the right singular vector v = Σ yᵢ·basisᵢ, where u = (zI − T)v/σ.
  private func finish(
    _ z: Complex<Double>, _ basis: [[Complex<Double>]], _ y: [Double], _ value: Double
  ) -> Value? {
    guard value > 0 else { return nil }
    var v = [Complex<Double>](repeating: .zero, count: order)
    for (vector, weight) in zip(basis, y) { subtract(Complex(-weight), vector, from: &v) }
    let sigma = 1 / value.squareRoot()
    // (zI − T)⁻ᴴv = u/σ
    let u = solveAdjoint(z, v)
    let length = norm(u)
    guard length > 0, length.isFinite else { return nil }
    return Value(sigma: sigma, slope: dot(u, v).divided(by: length))
  }

  /// Returns the largest eigenvalue of a symmetric tridiagonal matrix, and its eigenvector.
  private func leading(_ diagonal: [Double], _ off: [Double]) -> (Double, [Double]) {
    let size = diagonal.count
    let scale = diagonal.reduce(0) { max($0, $1.magnitude) }
    guard size > 1, scale > 0 else { return (diagonal[0], [1]) }
    var matrix = [Double](repeating: 0, count: size * size)
    for index in 0..<size { matrix[index * (size + 1)] = diagonal[index] / scale }
    for index in 0..<size - 1 { matrix[(index + 1) * size + index] = off[index] / scale }
    guard
      let system = try? SymmetricEigenDecomposition(of: Tensor(matrix, shape: [size, size]))
    else { return (diagonal[0], [1] + [Double](repeating: 0, count: size - 1)) }
    let vectors = system.vectors.elements
    return (
      (system.values.last ?? 0) * scale, (0..<size).map { vectors[$0 * size + size - 1] }
    )
  }
}

// MARK: - Triangular systems

extension Resolvent {
  /// Returns x of (zI − T)·x = b.
  private func solve(_ z: Complex<Double>, adjoint b: [Complex<Double>]) -> [Complex<Double>] {
    var x = b
    var solution = x.mutableSpan
    let t = triangle.span
    for row in stride(from: order - 1, through: 0, by: -1) {
      let start = row * order
      var (real, imaginary) = (solution[row].real, solution[row].imaginary)
      for column in row + 1..<max(order, row + 1) {
        let (a, b) = (t[start + column], solution[column])
        real += a.real * b.real - a.imaginary * b.imaginary
        imaginary += a.real * b.imaginary + a.imaginary * b.real
      }
      solution[row] = Complex(real, imaginary) / (z - t[start + row])
    }
    return x
  }

  /// Returns y of (zI − T)ᴴ·y = b.
  private func solveAdjoint(_ z: Complex<Double>, _ b: [Complex<Double>]) -> [Complex<Double>] {
    var y = b
    var solution = y.mutableSpan
    let t = triangle.span
    for row in 0..<order {
      let start = row * order
      let value = solution[row] / (z - t[start + row]).conjugate
      solution[row] = value
      let (real, imaginary) = (value.real, value.imaginary)
      for column in row + 1..<max(order, row + 1) {
        let (a, b) = (t[start + column], solution[column])
        solution[column] = Complex(
          b.real + a.real * real + a.imaginary * imaginary,
          b.imaginary + a.real * imaginary - a.imaginary * real)
      }
    }
    return y
  }
}

// MARK: - Complex vectors

/// Returns xᴴy.
private func dot(_ x: [Complex<Double>], _ y: [Complex<Double>]) -> Complex<Double> {
  var sum = Complex<Double>.zero
  let (left, right) = (x.span, y.span)
  for index in left.indices { sum += left[index].conjugate * right[index] }
  return sum
}

/// Subtracts factor · x from y.
private func subtract(
  _ factor: Complex<Double>, _ x: [Complex<Double>], from y: inout [Complex<Double>]
) {
  let source = x.span
  var target = y.mutableSpan
  for index in source.indices { target[index] -= factor * source[index] }
}

/// Returns the 2-norm of x, also if its square is out of range.
private func norm(_ x: [Complex<Double>]) -> Double {
  let scale = x.reduce(0) { max($0, $1.magnitude) }
  guard scale > 0, scale.isFinite else { return scale }
  return scale * x.reduce(0) { $0 + $1.divided(by: scale).lengthSquared }.squareRoot()
}
