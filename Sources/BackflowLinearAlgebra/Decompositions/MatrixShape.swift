internal import BackflowKernels

extension Tensor {
  /// Returns the extents of this tensor as a matrix.
  ///
  /// - Precondition: The tensor has rank 2.
  func matrixExtents(for purpose: String) -> (rows: Int, columns: Int) {
    require(rank == 2, "\(purpose) needs a matrix, [rows, columns], not shape \(shape)")
    return (shape[0], shape[1])
  }

  /// Returns the order of this tensor as a square matrix.
  ///
  /// - Precondition: The tensor is a square matrix.
  func squareOrder(for purpose: String) -> Int {
    require(
      rank == 2 && shape[0] == shape[1],
      "\(purpose) needs a square matrix, [n, n], not shape \(shape)")
    return shape[0]
  }

  /// Returns the number of columns of this tensor as a right-hand side, [rows] or [rows, columns].
  ///
  /// - Precondition: The tensor has rank 1 or 2 and `rows` rows.
  func rightHandSideColumns(rows: Int, of matrix: Shape) -> Int {
    require(
      (rank == 1 || rank == 2) && shape[0] == rows,
      "a right-hand side of shape \(shape) does not fit a matrix of shape \(matrix)")
    return rank == 1 ? 1 : shape[1]
  }
}
