import CVectorKernels

/// A row of the kernel table with its kernels sorted by shape, so that one test serves both
/// precisions and walks all kernels of a shape.
struct VectorKernelTable<T: BinaryFloatingPoint> {
  typealias Input = UnsafePointer<T>?
  typealias Output = UnsafeMutablePointer<T>?
  typealias Unary = (Int, Input, Output) -> Void
  typealias Binary = (Int, Input, Input, Output) -> Void

  let isa: String
  let unary: Kernels<Unary>
  let binary: Kernels<Binary>
  let scaling: Kernels<(Int, T, Input, Output) -> Void>
  let reductions: Kernels<(Int, Input) -> T>
  let counts: Kernels<(Int, Input) -> Int>
  let rows: Kernels<(Int, Int, Input, Output) -> Void>

  let fill: (Int, T, Output) -> Void
  let clamp: (Int, T, T, Input, Output) -> Void
  let toDouble: (Int, Input, UnsafeMutablePointer<Double>?) -> Void
  let fromDouble: (Int, UnsafePointer<Double>?, Output) -> Void
  let sumOfSquares: (Int, Input) -> Double
  let dot: (Int, Input, Input) -> Double
  let sumRows: (Int, Int, Int32, Input, Output) -> Void
  let rowArgmax: (Int, Int, Input, UnsafeMutablePointer<Int64>?) -> Void
  let countBeyond:
    (Int, Int, Input, Input, Input, UnsafeMutablePointer<Int64>?, UnsafeMutablePointer<Int64>?)
      -> Void
  let columnMaxima: (Int, Int, Input, Output) -> Void
  let transpose: (Int, Int, Input, Int, Output, Int) -> Void
  let addWithError: (Int, Input, Output, Output) -> Void
  let packedSize: (Int, Int) -> Int
  let pack: (Int, Int, Input, Int, Int, Output) -> Void
  let packedProduct: (Int, Int, Int, Input, Int, Input, Int32, Int32, Output, Int) -> Void
  let multiplyAdds: (Int, T) -> T
  let multiplyAddsFlops: (Int) -> Int
}

/// Kernels of one shape by their name in C.
struct Kernels<Kernel>: ExpressibleByDictionaryLiteral {
  let byName: [String: Kernel]

  init(dictionaryLiteral elements: (String, Kernel)...) {
    byName = Dictionary(uniqueKeysWithValues: elements)
  }

  subscript(name: String) -> Kernel {
    guard let kernel = byName[name] else { preconditionFailure("no kernel is called \(name)") }
    return kernel
  }
}

extension VectorKernelTable<Float> {
  /// One table for each instruction set that this processor can run.
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f32($0) }.map {
      Self($0.pointee)
    }
  }

  init(_ table: backflow_kernels_f32) {
    isa = String(cString: table.isa)
    unary = [
      "negate": table.negate, "absolute": table.absolute, "square": table.square,
      "square_root": table.square_root, "reciprocal": table.reciprocal, "exp": table.exp,
      "log": table.log, "tanh": table.tanh, "sigmoid": table.sigmoid, "softplus": table.softplus,
      "relu": table.relu,
    ]
    binary = [
      "add": table.add, "subtract": table.subtract, "multiply": table.multiply,
      "divide": table.divide, "maximum": table.maximum, "minimum": table.minimum,
      "multiply_add": table.multiply_add, "tanh_backward": table.tanh_backward,
      "sigmoid_backward": table.sigmoid_backward, "relu_backward": table.relu_backward,
    ]
    scaling = [
      "add_scalar": table.add_scalar, "scale": table.scale,
    ]
    reductions = [
      "sum": table.sum, "maximum_of": table.maximum_of, "minimum_of": table.minimum_of,
      "max_magnitude": table.max_magnitude,
    ]
    counts = [
      "nonfinite_count": table.nonfinite_count, "index_of_maximum": table.index_of_maximum,
    ]
    rows = [
      "add_row": table.add_row, "multiply_row": table.multiply_row, "row_sums": table.row_sums,
      "softmax": table.softmax, "log_softmax": table.log_softmax,
    ]
    fill = table.fill
    clamp = table.clamp
    toDouble = table.to_double
    fromDouble = table.from_double
    sumOfSquares = table.sum_of_squares
    dot = table.dot
    sumRows = table.sum_rows
    rowArgmax = table.row_argmax
    countBeyond = table.count_beyond
    columnMaxima = table.column_maxima
    transpose = table.transpose
    addWithError = table.add_with_error
    packedSize = table.packed_size
    pack = table.pack
    packedProduct = table.packed_product
    multiplyAdds = table.multiply_adds
    multiplyAddsFlops = table.multiply_adds_flops
  }
}

extension VectorKernelTable<Double> {
  /// One table for each instruction set that this processor can run.
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f64($0) }.map {
      Self($0.pointee)
    }
  }

  init(_ table: backflow_kernels_f64) {
    isa = String(cString: table.isa)
    unary = [
      "negate": table.negate, "absolute": table.absolute, "square": table.square,
      "square_root": table.square_root, "reciprocal": table.reciprocal, "exp": table.exp,
      "log": table.log, "tanh": table.tanh, "sigmoid": table.sigmoid, "softplus": table.softplus,
      "relu": table.relu,
    ]
    binary = [
      "add": table.add, "subtract": table.subtract, "multiply": table.multiply,
      "divide": table.divide, "maximum": table.maximum, "minimum": table.minimum,
      "multiply_add": table.multiply_add, "tanh_backward": table.tanh_backward,
      "sigmoid_backward": table.sigmoid_backward, "relu_backward": table.relu_backward,
    ]
    scaling = [
      "add_scalar": table.add_scalar, "scale": table.scale,
    ]
    reductions = [
      "sum": table.sum, "maximum_of": table.maximum_of, "minimum_of": table.minimum_of,
      "max_magnitude": table.max_magnitude,
    ]
    counts = [
      "nonfinite_count": table.nonfinite_count, "index_of_maximum": table.index_of_maximum,
    ]
    rows = [
      "add_row": table.add_row, "multiply_row": table.multiply_row, "row_sums": table.row_sums,
      "softmax": table.softmax, "log_softmax": table.log_softmax,
    ]
    fill = table.fill
    clamp = table.clamp
    toDouble = table.to_double
    fromDouble = table.from_double
    sumOfSquares = table.sum_of_squares
    dot = table.dot
    sumRows = table.sum_rows
    rowArgmax = table.row_argmax
    countBeyond = table.count_beyond
    columnMaxima = table.column_maxima
    transpose = table.transpose
    addWithError = table.add_with_error
    packedSize = table.packed_size
    pack = table.pack
    packedProduct = table.packed_product
    multiplyAdds = table.multiply_adds
    multiplyAddsFlops = table.multiply_adds_flops
  }
}
