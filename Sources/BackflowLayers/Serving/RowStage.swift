internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A function of each row alone, one of several that `PreparedRows` computes for a few rows at a
/// time.
protocol RowStage<Scalar>: Sendable {
  associatedtype Scalar: RealScalar

  /// The name of the layer, for messages.
  var name: String { get }
  /// The number of columns that a row must have, or `nil` if any number will do.
  var inputSize: Int? { get }
  /// The number of columns of the output, or `nil` if it is that of the input.
  var outputSize: Int? { get }

  /// Computes the rows of `y` from those of `x`, which do not overlap.
  func run(_ x: RowsView<Scalar>, into y: MutableRowsView<Scalar>)
}

/// A function of each element, or of each row.
struct RowMap<Scalar: RealScalar>: RowStage {
  let name: String
  let inputSize: Int?
  let kernel: @Sendable (Span<Scalar>, _ columns: Int, consuming MutableSpan<Scalar>) -> Void

  var outputSize: Int? { nil }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func run(_ x: RowsView<Scalar>, into y: MutableRowsView<Scalar>) {
    y.assign(x) { kernel($0, x.columns, $1) }
  }
}

/// y = x Wᵀ + b with packed weights.
struct DenseStage<Scalar: RealScalar>: RowStage {
  /// Wᵀ, [I, O]
  private let weight: PackedMatrix<Scalar>
  /// [O], or `nil`.
  private let bias: Bias<Scalar>?

  init(_ layer: Dense<Scalar>) {
    weight = PackedMatrix(
      layer.weight.span, rows: layer.weight.shape[0], columns: layer.weight.shape[1],
      transposed: true)
    bias = layer.bias.map { Bias(tensor: $0) }
  }

  var name: String { "Dense" }
  var inputSize: Int? { weight.rows }
  var outputSize: Int? { weight.columns }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func run(_ x: RowsView<Scalar>, into y: MutableRowsView<Scalar>) {
    guard let bias else { return weight.multiply(x, into: y) }
    y.assignRow(bias.span)
    weight.multiply(x, addingTo: y)
  }
}
