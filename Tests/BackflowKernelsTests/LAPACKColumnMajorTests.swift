import BackflowKernels
import Testing

@Suite struct `A column-major copy` {
  static let sizes = [
    (0, 0), (0, 4), (4, 0), (1, 1), (1, 300), (300, 1), (2, 3), (17, 5), (128, 130), (257, 31),
  ]

  @Test(arguments: sizes)
  func `returns the matrix`(rows: Int, columns: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let elements = (0..<(rows * columns)).map { S($0) }
      let matrix = ColumnMajor(rowMajor: elements.span, rows: rows, columns: columns)
      #expect(matrix.rows == rows && matrix.columns == columns)
      for row in 0..<rows {
        for column in 0..<columns { #expect(matrix[row, column] == S(row * columns + column)) }
      }
      #expect(matrix.rowMajor().elements == elements)
    }
  }

  @Test(arguments: sizes)
  func `returns the transpose`(rows: Int, columns: Int) {
    let elements = (0..<(rows * columns)).map(Double.init)
    let matrix = ColumnMajor(transposeOf: elements.span, rows: rows, columns: columns)
    #expect(matrix.rows == columns && matrix.columns == rows)
    for row in 0..<rows {
      for column in 0..<columns { #expect(matrix[column, row] == elements[row * columns + column]) }
    }
    #expect(matrix.transposedRowMajor().elements == elements)
  }

  @Test func `returns its leading part`() {
    let elements = (0..<12).map(Float.init)
    let matrix = ColumnMajor(rowMajor: elements.span, rows: 3, columns: 4)
    #expect(matrix.rowMajor(rows: 2).elements == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(matrix.rowMajor(columns: 2).elements == [0, 1, 4, 5, 8, 9])
  }

  @Test func `has zeros in the padding`() {
    let matrix = ColumnMajor<Double>(rowMajor: [1, 2].span, rows: 1, columns: 2, paddedRows: 3)
    #expect(matrix.rowMajor().elements == [1, 2, 0, 0, 0, 0])
    let unpadded = ColumnMajor<Double>(rowMajor: [1, 2].span, rows: 2, columns: 1, paddedRows: 1)
    #expect(unpadded.rows == 2)
  }

  // 130 rows are padded.
  @Test(arguments: [0, 1, 2, 3, 5, 130])
  func `can be written, scaled, and reduced to Hessenberg form`(order: Int) {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let zeros = [S](repeating: 0, count: order * order)
      var matrix = ColumnMajor(rowMajor: zeros.span, rows: order, columns: order)
      let copy = matrix
      for row in 0..<order {
        for column in 0..<order { matrix[row, column] = S(row * order + column + 1) }
      }
      matrix.scale(by: 0.5)
      matrix.clearBelowSubdiagonal()
      let expected = (0..<order * order).map { place in
        place / order <= place % order + 1 ? S(place + 1) / 2 : 0
      }
      #expect(matrix.rowMajor().elements == expected)
      #expect(copy.rowMajor().elements == zeros)
    }
  }

  @Test func `has columns an odd number of cache lines apart if they are a kilobyte or longer`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let line = 64 / MemoryLayout<S>.stride
      for rows in 0...1100 {
        let stride = ColumnMajor<S>.leadingDimension(for: rows)
        #expect(stride >= max(rows, 1))
        if rows < 16 * line {
          #expect(stride == max(rows, 1))
        } else {
          #expect(stride % (2 * line) == line)
          #expect(stride < rows + 2 * line)
        }
      }
    }
  }
}
