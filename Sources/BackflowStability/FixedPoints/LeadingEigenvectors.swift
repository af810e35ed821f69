internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// The right and the left eigenvectors of a few eigenvalues of a real matrix, with norm 1 and a
/// real largest component.
///
/// For a large matrix, inverse iteration for each eigenvalue takes less time than all eigenvectors.
/// A pair λ = a ± ib spans the null space of the real matrix (A − aI)² + b²I, and (A − λ̄I)x is an
/// eigenvector of λ for every x in it.
struct LeadingEigenvectors {
  private(set) var right: [[Complex<Double>]] = []
  private(set) var left: [[Complex<Double>]] = []

  /// Computes the vectors.
  ///
  /// - Parameters:
  ///   - matrix: A, [n, n].
  ///   - values: Eigenvalues as `EigenvalueBounds` returns them, in the order of
  ///     `Spectrum.descendingOrder`, from the leading one on.
  /// - Complexity: About 5·n³ flops for each pair, and 27·n³ if inverse iteration is not accurate
  ///   or n is small.
  init(of matrix: Tensor<Double>, for values: [Complex<Double>]) throws(LAPACKError) {
    let n = matrix.shape[0]
    if n > 64 && values.count <= 8 {
      let transpose = matrix.transpose()
      for (index, value) in values.enumerated() {
        if value.imaginary < 0, let r = right.last, let l = left.last {
          right.append(r.map(\.conjugate))
          left.append(l.map(\.conjugate))
          continue
        }
        // lᴴ A = λ lᴴ means Aᵀ l = λ̄ l.
        guard let r = inverseIteration(matrix, value, seed: index),
          let l = inverseIteration(transpose, value.conjugate, seed: index)
        else { break }
        right.append(r)
        left.append(l)
      }
      if right.count == values.count { return }
    }
    let all = try EigenDecomposition(of: matrix)
    let order = Spectrum.descendingOrder(of: all.values).prefix(values.count)
    right = order.map { all.rightVectors.column($0) }
    left = order.map { all.leftVectors.column($0) }
  }
}

/// Returns an eigenvector of `a` for an eigenvalue that is known up to rounding, or `nil` if none
/// is found whose residual is that of rounding.
private func inverseIteration(
  _ a: Tensor<Double>, _ value: Complex<Double>, seed: Int
) -> [Complex<Double>]? {
  let n = a.shape[0]
  let identity = Tensor<Double>.identity(n)
  let shifted = a - identity * value.real
  let b = value.imaginary
  let singular = b == 0 ? shifted : matmul(shifted, shifted) + identity * (b * b)
  guard let factors = try? LUDecomposition(of: singular) else { return nil }
  // Another vector for every copy of a multiple eigenvalue.
  var random = RandomSource(seed: UInt64(seed))
  var x: Tensor<Double> = random.normal([n])
  for _ in 0..<3 {
    guard let next = try? factors.solve(x / x.norm()), next.maxMagnitude() > 0 else { return nil }
    x = next / next.norm()
  }
  // (A − λ̄I)x = (A − aI)x + ibx
  var (real, imaginary) = b == 0 ? (x, x * 0) : (matvec(shifted, x), x * b)
  let length = Double.hypot(real.norm(), imaginary.norm())
  (real, imaginary) = (real / length, imaginary / length)
  let residual = Double.hypot(
    (matvec(shifted, real) + imaginary * b).norm(), (matvec(shifted, imaginary) - real * b).norm())
  guard residual <= 16 * Double(n) * Double.ulpOfOne * a.norm() else { return nil }
  let vector = zip(real.elements, imaginary.elements).map { Complex($0, $1) }
  let largest = vector.max { $0.lengthSquared < $1.lengthSquared } ?? 1
  return vector.map { $0 * (largest.conjugate / Complex(largest.length)) }
}
