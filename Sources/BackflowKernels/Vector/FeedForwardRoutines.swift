internal import CVectorKernels

/// The part of one precision's table that the feed-forward layers use, as `VectorRoutines` holds the
/// rest. To add a kernel, add its line to the struct and to both tables.
@safe struct FeedForwardRoutines<Scalar>: @unchecked Sendable {
  typealias Input = UnsafePointer<Scalar>?
  typealias Output = UnsafeMutablePointer<Scalar>?
  typealias Indices = UnsafePointer<Int64>?
  typealias Geometry = UnsafePointer<backflow_windows>?

  typealias Unary = (Int, Input, Output) -> Void
  typealias Binary = (Int, Input, Input, Output) -> Void
  typealias Scaling = (Int, Scalar, Input, Output) -> Void
  typealias ScaledBackward = (Int, Scalar, Input, Input, Output) -> Void
  typealias Dropout = (Int, UInt64, UInt64, Scalar, Input, Output) -> Void
  typealias RowBackward = (Int, Int, Input, Input, Output) -> Void
  typealias CausalSoftmax = (Int, Int, Int, Input, Output) -> Void
  typealias GatherRows = (Int, Int, Indices, Input, Output) -> Void
  typealias ScatterRows = (Int, Int, Indices, Indices, Indices, Input, Output) -> Void
  typealias ChannelSums = (Int, Int, Int, Input, Output) -> Void
  typealias ChannelDots = (Int, Int, Int, Doubles, Input, Input, DoublesOut) -> Void
  typealias Doubles = UnsafePointer<Double>?
  typealias DoublesOut = UnsafeMutablePointer<Double>?
  typealias ChannelMoments =
    (Int, Int, Int, Input, DoublesOut, DoublesOut, DoublesOut, DoublesOut) -> Void
  typealias ChannelStandardize =
    (Int, Int, Int, Doubles, Doubles, Doubles, Doubles, Input, Output) -> Void
  typealias ChannelMap = (Int, Int, Int, Input, Input, Input, Output) -> Void
  typealias ChannelResiduals =
    (Int, Int, Int, Doubles, Doubles, Doubles, Doubles, Input, Input, Output) -> Void
  typealias Unfold = (Int, Int, Int, Geometry, Input, Output) -> Void
  typealias MaxPool = (Int, Geometry, Input, Output, UnsafeMutablePointer<Int32>?) -> Void
  typealias MaxPoolBackward = (Int, Geometry, UnsafePointer<Int32>?, Input, Output) -> Void
  typealias AveragePool = (Int, Geometry, Int32, Input, Output) -> Void

  // Units
  let leakyReLU: Scaling
  let elu: Scaling
  let gelu: Unary
  let geluTanh: Unary
  let silu: Unary
  let leakyReLUBackward: ScaledBackward
  let eluBackward: ScaledBackward
  let geluBackward: Binary
  let geluTanhBackward: Binary
  let siluBackward: Binary
  let softplusBackward: Binary
  let dropout: Dropout

  // Rows
  let softmaxBackward: RowBackward
  let logSoftmaxBackward: RowBackward
  let causalSoftmax: CausalSoftmax
  let gatherRows: GatherRows
  let scatterAddRows: ScatterRows

  // Channels
  let channelSums: ChannelSums
  let channelDots: ChannelDots
  let channelMoments: ChannelMoments
  let channelStandardize: ChannelStandardize
  let channelAffine: ChannelMap
  let channelResiduals: ChannelResiduals

  // Windows
  let unfold: Unfold
  let fold: Unfold
  let maxPool: MaxPool
  let maxPoolBackward: MaxPoolBackward
  let averagePool: AveragePool
  let averagePoolBackward: AveragePool
}

extension FeedForwardRoutines<Float> {
  init(_ table: backflow_kernels_f32) {
    unsafe leakyReLU = table.leaky_relu
    unsafe elu = table.elu
    unsafe gelu = table.gelu
    unsafe geluTanh = table.gelu_tanh
    unsafe silu = table.silu
    unsafe leakyReLUBackward = table.leaky_relu_backward
    unsafe eluBackward = table.elu_backward
    unsafe geluBackward = table.gelu_backward
    unsafe geluTanhBackward = table.gelu_tanh_backward
    unsafe siluBackward = table.silu_backward
    unsafe softplusBackward = table.softplus_backward
    unsafe dropout = table.dropout
    unsafe softmaxBackward = table.softmax_backward
    unsafe logSoftmaxBackward = table.log_softmax_backward
    unsafe causalSoftmax = table.causal_softmax
    unsafe gatherRows = table.gather_rows
    unsafe scatterAddRows = table.scatter_add_rows
    unsafe channelSums = table.channel_sums
    unsafe channelDots = table.channel_dots
    unsafe channelMoments = table.channel_moments
    unsafe channelStandardize = table.channel_standardize
    unsafe channelAffine = table.channel_affine
    unsafe channelResiduals = table.channel_residuals
    unsafe unfold = table.unfold
    unsafe fold = table.fold
    unsafe maxPool = table.max_pool
    unsafe maxPoolBackward = table.max_pool_backward
    unsafe averagePool = table.average_pool
    unsafe averagePoolBackward = table.average_pool_backward
  }
}

extension FeedForwardRoutines<Double> {
  init(_ table: backflow_kernels_f64) {
    unsafe leakyReLU = table.leaky_relu
    unsafe elu = table.elu
    unsafe gelu = table.gelu
    unsafe geluTanh = table.gelu_tanh
    unsafe silu = table.silu
    unsafe leakyReLUBackward = table.leaky_relu_backward
    unsafe eluBackward = table.elu_backward
    unsafe geluBackward = table.gelu_backward
    unsafe geluTanhBackward = table.gelu_tanh_backward
    unsafe siluBackward = table.silu_backward
    unsafe softplusBackward = table.softplus_backward
    unsafe dropout = table.dropout
    unsafe softmaxBackward = table.softmax_backward
    unsafe logSoftmaxBackward = table.log_softmax_backward
    unsafe causalSoftmax = table.causal_softmax
    unsafe gatherRows = table.gather_rows
    unsafe scatterAddRows = table.scatter_add_rows
    unsafe channelSums = table.channel_sums
    unsafe channelDots = table.channel_dots
    unsafe channelMoments = table.channel_moments
    unsafe channelStandardize = table.channel_standardize
    unsafe channelAffine = table.channel_affine
    unsafe channelResiduals = table.channel_residuals
    unsafe unfold = table.unfold
    unsafe fold = table.fold
    unsafe maxPool = table.max_pool
    unsafe maxPoolBackward = table.max_pool_backward
    unsafe averagePool = table.average_pool
    unsafe averagePoolBackward = table.average_pool_backward
  }
}
