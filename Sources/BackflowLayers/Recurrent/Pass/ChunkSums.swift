internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The sum of the products A B of many chunks.
struct ProductSum<Scalar: RealScalar> {
  /// The sum of the last `terms` terms; undefined without terms.
  private var part: Tensor<Scalar>
  private var terms = 0
  /// The sum of the terms before those, if there were more than one running sum should have.
  private var completed: CompensatedSum<Scalar>?
  private let longest: Int

  /// The sum of no products, which is zero.
  init(rows: Int, columns: Int) {
    part = Tensor(uninitialized: [rows, columns])
    longest =
      rows == 1 || columns == 1
      ? BLAS.longestVectorSum(transposed: true) : BLAS.longestSumOfBlocks
  }

  mutating func add(_ a: MatrixOperand<Scalar>, _ b: MatrixOperand<Scalar>) {
    if terms > 0, terms + a.columns > longest {
      if completed == nil { completed = CompensatedSum(count: part.count) }
      completed?.add(part.storage)
      terms = 0
    }
    matmul(a, b, into: &part, adding: terms > 0)
    terms += a.columns
  }

  func total() -> Tensor<Scalar> {
    guard var sum = completed else { return terms > 0 ? part : .zeros(part.shape) }
    if terms > 0 { sum.add(part.storage) }
    return Tensor(shape: part.shape, storage: sum.rounded())
  }
}

/// The sum of the rows of many chunks.
struct RowSum<Scalar: RealScalar> {
  private var sum: CompensatedSum<Scalar>
  private var part: Buffer<Scalar>

  /// The sum of no rows, which is zero.
  init(columns: Int) {
    sum = CompensatedSum(count: columns)
    part = Buffer(uninitialized: columns)
  }

  /// Adds the rows of these entries of a sequence [time, batch, columns].
  mutating func add(_ sequence: Tensor<Scalar>, _ entries: Range<Int>) {
    let (rowsEach, columns) = (sequence.shape[1], sequence.shape[2])
    VectorKernels.sumRows(
      sequence.span.extracting(
        entries.lowerBound * rowsEach * columns..<entries.upperBound * rowsEach * columns),
      rows: entries.count * rowsEach, into: part.mutableSpan)
    sum.add(part)
  }

  /// Returns the sum, [columns].
  func total() -> Tensor<Scalar> { Tensor(shape: [sum.count], storage: sum.rounded()) }
}
