import Backflow

/// Convolution and pooling of images.
let convolutionRows: [GradientCheckRow] = convolutions + poolings

private struct Convolution: Sendable {
  var input: [Int]
  var outputs: Int
  var kernel: HeightWidth
  var stride: HeightWidth = 1
  var padding: HeightWidth = 0
  var dilation: HeightWidth = 1
  var groups = 1
  var bias = true
}

private let convolutions: [GradientCheckRow] = [
  Convolution(input: [1, 1, 1, 1], outputs: 1, kernel: 1),
  Convolution(input: [1, 1, 3, 3], outputs: 1, kernel: 3),
  Convolution(input: [2, 3, 4, 5], outputs: 2, kernel: .init(height: 3, width: 2)),
  Convolution(input: [1, 2, 5, 7], outputs: 3, kernel: 3, padding: 1),
  Convolution(input: [3, 2, 7, 5], outputs: 2, kernel: 3, stride: 2),
  Convolution(
    input: [1, 2, 5, 6], outputs: 2, kernel: 3, stride: .init(height: 1, width: 3), padding: 1),
  Convolution(input: [2, 1, 7, 7], outputs: 2, kernel: 3, dilation: 2),
  Convolution(
    input: [1, 2, 6, 5], outputs: 1, kernel: 2, padding: .init(height: 2, width: 0),
    dilation: .init(height: 3, width: 1)),
  Convolution(input: [2, 4, 4, 3], outputs: 6, kernel: 2, groups: 2),
  Convolution(input: [1, 3, 5, 5], outputs: 3, kernel: 3, padding: 1, groups: 3),
  Convolution(
    input: [2, 4, 6, 7], outputs: 4, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 2),
  Convolution(input: [1, 2, 5, 7], outputs: 3, kernel: 3, padding: 1, bias: false),
  Convolution(input: [2, 4, 4, 3], outputs: 6, kernel: 2, groups: 2, bias: false),
].map { row in
  let shapes =
    "\(row.input) → \(row.outputs), kernel \(row.kernel.text), stride \(row.stride.text),"
    + " padding \(row.padding.text), dilation \(row.dilation.text), groups \(row.groups)"
    + (row.bias ? "" : ", no bias")
  return GradientCheckRow("Conv2D", shapes) { random in
    var layer = Conv2D<Double>(
      inputChannels: row.input[1], outputChannels: row.outputs, kernelSize: row.kernel,
      stride: row.stride, padding: row.padding, dilation: row.dilation, groups: row.groups,
      bias: row.bias, using: &random)
    if row.bias { layer.bias = random.normal([row.outputs]) }
    return DifferentiableFunction(layer, input: random.normal(Shape(row.input)))
  }
}

private struct Pooling: Sendable {
  var input: [Int]
  var kernel: HeightWidth
  var stride: HeightWidth?
  var padding: HeightWidth = 0
  var dilation: HeightWidth = 1
}

private let poolings: [GradientCheckRow] = [
  Pooling(input: [1, 1, 1, 1], kernel: 1),
  Pooling(input: [2, 3, 4, 6], kernel: 2),
  Pooling(input: [1, 2, 5, 7], kernel: 3, stride: 2, padding: 1),
  Pooling(input: [2, 1, 5, 4], kernel: .init(height: 2, width: 3), stride: 1, padding: 1),
  Pooling(input: [1, 2, 7, 6], kernel: 2, stride: .init(height: 1, width: 2), dilation: 3),
].flatMap { row in
  let shapes =
    "\(row.input), kernel \(row.kernel.text), stride \((row.stride ?? row.kernel).text),"
    + " padding \(row.padding.text)"
  return [
    GradientCheckRow("MaxPool2D", shapes + ", dilation \(row.dilation.text)") { random in
      let layer = MaxPool2D<Double>(
        kernelSize: row.kernel, stride: row.stride, padding: row.padding, dilation: row.dilation)
      return DifferentiableFunction(layer, input: random.distinct(Shape(row.input)))
    },
    GradientCheckRow("AvgPool2D", shapes) { random in
      let layer = AvgPool2D<Double>(
        kernelSize: row.kernel, stride: row.stride, padding: row.padding)
      return DifferentiableFunction(layer, input: random.normal(Shape(row.input)))
    },
    GradientCheckRow("AvgPool2D", shapes + ", padding not counted") { random in
      let layer = AvgPool2D<Double>(
        kernelSize: row.kernel, stride: row.stride, padding: row.padding, countsPadding: false)
      return DifferentiableFunction(layer, input: random.normal(Shape(row.input)))
    },
  ]
}

extension HeightWidth {
  fileprivate var text: String { "\(height)×\(width)" }
}

extension RandomSource {
  /// Returns a permutation of numbers with distances of 0.1, which exceed the steps of finite
  /// differences.
  fileprivate mutating func distinct(_ shape: Shape) -> Tensor<Double> {
    Tensor(permutation(shape.elementCount).map { 0.1 * Double($0) - 1 }, shape: shape)
  }
}
