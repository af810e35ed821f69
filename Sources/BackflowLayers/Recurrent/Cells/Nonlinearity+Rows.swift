internal import BackflowKernels
internal import BackflowLinearAlgebra

extension MutableRowsView {
  /// self ← φ(self)
  func apply(_ nonlinearity: Nonlinearity) {
    switch nonlinearity {
    case .tanh: tanh()
    case .relu: relu()
    case .sigmoid: sigmoid()
    }
  }

  /// self ← self ⊙ φ′, where φ′ is computed from the output `y`
  func multiplyByDerivative(of nonlinearity: Nonlinearity, at y: RowsView<S>) {
    switch nonlinearity {
    case .tanh: multiplyByTanhDerivative(at: y)
    case .relu: multiplyByReLUDerivative(at: y)
    case .sigmoid: multiplyBySigmoidDerivative(at: y)
    }
  }
}

extension Nonlinearity {
  /// Returns φ′ of each element, computed from the output `y`.
  func derivative<S>(at y: Tensor<S>) -> Tensor<S> {
    switch self {
    case .tanh: (1 - y) * (1 + y)
    case .relu: ReLU().inputGradient(.ones(y.shape), y)
    case .sigmoid: y * (1 - y)
    }
  }
}

/// Returns diag(d) A, for d [H] and A [H, columns].
func scaled<S>(_ diagonal: Tensor<S>, _ matrix: Tensor<S>) -> Tensor<S> {
  let (rows, columns) = (diagonal.count, matrix.shape[1])
  if columns == 1 { return diagonal.reshaped(to: [rows, 1]) * matrix }
  // Broadcasting the vector would write a matrix of its elements first.
  var result = Tensor<S>(uninitialized: matrix.shape)
  VectorKernels.channelAffine(
    matrix.span, scale: diagonal.span, shift: Tensor<S>.zeros([rows]).span,
    ChannelLayout(outer: 1, channels: rows, inner: columns), into: result.mutableSpan)
  return result
}
