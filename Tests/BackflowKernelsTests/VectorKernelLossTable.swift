import CVectorKernels

/// The loss kernels of one instruction set, those of elements with their threshold fixed.
struct LossKernels<T: BinaryFloatingPoint> {
  typealias Input = UnsafePointer<T>?
  typealias Output = UnsafeMutablePointer<T>?
  typealias Indices = UnsafePointer<Int64>?

  let isa: String
  let elementwise: [String: (Int, Double, Input, Input, Output, Output) -> Void]
  let crossEntropy: (Int, Int, Double, Double, Input, Indices, Output, Output) -> Void
  let softCrossEntropy: (Int, Int, Double, Double, Input, Input, Output, Output) -> Void
  let multiMargin: (Int, Int, T, Int32, Double, Input, Indices, Output, Output) -> Void
  let gatherColumns: (Int, Int, Input, Indices, Output) -> Void
  let scatterColumns: (Int, Int, Input, Indices, Output) -> Void
  let weightRows: (Int, Int, Input, Input, Output) -> Void
}

extension LossKernels<Float> {
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f32($0)?.pointee }.map { k in
      Self(
        isa: String(cString: k.isa),
        elementwise: [
          "squared_error": k.squared_error, "sigmoid_cross_entropy": k.sigmoid_cross_entropy,
          "huber": { k.huber($0, 0.75, $1, $2, $3, $4, $5) },
          "smooth_l1": { k.smooth_l1($0, 0.75, $1, $2, $3, $4, $5) },
          "absolute": { k.smooth_l1($0, 0, $1, $2, $3, $4, $5) },
        ],
        crossEntropy: k.cross_entropy, softCrossEntropy: k.soft_cross_entropy,
        multiMargin: k.multi_margin, gatherColumns: k.gather_columns,
        scatterColumns: k.scatter_columns, weightRows: k.weight_rows)
    }
  }
}

extension LossKernels<Double> {
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f64($0)?.pointee }.map { k in
      Self(
        isa: String(cString: k.isa),
        elementwise: [
          "squared_error": k.squared_error, "sigmoid_cross_entropy": k.sigmoid_cross_entropy,
          "huber": { k.huber($0, 0.75, $1, $2, $3, $4, $5) },
          "smooth_l1": { k.smooth_l1($0, 0.75, $1, $2, $3, $4, $5) },
          "absolute": { k.smooth_l1($0, 0, $1, $2, $3, $4, $5) },
        ],
        crossEntropy: k.cross_entropy, softCrossEntropy: k.soft_cross_entropy,
        multiMargin: k.multi_margin, gatherColumns: k.gather_columns,
        scatterColumns: k.scatter_columns, weightRows: k.weight_rows)
    }
  }
}
