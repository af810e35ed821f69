internal import CVectorKernels

/// One precision's table of CVectorKernels, as Swift closures under Swift names. What each kernel
/// computes stands in `CVectorKernels.h`; to add one, add its line to the struct and to both tables.
@safe struct VectorRoutines<Scalar>: @unchecked Sendable {
  typealias Input = UnsafePointer<Scalar>?
  typealias Output = UnsafeMutablePointer<Scalar>?

  typealias Fill = (Int, Scalar, Output) -> Void
  typealias Unary = (Int, Input, Output) -> Void
  typealias Binary = (Int, Input, Input, Output) -> Void
  typealias Scaling = (Int, Scalar, Input, Output) -> Void
  typealias Clamp = (Int, Scalar, Scalar, Input, Output) -> Void
  typealias ToDouble = (Int, Input, UnsafeMutablePointer<Double>?) -> Void
  typealias FromDouble = (Int, UnsafePointer<Double>?, Output) -> Void
  typealias LSTMForward = (Int, Int, Input, Input, Output, Output, Output, Output) -> Void
  typealias LSTMBackward =
    (Int, Int, Input, Input, Input, Input, Input, Output, Output) -> Void
  typealias GRUForward = (Int, Int, Input, Input, Output, Output, Output) -> Void
  typealias GRUBackward =
    (Int, Int, Input, Input, Input, Input, Output, Output, Output) -> Void
  typealias Reduction = (Int, Input) -> Scalar
  typealias DoubleReduction = (Int, Input) -> Double
  typealias DoubleProduct = (Int, Input, Input) -> Double
  typealias Count = (Int, Input) -> Int
  typealias RowUpdate = (Int, Int, Input, Output) -> Void
  typealias RowMap = (Int, Int, Input, Output) -> Void
  typealias SumRows = (Int, Int, Int32, Input, Output) -> Void
  typealias RowArgmax = (Int, Int, Input, UnsafeMutablePointer<Int64>?) -> Void
  typealias CountBeyond =
    (
      Int, Int, Input, Input, Input, UnsafeMutablePointer<Int64>?, UnsafeMutablePointer<Int64>?
    ) -> Void
  typealias Transpose = (Int, Int, Input, Int, Output, Int) -> Void
  typealias Indices = UnsafePointer<Int64>?
  typealias ElementwiseLoss = (Int, Double, Input, Input, Output, Output) -> Void
  typealias BoundedLoss = (Int, Scalar, Double, Input, Input, Output, Output) -> Void
  typealias LabelLoss = (Int, Int, Double, Double, Input, Indices, Output, Output) -> Void
  typealias SoftLoss = (Int, Int, Double, Double, Input, Input, Output, Output) -> Void
  typealias MarginLoss =
    (Int, Int, Scalar, Int32, Double, Input, Indices, Output, Output) -> Void
  typealias Columns = (Int, Int, Input, Indices, Output) -> Void
  typealias WeightRows = (Int, Int, Input, Input, Output) -> Void
  typealias SGDUpdate = (Int, Double, Double, Double, Input, Output, Output) -> Void
  typealias AdamUpdate =
    (
      Int, Double, Double, Double, Double, Double, Double, Double, Double,
      Input, Output, Output, Output
    ) -> Void
  typealias RMSPropUpdate =
    (Int, Double, Double, Double, Double, Double, Input, Output, Output, Output) -> Void
  typealias AdagradUpdate = (Int, Double, Double, Double, Input, Output, Output) -> Void
  typealias AddWithError = (Int, Input, Output, Output) -> Void
  typealias PackedSize = (Int, Int) -> Int
  typealias Pack = (Int, Int, Input, Int, Int, Output) -> Void
  typealias MultiplyAdds = (Int, Scalar) -> Scalar
  typealias MultiplyAddsFlops = (Int) -> Int
  typealias PackedProduct =
    (Int, Int, Int, Input, Int, Input, Int32, Int32, Output, Int) -> Void

  // Elementwise
  let fill: Fill
  let add: Binary
  let subtract: Binary
  let multiply: Binary
  let divide: Binary
  let maximum: Binary
  let minimum: Binary
  let multiplyAdd: Binary
  let addScalar: Scaling
  let scale: Scaling
  let clamp: Clamp
  let negate: Unary
  let absolute: Unary
  let square: Unary
  let squareRoot: Unary
  let reciprocal: Unary
  let toDouble: ToDouble
  let fromDouble: FromDouble
  let exp: Unary
  let log: Unary

  // Activations
  let tanh: Unary
  let sigmoid: Unary
  let softplus: Unary
  let relu: Unary
  let tanhBackward: Binary
  let sigmoidBackward: Binary
  let tanhBackwardAt: Binary
  let sigmoidBackwardAt: Binary
  let reluBackward: Binary

  // Gates
  let lstmForward: LSTMForward
  let lstmBackward: LSTMBackward
  let gruForward: GRUForward
  let gruBackward: GRUBackward

  // Reductions
  let sum: Reduction
  let sumOfSquares: DoubleReduction
  let dot: DoubleProduct
  let maximumOf: Reduction
  let minimumOf: Reduction
  let maxMagnitude: Reduction
  let nonfiniteCount: Count
  let indexOfMaximum: Count

  // Rows
  let addRow: RowUpdate
  let multiplyRow: RowUpdate
  let sumRows: SumRows
  let rowSums: RowMap
  let rowArgmax: RowArgmax
  let countBeyond: CountBeyond
  let columnMaxima: RowUpdate
  let softmax: RowMap
  let logSoftmax: RowMap
  let transpose: Transpose

  // Losses
  let squaredError: ElementwiseLoss
  let sigmoidCrossEntropy: ElementwiseLoss
  let huber: BoundedLoss
  let smoothL1: BoundedLoss
  let crossEntropy: LabelLoss
  let softCrossEntropy: SoftLoss
  let multiMargin: MarginLoss
  let gatherColumns: Columns
  let scatterColumns: Columns
  let weightRows: WeightRows

  // Optimisers
  let sgdUpdate: SGDUpdate
  let nesterovUpdate: SGDUpdate
  let adamUpdate: AdamUpdate
  let rmspropUpdate: RMSPropUpdate
  let adagradUpdate: AdagradUpdate

  // The packed product
  let addWithError: AddWithError
  let packedSize: PackedSize
  let pack: Pack
  let packedProduct: PackedProduct

  // What the feed-forward layers use
  let feedForward: FeedForwardRoutines<Scalar>

  // The peak
  let multiplyAdds: MultiplyAdds
  let multiplyAddsFlops: MultiplyAddsFlops
}

extension VectorRoutines<Float> {
  static let single = unsafe VectorRoutines(backflow_kernels_selected_f32().pointee)

  private init(_ table: backflow_kernels_f32) {
    unsafe fill = table.fill
    unsafe add = table.add
    unsafe subtract = table.subtract
    unsafe multiply = table.multiply
    unsafe divide = table.divide
    unsafe maximum = table.maximum
    unsafe minimum = table.minimum
    unsafe multiplyAdd = table.multiply_add
    unsafe addScalar = table.add_scalar
    unsafe scale = table.scale
    unsafe clamp = table.clamp
    unsafe negate = table.negate
    unsafe absolute = table.absolute
    unsafe square = table.square
    unsafe squareRoot = table.square_root
    unsafe reciprocal = table.reciprocal
    unsafe toDouble = table.to_double
    unsafe fromDouble = table.from_double
    unsafe exp = table.exp
    unsafe log = table.log
    unsafe tanh = table.tanh
    unsafe sigmoid = table.sigmoid
    unsafe softplus = table.softplus
    unsafe relu = table.relu
    unsafe tanhBackward = table.tanh_backward
    unsafe sigmoidBackward = table.sigmoid_backward
    unsafe tanhBackwardAt = table.tanh_backward_at
    unsafe sigmoidBackwardAt = table.sigmoid_backward_at
    unsafe reluBackward = table.relu_backward
    unsafe lstmForward = table.lstm_forward
    unsafe lstmBackward = table.lstm_backward
    unsafe gruForward = table.gru_forward
    unsafe gruBackward = table.gru_backward
    unsafe sum = table.sum
    unsafe sumOfSquares = table.sum_of_squares
    unsafe dot = table.dot
    unsafe maximumOf = table.maximum_of
    unsafe minimumOf = table.minimum_of
    unsafe maxMagnitude = table.max_magnitude
    unsafe nonfiniteCount = table.nonfinite_count
    unsafe indexOfMaximum = table.index_of_maximum
    unsafe addRow = table.add_row
    unsafe multiplyRow = table.multiply_row
    unsafe sumRows = table.sum_rows
    unsafe rowSums = table.row_sums
    unsafe rowArgmax = table.row_argmax
    unsafe countBeyond = table.count_beyond
    unsafe columnMaxima = table.column_maxima
    unsafe softmax = table.softmax
    unsafe logSoftmax = table.log_softmax
    unsafe transpose = table.transpose
    unsafe squaredError = table.squared_error
    unsafe sigmoidCrossEntropy = table.sigmoid_cross_entropy
    unsafe huber = table.huber
    unsafe smoothL1 = table.smooth_l1
    unsafe crossEntropy = table.cross_entropy
    unsafe softCrossEntropy = table.soft_cross_entropy
    unsafe multiMargin = table.multi_margin
    unsafe gatherColumns = table.gather_columns
    unsafe scatterColumns = table.scatter_columns
    unsafe weightRows = table.weight_rows
    unsafe sgdUpdate = table.sgd_update
    unsafe nesterovUpdate = table.nesterov_update
    unsafe adamUpdate = table.adam_update
    unsafe rmspropUpdate = table.rmsprop_update
    unsafe adagradUpdate = table.adagrad_update
    unsafe addWithError = table.add_with_error
    unsafe packedSize = table.packed_size
    unsafe pack = table.pack
    unsafe packedProduct = table.packed_product
    unsafe feedForward = FeedForwardRoutines(table)
    unsafe multiplyAdds = table.multiply_adds
    unsafe multiplyAddsFlops = table.multiply_adds_flops
  }
}

extension VectorRoutines<Double> {
  static let double = unsafe VectorRoutines(backflow_kernels_selected_f64().pointee)

  private init(_ table: backflow_kernels_f64) {
    unsafe fill = table.fill
    unsafe add = table.add
    unsafe subtract = table.subtract
    unsafe multiply = table.multiply
    unsafe divide = table.divide
    unsafe maximum = table.maximum
    unsafe minimum = table.minimum
    unsafe multiplyAdd = table.multiply_add
    unsafe addScalar = table.add_scalar
    unsafe scale = table.scale
    unsafe clamp = table.clamp
    unsafe negate = table.negate
    unsafe absolute = table.absolute
    unsafe square = table.square
    unsafe squareRoot = table.square_root
    unsafe reciprocal = table.reciprocal
    unsafe toDouble = table.to_double
    unsafe fromDouble = table.from_double
    unsafe exp = table.exp
    unsafe log = table.log
    unsafe tanh = table.tanh
    unsafe sigmoid = table.sigmoid
    unsafe softplus = table.softplus
    unsafe relu = table.relu
    unsafe tanhBackward = table.tanh_backward
    unsafe sigmoidBackward = table.sigmoid_backward
    unsafe tanhBackwardAt = table.tanh_backward_at
    unsafe sigmoidBackwardAt = table.sigmoid_backward_at
    unsafe reluBackward = table.relu_backward
    unsafe lstmForward = table.lstm_forward
    unsafe lstmBackward = table.lstm_backward
    unsafe gruForward = table.gru_forward
    unsafe gruBackward = table.gru_backward
    unsafe sum = table.sum
    unsafe sumOfSquares = table.sum_of_squares
    unsafe dot = table.dot
    unsafe maximumOf = table.maximum_of
    unsafe minimumOf = table.minimum_of
    unsafe maxMagnitude = table.max_magnitude
    unsafe nonfiniteCount = table.nonfinite_count
    unsafe indexOfMaximum = table.index_of_maximum
    unsafe addRow = table.add_row
    unsafe multiplyRow = table.multiply_row
    unsafe sumRows = table.sum_rows
    unsafe rowSums = table.row_sums
    unsafe rowArgmax = table.row_argmax
    unsafe countBeyond = table.count_beyond
    unsafe columnMaxima = table.column_maxima
    unsafe softmax = table.softmax
    unsafe logSoftmax = table.log_softmax
    unsafe transpose = table.transpose
    unsafe squaredError = table.squared_error
    unsafe sigmoidCrossEntropy = table.sigmoid_cross_entropy
    unsafe huber = table.huber
    unsafe smoothL1 = table.smooth_l1
    unsafe crossEntropy = table.cross_entropy
    unsafe softCrossEntropy = table.soft_cross_entropy
    unsafe multiMargin = table.multi_margin
    unsafe gatherColumns = table.gather_columns
    unsafe scatterColumns = table.scatter_columns
    unsafe weightRows = table.weight_rows
    unsafe sgdUpdate = table.sgd_update
    unsafe nesterovUpdate = table.nesterov_update
    unsafe adamUpdate = table.adam_update
    unsafe rmspropUpdate = table.rmsprop_update
    unsafe adagradUpdate = table.adagrad_update
    unsafe addWithError = table.add_with_error
    unsafe packedSize = table.packed_size
    unsafe pack = table.pack
    unsafe packedProduct = table.packed_product
    unsafe feedForward = FeedForwardRoutines(table)
    unsafe multiplyAdds = table.multiply_adds
    unsafe multiplyAddsFlops = table.multiply_adds_flops
  }
}
