internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// An orthonormal basis V of m vectors with A·V = V·H + v·bᵀ, where the next vector v is orthogonal
/// to V.
struct KrylovSpace {
  let order: Int
  /// The largest number of vectors.
  let size: Int
  /// V and v, or V alone if it spans the complete space.
  private var basis: OrthonormalBasis<Double>
  /// H, row-major with `size` columns.
  private var projection: [Double]
  /// b
  private var coupling: [Double] = []
  /// The number of vectors of the basis.
  private var count = 0

  /// Begins with a random vector v.
  init(order: Int, size: Int, using random: inout RandomSource) {
    (self.order, self.size) = (order, size)
    basis = OrthonormalBasis(order: order, capacity: size + 1)
    projection = [Double](repeating: 0, count: size * size)
    basis.add(random.normal([order]))
  }

  /// Whether the basis can have more vectors.
  var isExtensible: Bool { count < size }

  /// Whether the basis spans the complete space.
  var isComplete: Bool { count == order }

  /// Adds v to the basis and computes the next vector, with one product.
  mutating func extend(
    _ random: inout RandomSource, _ product: (Tensor<Double>) -> Tensor<Double>
  ) throws(StabilityError) {
    let image = product(basis.vector(count).reshaped(to: [order, 1]))
    require(
      image.shape == [order, 1],
      "the product of a matrix with a vector [\(order), 1] has shape \(image.shape)")
    guard image.isFinite else {
      throw .noTrajectory("a product of the matrix with a vector is not finite")
    }
    // bᵀ becomes a row of H: it is the component of A·V along the vector that joins the basis.
    for column in coupling.indices { projection[count * size + column] = coupling[column] }
    count += 1
    let components = basis.add(image.flattened)
    for row in 0..<count { projection[row * size + count - 1] = components[row] }
    coupling = [Double](repeating: 0, count: count - 1) + [components[count]]
    // If the basis is invariant, the iteration continues in its complement.
    while basis.count == count && !isComplete { basis.add(random.normal([order])) }
  }

  /// H as a matrix.
  private var projected: Tensor<Double> {
    Tensor(projection, shape: [size, size]).slice(0..<count).slice(0..<count, axis: 1)
  }

  /// Returns the eigenvalues of H with their residuals |bᵀy|, in descending order of modulus.
  func ritzValues() throws(LAPACKError) -> RitzValues {
    let system = try EigenDecomposition(of: projected)
    let heads = system.values.indices.filter { system.values[$0].imaginary >= 0 }
      .sorted { system.values[$0].length > system.values[$1].length }
    let order = heads.flatMap { system.values[$0].imaginary > 0 ? [$0, $0 + 1] : [$0] }
    let vectors = order.map { system.rightVectors.column($0) }
    return RitzValues(
      values: order.map { system.values[$0] }, vectors: vectors,
      residuals: vectors.map { vector in
        zip(vector, coupling).reduce(Complex.zero) { $0 + $1.0.multiplied(by: $1.1) }.length
      })
  }

  /// Reduces the basis to the span of the leading Ritz vectors.
  mutating func restart(with ritz: RitzValues, count kept: Int) throws(LAPACKError) {
    // The real and the imaginary part of one vector of each pair span the same space.
    let columns = (0..<kept).map { index in
      ritz.vectors[index].map { ritz.values[index].imaginary < 0 ? $0.imaginary : $0.real }
    }
    let q = try QRDecomposition(of: Tensor(rows: columns).transpose()).q
    let reduced = matmul(q.transposed, matmul(projected, q))
    let (vectors, next) = (basis.combinations(q.transpose()), basis.vector(count))
    basis = OrthonormalBasis(order: order, capacity: size + 1)
    for index in 0..<kept { basis.add(vectors.select(index)) }
    basis.add(next)
    coupling = matvec(q.transposed, Tensor(coupling)).elements
    projection = [Double](repeating: 0, count: size * size)
    for row in 0..<kept {
      for column in 0..<kept { projection[row * size + column] = reduced[row, column] }
    }
    count = kept
  }
}

/// The eigenvalues of a projected matrix in descending order of modulus, the two of a pair
/// adjacent, with their vectors in the basis and their residuals.
struct RitzValues {
  let values: [Complex<Double>]
  let vectors: [[Complex<Double>]]
  let residuals: [Double]

  /// Returns `count`, or one more if that would separate a pair, and at most all.
  func wholePairs(_ count: Int) -> Int {
    let count = min(count, values.count)
    return count > 0 && values[count - 1].imaginary > 0 ? count + 1 : count
  }
}
