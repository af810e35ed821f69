internal import BackflowKernels
internal import BackflowLinearAlgebra

/// An orthonormal basis in which a symmetric matrix A [n, n] is tridiagonal, built from one product
/// with A for each vector.
///
///     A q_j = β_{j−1} q_{j−1} + α_j q_j + β_j q_{j+1},   T = Qᵀ A Q
///
/// The ends of the spectrum of T approach those of A first. For a vector y = Q s with T s = θ s,
/// ‖A y − θ y‖ = β_j |s_j|, and an eigenvalue of A is that close to θ. (Parlett, "The symmetric
/// eigenvalue problem", 1998, chapter 13.) Without reorthogonalization, converged eigenvalues would
/// appear again; here each vector is made orthogonal to all others twice.
struct LanczosBasis {
  /// An eigenvalue of T.
  struct RitzPair {
    /// θ, an approximate eigenvalue.
    let value: Double
    /// β_j |s_j|, the distance from an eigenvalue of A.
    let residual: Double
    fileprivate let coefficients: [Double]
  }

  /// The eigenvalues of T at both ends.
  struct Ends {
    let smallest, largest: RitzPair

    /// Whether the residual of the largest one is below a share of the largest magnitude.
    func isConverged(_ tolerance: Double) -> Bool {
      largest.residual <= tolerance * max(smallest.value.magnitude, largest.value.magnitude)
    }
  }

  /// q_1 … q_j, [n] each.
  private(set) var vectors: [Tensor<Double>] = []
  private var diagonal: [Double] = []
  private var offDiagonal: [Double] = []
  /// q_{j+1}, with which to multiply A next; `nil` if q_1 … q_j span the whole space, or two
  /// invariant spaces of which the second started at random.
  private(set) var next: Tensor<Double>?
  private var hasRestarted = false
  private var random: RandomSource

  /// A basis whose first vector has the direction of `start`, [n].
  ///
  /// - Precondition: The start is finite and not zero.
  init(from start: Tensor<Double>, using random: RandomSource) {
    next = start / start.norm()
    self.random = random
  }

  /// j, the number of vectors.
  var count: Int { vectors.count }

  /// Adds the vector `next`, given its product with A.
  mutating func append(product: Tensor<Double>) {
    guard let q = next else { return }
    vectors.append(q)
    let α = dot(q, product)
    let scale = product.norm()
    var rest = product
    orthogonalize(&rest)
    let β = rest.norm()
    diagonal.append(α)
    // What rounding leaves of a vector in the span has no direction.
    let isInvariant = β <= Double(8 * count) * .ulpOfOne * max(scale, largestElement)
    offDiagonal.append(isInvariant ? 0 : β)
    next = isInvariant ? otherDirection() : rest / β
  }

  private mutating func orthogonalize(_ vector: inout Tensor<Double>) {
    for _ in 0..<2 {
      for q in vectors { vector.add(q, scaledBy: -dot(q, vector)) }
    }
  }

  /// Returns a random direction outside an invariant space. A start may have no component along an
  /// eigenvector, as one that is an eigenvector itself has not. A random vector has components
  /// along all of them. The eigenvalues of both spaces are found together, but those of the first
  /// have a residual of zero, which says nothing about the second.
  private mutating func otherDirection() -> Tensor<Double>? {
    guard !hasRestarted, count < vectors[0].count else { return nil }
    hasRestarted = true
    var direction: Tensor<Double> = random.normal([vectors[0].count])
    orthogonalize(&direction)
    let length = direction.norm()
    return length > 0 ? direction / length : nil
  }

  private var largestElement: Double {
    max(diagonal.map(\.magnitude).max() ?? 0, offDiagonal.max() ?? 0)
  }

  /// Returns the eigenvalues of T at both ends.
  ///
  /// - Throws: `LAPACKError` if an element of T is not finite or the iteration fails.
  /// - Complexity: O(j³).
  func ends() throws(LAPACKError) -> Ends {
    let j = count
    var elements = [Double](repeating: 0, count: j * j)
    for k in 0..<j {
      elements[k * j + k] = diagonal[k]
      if k + 1 < j {
        (elements[k * j + k + 1], elements[(k + 1) * j + k]) = (offDiagonal[k], offDiagonal[k])
      }
    }
    let eigen = try SymmetricEigenDecomposition(of: Tensor(elements, shape: [j, j]))
    let s = eigen.vectors.elements
    func pair(_ column: Int) -> RitzPair {
      RitzPair(
        value: eigen.values[column],
        residual: next == nil ? 0 : offDiagonal[j - 1] * s[(j - 1) * j + column].magnitude,
        coefficients: (0..<j).map { s[$0 * j + column] })
    }
    return Ends(smallest: pair(0), largest: pair(j - 1))
  }

  /// Returns the unit vector y = Q s of a pair, [n].
  func vector(of pair: RitzPair) -> Tensor<Double> {
    var y = Tensor<Double>.zeros(vectors[0].shape)
    for (q, s) in zip(vectors, pair.coefficients) { y.add(q, scaledBy: s) }
    return y / y.norm()
  }
}
