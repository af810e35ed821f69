internal import BackflowKernels

extension Tensor {
  /// The extents of this tensor as a matrix; stops where it is none.
  func matrixExtents(for purpose: String) -> (rows: Int, columns: Int) {
    require(rank == 2, "\(purpose) needs a matrix, [rows, columns], not shape \(shape)")
    return (shape[0], shape[1])
  }

  /// The order of this tensor as a square matrix; stops where it is none.
  func squareOrder(for purpose: String) -> Int {
    require(
      rank == 2 && shape[0] == shape[1],
      "\(purpose) needs a square matrix, [n, n], not shape \(shape)")
    return shape[0]
  }

  /// The columns of this tensor as a right-hand side, [rows] or [rows, columns]; stops where it
  /// is none.
  func rightHandSideColumns(rows: Int, of matrix: Shape) -> Int {
    require(
      (rank == 1 || rank == 2) && shape[0] == rows,
      "a right-hand side of shape \(shape) does not fit a matrix of shape \(matrix)")
    return rank == 1 ? 1 : shape[1]
  }
}
