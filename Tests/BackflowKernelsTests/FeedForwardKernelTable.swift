import CVectorKernels

/// The part of a row of the kernel table that the feed-forward layers use, sorted as in
/// `VectorKernelTable`.
struct FeedForwardKernelTable<T: BinaryFloatingPoint> {
  typealias Input = UnsafePointer<T>?
  typealias Output = UnsafeMutablePointer<T>?
  typealias Geometry = UnsafePointer<backflow_windows>?

  let isa: String
  let scaling: Kernels<(Int, T, Input, Output) -> Void>
  let unary: Kernels<(Int, Input, Output) -> Void>
  let scaledBackward: Kernels<(Int, T, Input, Input, Output) -> Void>
  let backward: Kernels<(Int, Input, Input, Output) -> Void>
  let rowBackward: Kernels<(Int, Int, Input, Input, Output) -> Void>
  let indexed: Kernels<(Int, Int, UnsafePointer<Int64>?, Input, Output) -> Void>
  let channelMaps: Kernels<(Int, Int, Int, Input, Input, Input, Output) -> Void>
  let channelPairs: Kernels<(Int, Int, Int, Input, Input, Output) -> Void>
  let unfolding: Kernels<(Int, Int, Int, Geometry, Input, Output) -> Void>
  let averaging: Kernels<(Int, Geometry, Int32, Input, Output) -> Void>

  let dropout: (Int, UInt64, UInt64, T, Input, Output) -> Void
  let causalSoftmax: (Int, Int, Int, Input, Output) -> Void
  let channelSums: (Int, Int, Int, Input, Output) -> Void
  let channelCombine: (Int, Int, Int, Input, Input, Input, Input, Input, Output) -> Void
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
    ]
    rowBackward = [
      "softmax_backward": table.softmax_backward,
      "log_softmax_backward": table.log_softmax_backward,
    ]
    indexed = ["gather_rows": table.gather_rows, "scatter_add_rows": table.scatter_add_rows]
    channelMaps = [
      "channel_standardize": table.channel_standardize, "channel_affine": table.channel_affine,
    ]
    channelPairs = ["channel_squares": table.channel_squares, "channel_dots": table.channel_dots]
    unfolding = ["unfold": table.unfold, "fold": table.fold]
    averaging = [
      "average_pool": table.average_pool, "average_pool_backward": table.average_pool_backward,
    ]
    dropout = table.dropout
    causalSoftmax = table.causal_softmax
    channelSums = table.channel_sums
    channelCombine = table.channel_combine
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
    ]
    rowBackward = [
      "softmax_backward": table.softmax_backward,
      "log_softmax_backward": table.log_softmax_backward,
    ]
    indexed = ["gather_rows": table.gather_rows, "scatter_add_rows": table.scatter_add_rows]
    channelMaps = [
      "channel_standardize": table.channel_standardize, "channel_affine": table.channel_affine,
    ]
    channelPairs = ["channel_squares": table.channel_squares, "channel_dots": table.channel_dots]
    unfolding = ["unfold": table.unfold, "fold": table.fold]
    averaging = [
      "average_pool": table.average_pool, "average_pool_backward": table.average_pool_backward,
    ]
    dropout = table.dropout
    causalSoftmax = table.causal_softmax
    channelSums = table.channel_sums
    channelCombine = table.channel_combine
    maxPool = table.max_pool
    maxPoolBackward = table.max_pool_backward
  }
}
