import CVectorKernels

/// The part of a row of the kernel table that the feed-forward layers use, sorted as in
/// `VectorKernelTable`.
struct FeedForwardKernelTable<T: BinaryFloatingPoint> {
  typealias Input = UnsafePointer<T>?
  typealias Output = UnsafeMutablePointer<T>?
  typealias Geometry = UnsafePointer<backflow_windows>?
  typealias Indices = UnsafePointer<Int64>?
  typealias Doubles = UnsafeMutablePointer<Double>?

  let isa: String
  let scaling: Kernels<(Int, T, Input, Output) -> Void>
  let unary: Kernels<(Int, Input, Output) -> Void>
  let scaledBackward: Kernels<(Int, T, Input, Input, Output) -> Void>
  let backward: Kernels<(Int, Input, Input, Output) -> Void>
  let rowBackward: Kernels<(Int, Int, Input, Input, Output) -> Void>
  let unfolding: Kernels<(Int, Int, Int, Geometry, Input, Output) -> Void>
  let averaging: Kernels<(Int, Geometry, Int32, Input, Output) -> Void>

  let dropout: (Int, UInt64, UInt64, T, Input, Output) -> Void
  let causalSoftmax: (Int, Int, Int, Input, Output) -> Void
  let gatherRows: (Int, Int, Indices, Input, Output) -> Void
  let scatterAddRows: (Int, Int, Indices, Indices, Indices, Input, Output) -> Void
  let channelSums: (Int, Int, Int, Input, Output) -> Void
  let channelDots: (Int, Int, Int, UnsafePointer<Double>?, Input, Input, Doubles) -> Void
  let channelMoments: (Int, Int, Int, Input, Doubles, Doubles, Doubles, Doubles) -> Void
  let channelStandardize:
    (
      Int, Int, Int, UnsafePointer<Double>?, UnsafePointer<Double>?, UnsafePointer<Double>?,
      UnsafePointer<Double>?, Input, Output
    ) -> Void
  let channelAffine: (Int, Int, Int, Input, Input, Input, Output) -> Void
  let channelResiduals:
    (
      Int, Int, Int, UnsafePointer<Double>?, UnsafePointer<Double>?, UnsafePointer<Double>?,
      UnsafePointer<Double>?, Input, Input, Output
    ) -> Void
  let maxPool: (Int, Geometry, Input, Output, UnsafeMutablePointer<Int32>?) -> Void
  let maxPoolBackward: (Int, Geometry, UnsafePointer<Int32>?, Input, Output) -> Void
}

extension FeedForwardKernelTable<Float> {
  /// One table for each instruction set that this processor can run.
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f32($0) }.map {
      Self($0.pointee)
    }
  }

  init(_ table: backflow_kernels_f32) {
    isa = String(cString: table.isa)
    scaling = ["leaky_relu": table.leaky_relu, "elu": table.elu]
    unary = ["gelu": table.gelu, "gelu_tanh": table.gelu_tanh, "silu": table.silu]
    scaledBackward = [
      "leaky_relu_backward": table.leaky_relu_backward, "elu_backward": table.elu_backward,
    ]
    backward = [
      "gelu_backward": table.gelu_backward, "gelu_tanh_backward": table.gelu_tanh_backward,
      "silu_backward": table.silu_backward, "softplus_backward": table.softplus_backward,
      "tanh_backward_at": table.tanh_backward_at,
      "sigmoid_backward_at": table.sigmoid_backward_at,
    ]
    rowBackward = [
      "softmax_backward": table.softmax_backward,
      "log_softmax_backward": table.log_softmax_backward,
    ]
    unfolding = ["unfold": table.unfold, "fold": table.fold]
    averaging = [
      "average_pool": table.average_pool, "average_pool_backward": table.average_pool_backward,
    ]
    dropout = table.dropout
    causalSoftmax = table.causal_softmax
    gatherRows = table.gather_rows
    scatterAddRows = table.scatter_add_rows
    channelSums = table.channel_sums
    channelDots = table.channel_dots
    channelMoments = table.channel_moments
    channelStandardize = table.channel_standardize
    channelAffine = table.channel_affine
    channelResiduals = table.channel_residuals
    maxPool = table.max_pool
    maxPoolBackward = table.max_pool_backward
  }
}

extension FeedForwardKernelTable<Double> {
  /// One table for each instruction set that this processor can run.
  static var all: [Self] {
    (0..<backflow_kernels_count()).compactMap { backflow_kernels_at_f64($0) }.map {
      Self($0.pointee)
    }
  }

  init(_ table: backflow_kernels_f64) {
    isa = String(cString: table.isa)
    scaling = ["leaky_relu": table.leaky_relu, "elu": table.elu]
    unary = ["gelu": table.gelu, "gelu_tanh": table.gelu_tanh, "silu": table.silu]
    scaledBackward = [
      "leaky_relu_backward": table.leaky_relu_backward, "elu_backward": table.elu_backward,
    ]
    backward = [
      "gelu_backward": table.gelu_backward, "gelu_tanh_backward": table.gelu_tanh_backward,
      "silu_backward": table.silu_backward, "softplus_backward": table.softplus_backward,
      "tanh_backward_at": table.tanh_backward_at,
      "sigmoid_backward_at": table.sigmoid_backward_at,
    ]
    rowBackward = [
      "softmax_backward": table.softmax_backward,
      "log_softmax_backward": table.log_softmax_backward,
    ]
    unfolding = ["unfold": table.unfold, "fold": table.fold]
    averaging = [
      "average_pool": table.average_pool, "average_pool_backward": table.average_pool_backward,
    ]
    dropout = table.dropout
    causalSoftmax = table.causal_softmax
    gatherRows = table.gather_rows
    scatterAddRows = table.scatter_add_rows
    channelSums = table.channel_sums
    channelDots = table.channel_dots
    channelMoments = table.channel_moments
    channelStandardize = table.channel_standardize
    channelAffine = table.channel_affine
    channelResiduals = table.channel_residuals
    maxPool = table.max_pool
    maxPoolBackward = table.max_pool_backward
  }
}
