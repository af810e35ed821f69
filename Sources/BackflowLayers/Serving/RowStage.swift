internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A part of `PreparedRows`: a product with packed weights, and functions of its rows, in place.
///
///     y = φ_n(… φ_1(x Wᵀ + b))
///
/// Without a product, φ_1 reads x itself.
///
/// This is a class because a copy of a structure would retain each of its parts in every call.
final class RowStage<Scalar: RealScalar>: Sendable {
  /// Wᵀ, [I, O]
  private let weight: PackedMatrix<Scalar>?
  /// [O], or `nil`.
  private let bias: Buffer<Scalar>?
  private let maps: [StoredMap]

  /// A function as a property of a structure, because Swift wraps an element of an array of
  /// functions in another function at each access.
  private struct StoredMap: Sendable {
    let function: RowMap<Scalar>
  }

  init(_ layer: Dense<Scalar>) {
    weight = PackedMatrix(
      layer.weight.span, rows: layer.weight.shape[0], columns: layer.weight.shape[1],
      transposed: true)
    bias = layer.bias?.storage
    maps = []
  }

  init(_ map: @escaping RowMap<Scalar>) {
    (weight, bias, maps) = (nil, nil, [StoredMap(function: map)])
  }

  /// The functions of both, where `second` has no product.
  private init(_ first: RowStage, _ second: RowStage) {
    (weight, bias, maps) = (first.weight, first.bias, first.maps + second.maps)
  }

  /// The number of columns of the output, or `nil` if it is that of the input.
  var outputSize: Int? { weight?.columns }

  /// The number of multiplications for a row of `columns`, in which a function counts as a few.
  func work(columns: Int) -> Int { ((weight?.rows ?? 0) + 8) * (outputSize ?? columns) }

  /// Returns the functions of both, if the second has no product.
  func merged(with next: RowStage) -> RowStage? {
    next.weight == nil ? RowStage(self, next) : nil
  }

  /// Throws an error that names the layer if rows of `shape` do not fit, and otherwise returns the
  /// shape of the output.
  func outputShape(for shape: Shape) throws(RequestError) -> Shape {
    guard let weight else { return shape }
    return try denseShape(shape, inputs: weight.rows, outputs: weight.columns)
  }

  /// Computes the rows of `y` from those of `x`, which do not overlap.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func run(_ x: RowsView<Scalar>, into y: MutableRowsView<Scalar>) {
    if let weight {
      if let bias {
        y.assignRow(bias.span)
        weight.multiply(x, addingTo: y)
      } else {
        weight.multiply(x, into: y)
      }
    }
    for (index, map) in maps.enumerated() {
      if index == 0 && weight == nil {
        y.assign(x) { map.function($0, x.columns, $1) }
      } else {
        y.apply { map.function($0, y.columns, $1) }
      }
    }
  }
}

/// Writes a function of each element, or of each row, to other rows or to the same.
typealias RowMap<Scalar: RealScalar> =
  @Sendable (
    Span<Scalar>, _ columns: Int, consuming MutableSpan<Scalar>
  ) -> Void
