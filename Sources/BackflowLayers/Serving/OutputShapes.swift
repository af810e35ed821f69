internal import BackflowKernels
public import BackflowLinearAlgebra

// The shapes of the outputs of layers with the checks of requests, which throw what `forward` stops
// at. Row-by-row layers without parameters, which take any shape, are in PreparedRows.

extension Dense {
  /// Returns [..., O] for [..., I].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try denseShape(input, inputs: weight.shape[1], outputs: weight.shape[0])
  }
}

/// Returns [..., outputs] for [..., inputs].
func denseShape(_ input: Shape, inputs: Int, outputs: Int) throws(RequestError) -> Shape {
  try requireRequest(input.last == inputs, "Dense", input, "[..., \(inputs)]")
  return input.replacing(axis: input.rank - 1, with: outputs)
}

extension LayerNorm {
  /// Returns the shape of the input, [..., E].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(input.last == size, "LayerNorm", input, "[..., \(size)]")
    return input
  }
}

extension BatchNorm {
  /// Returns the shape of the input, [B, C, ...].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(
      input.rank >= 2 && input[1] == channels, "BatchNorm", input, "[B, \(channels), ...]")
    return input
  }
}

extension StagedBatchNorm {
  /// Returns the shape of the input, [B, C, ...].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(
      input.rank >= 2 && input[1] == channels && input.elementCount > channels, "StagedBatchNorm",
      input, "[B, \(channels), ...] with more than one value in each channel")
    return input
  }
}

extension MultiHeadAttention {
  /// Returns the shape of the input, [B, T, E].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    let size = outputProjection.weight.shape[0]
    try requireRequest(
      input.rank == 3 && input[2] == size, "MultiHeadAttention", input, "[B, T, \(size)]")
    return input
  }
}

extension Conv2D {
  /// Returns [B, O, height, width] for [B, C, height, width].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(
      input.rank == 4 && input[1] == inputChannels, "Conv2D", input,
      "[B, \(inputChannels), height, width]")
    return try windowedShape(
      of: input, channels: outputChannels, kernel: kernelSize, stride, padding, dilation, "Conv2D")
  }
}

extension MaxPool2D {
  /// Returns [B, C, height, width], with the number of windows along the last two axes.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(input.rank == 4, "MaxPool2D", input, "[B, C, height, width]")
    return try windowedShape(
      of: input, channels: input[1], kernel: kernelSize, stride, padding, 1, "MaxPool2D")
  }
}

extension AvgPool2D {
  /// Returns [B, C, height, width], with the number of windows along the last two axes.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(input.rank == 4, "AvgPool2D", input, "[B, C, height, width]")
    return try windowedShape(
      of: input, channels: input[1], kernel: kernelSize, stride, padding, 1, "AvgPool2D")
  }
}

/// Returns the shape of the results of windows over the last two axes of `input`, which has four.
private func windowedShape(
  of input: Shape, channels: Int, kernel: HeightWidth, _ stride: HeightWidth,
  _ padding: HeightWidth, _ dilation: HeightWidth, _ layer: String
) throws(RequestError) -> Shape {
  let (height, width) = (
    dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1
  )
  let (rows, columns) = (
    input[2] + 2 * padding.height - height, input[3] + 2 * padding.width - width
  )
  try requireRequest(
    input[2] > 0 && input[3] > 0 && rows >= 0 && columns >= 0, layer, input,
    "[B, C, height, width] of at least the kernel, [\(height), \(width)], with the padding"
      + " \(padding) on each side")
  return [input[0], channels, rows / stride.height + 1, columns / stride.width + 1]
}

extension Flatten {
  /// Returns [B, rest].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(input.rank >= 1, "Flatten", input, "[B, ...]")
    return [input[0], input.dropFirst().reduce(1, *)]
  }
}

extension LastStep {
  /// Returns [B, ...] for [T, B, ...].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(
      input.rank >= 2 && input[0] > 0, "LastStep", input, "[T, B, ...] with at least one step")
    return input.removing(axis: 0)
  }
}

extension Residual {
  /// Returns the shape of the input, which f must keep.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try residualShape(input, of: body.outputShape(for: input))
  }
}

/// Returns the shape of an input that a residual layer's body keeps, given the body's output.
func residualShape(_ input: Shape, of output: Shape?) throws(RequestError) -> Shape? {
  guard let output else { return nil }
  try requireRequest(
    output == input, "Residual", input, "a shape that its layer keeps (it returns \(output))")
  return output
}

extension Sequential {
  /// Returns the shape of the output of the last layer, or `nil` if a layer does not say it.
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    var shape = input
    for layer in layers {
      guard let next = try layer.outputShape(for: shape) else { return nil }
      shape = next
    }
    return shape
  }
}

extension Recurrent {
  /// Returns [T, B, D·H] for [T, B, I].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(
      input.rank == 3 && input[2] == inputSize, "\(Self.self)", input, "[T, B, \(inputSize)]")
    return [input[0], input[1], directionCount * hiddenSize]
  }
}
