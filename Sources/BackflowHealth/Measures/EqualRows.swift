internal import BackflowKernels
internal import BackflowLinearAlgebra

extension Tensor where Scalar: RealScalar {
  /// Pairs of neighbors among the equal rows of a matrix: of three equal rows, the first and the
  /// second, and the second and the third.
  ///
  /// Equal rows have equal sums over random signs and sizes, and different rows hardly ever do, so
  /// that few are compared. O(rows · columns + rows log rows)
  var equalRows: [(first: Int, second: Int)] {
    var random = RandomSource(seed: 0)
    let draws: Tensor = random.uniform([1, shape[1]], in: -1..<1)
    let sums = (self * draws).sum(axis: 1).elements
    let order = sums.indices.sorted { (sums[$0], $0) < (sums[$1], $1) }
    return zip(order, order.dropFirst()).filter { one, other in
      sums[one] == sums[other] && select(one) == select(other)
    }.map { (first: $0, second: $1) }
  }
}
