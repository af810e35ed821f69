package import BackflowKernels

/// Orthonormal vectors of n elements, to which others are added, as in Arnoldi's iteration.
package struct OrthonormalBasis<Scalar: RealScalar>: Sendable {
  private let order: Int
  /// The vectors, followed by room for others.
  private var rows: Tensor<Scalar>
  package private(set) var count = 0

  package init(order: Int, capacity: Int) {
    self.order = order
    rows = Tensor(uninitialized: [capacity, order])
  }

  package func vector(_ index: Int) -> Tensor<Scalar> {
    let elements = rows.span.extracting(index * order..<(index + 1) * order)
    return Tensor(shape: [order], storage: Buffer(copying: elements))
  }

  /// Returns C·V for the first m vectors V and coefficients C, [rows, m].
  package func combinations(_ coefficients: Tensor<Scalar>) -> Tensor<Scalar> {
    matmul(coefficients, rows.operand(0..<coefficients.shape[1]))
  }

  /// Adds the unit vector in the direction of what is left of `vector` without its components along
  /// the others. Returns these components, followed by the norm of the rest: the components of
  /// `vector` in the new basis. If the rest is rounding error, nothing is added and its norm is 0.
  @discardableResult
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func add(_ vector: Tensor<Scalar>) -> [Double] {
    var vector = vector
    let length = VectorKernels.norm(vector.span)
    var components = [Double](repeating: 0, count: count + 1)
    removeComponents(from: &vector, &components)
    var rest = VectorKernels.norm(vector.span)
    // Cancellation leaves components of the size of rounding, and a second projection is enough
    // (Daniel, Gragg, Kaufman and Stewart, Math. Comp. 30, 1976).
    if rest < 0.7 * length {
      removeComponents(from: &vector, &components)
      rest = VectorKernels.norm(vector.span)
    }
    guard rest > 4 * Double(Scalar.ulpOfOne) * Double(order).squareRoot() * length else {
      return components
    }
    components[count] = rest
    let (unit, start, order) = (vector / Scalar(rest), count * order, order)
    Blocks.copy(
      count: 1, length: order, from: unit.span, at: 0, stride: order, into: rows.mutableSpan,
      at: start, stride: order)
    count += 1
    return components
  }

  /// Subtracts Vᵀ·(V·x) from x and adds V·x to the components.
  @inline(__always)
  private func removeComponents(from x: inout Tensor<Scalar>, _ components: inout [Double]) {
    var product = Tensor<Scalar>(uninitialized: [count])
    let basis = rows.span.extracting(0..<count * order)
    BLAS.gemv(basis, rows: count, columns: order, x.span, into: product.mutableSpan)
    BLAS.gemv(
      alpha: -1, basis, rows: count, columns: order, transposed: true, product.span, beta: 1,
      into: x.mutableSpan)
    let elements = product.span
    for index in 0..<count { components[index] += Double(elements[index]) }
  }
}
