import Backflow
import Testing

/// Conv2D against its equation as loops over indices.
@Suite struct `A convolution agrees with its equation` {
  private static let cases = [
    Case(channels: 1, outputs: 1, height: 1, width: 1, kernel: 1),
    Case(channels: 3, outputs: 32, height: 8, width: 32, kernel: 3, padding: 1),
    Case(channels: 32, outputs: 3, height: 8, width: 32, kernel: 3, padding: 1),
    Case(channels: 20, outputs: 19, height: 5, width: 7, kernel: 3),
    Case(channels: 2, outputs: 5, height: 9, width: 37, kernel: HeightWidth(height: 2, width: 5)),
    Case(channels: 5, outputs: 40, height: 14, width: 14, kernel: 1),
    Case(channels: 2, outputs: 3, height: 11, width: 13, kernel: 3, stride: 2, padding: 1),
    Case(
      channels: 3, outputs: 17, height: 12, width: 40,
      kernel: HeightWidth(height: 3, width: 4), stride: HeightWidth(height: 1, width: 3)),
    Case(channels: 2, outputs: 2, height: 12, width: 15, kernel: 3, padding: 2, dilation: 3),
    Case(
      channels: 2, outputs: 4, height: 13, width: 9, kernel: 3,
      stride: HeightWidth(height: 2, width: 1), padding: 2,
      dilation: HeightWidth(height: 1, width: 2)),
    // More padding than a window reaches over.
    Case(channels: 2, outputs: 3, height: 4, width: 6, kernel: 2, padding: 3),
    Case(channels: 6, outputs: 6, height: 9, width: 33, kernel: 3, padding: 1, groups: 6),
    Case(channels: 4, outputs: 8, height: 7, width: 30, kernel: 3, padding: 1, groups: 4),
    Case(channels: 6, outputs: 34, height: 6, width: 8, kernel: 3, padding: 1, groups: 2),
    Case(channels: 3, outputs: 3, height: 9, width: 9, kernel: 5, stride: 2, padding: 2, groups: 3),
  ]

  @Test(arguments: cases) private func `in single precision`(_ example: Case) {
    example.check(Float.self, tolerance: 2e-5)
  }

  @Test(arguments: cases) private func `in double precision`(_ example: Case) {
    example.check(Double.self, tolerance: 1e-13)
  }

  @Test(arguments: cases) private func `with the same bits at each run`(_ example: Case) {
    #expect(example.results(samples: 3) == example.results(samples: 3))
  }
}

private struct Case: CustomTestStringConvertible {
  let channels, outputs: Int
  let height, width: Int
  let kernel: HeightWidth
  var stride: HeightWidth = 1
  var padding: HeightWidth = 0
  var dilation: HeightWidth = 1
  var groups = 1

  var testDescription: String {
    "\(channels) → \(outputs) channels in \(groups) groups, \(height) × \(width), kernel \(kernel),"
      + " stride \(stride), padding \(padding), dilation \(dilation)"
  }

  func layer(_ random: inout RandomSource) -> Conv2D<Double> {
    var layer = Conv2D<Double>(
      inputChannels: channels, outputChannels: outputs, kernelSize: kernel, stride: stride,
      padding: padding, dilation: dilation, groups: groups, using: &random)
    layer.bias = random.normal([outputs])
    return layer
  }

  /// y, x̄, W̄ and b̄ of a batch.
  func results(samples: Int) -> [Tensor<Float>] {
    var random = RandomSource(seed: 5)
    let layer = Conv2D<Float>(layer(&random))
    let (y, cache) = layer.forward(random.normal([samples, channels, height, width]))
    let (inputGradient, gradients) = layer.backward(random.normal(y.shape), cache)
    return [y, inputGradient, gradients.weight, gradients.bias ?? .zeros([0])]
  }

  func check<Scalar: RealScalar>(_: Scalar.Type, tolerance: Double) {
    for samples in [1, 5] {
      var random = RandomSource(seed: 3)
      let layer = Conv2D<Scalar>(layer(&random))
      let x = Tensor<Scalar>(random.normal([samples, channels, height, width]) as Tensor<Double>)
      let (y, cache) = layer.forward(x)
      let dy = Tensor<Scalar>(random.normal(y.shape) as Tensor<Double>)
      let (dx, gradients) = layer.backward(dy, cache)

      let reference = Reference(self, Conv2D<Double>(layer), Tensor(x), Tensor(dy))
      expectClose(y, reference.y, tolerance)
      expectClose(dx, reference.dx, tolerance)
      expectClose(gradients.weight, reference.dWeight, tolerance)
    }
  }

  private func expectClose<Scalar: RealScalar>(
    _ actual: Tensor<Scalar>, _ expected: [Double], _ tolerance: Double
  ) {
    let scale = expected.reduce(0) { max($0, $1.magnitude) }
    let difference = zip(Tensor<Double>(actual).elements, expected)
      .reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
    #expect(actual.count == expected.count)
    #expect(difference <= tolerance * max(scale, 1))
  }
}

/// y, x̄ and W̄ by loops over all taps of all windows.
private struct Reference {
  private(set) var y: [Double]
  private(set) var dx: [Double]
  private(set) var dWeight: [Double]

  init(_ example: Case, _ layer: Conv2D<Double>, _ input: Tensor<Double>, _ dy: Tensor<Double>) {
    let (samples, rows, columns) = (input.shape[0], dy.shape[2], dy.shape[3])
    let (x, gradient, w) = (input.elements, dy.elements, layer.weight.elements)
    let inputs = example.channels / example.groups
    let kernel = example.kernel
    y = [Double](repeating: 0, count: dy.count)
    dx = [Double](repeating: 0, count: input.count)
    dWeight = [Double](repeating: 0, count: layer.weight.count)
    for n in 0..<samples {
      for o in 0..<example.outputs {
        let group = o / (example.outputs / example.groups)
        for p in 0..<rows {
          for q in 0..<columns {
            let at = ((n * example.outputs + o) * rows + p) * columns + q
            y[at] = layer.bias?.elements[o] ?? 0
            for c in 0..<inputs {
              for i in 0..<kernel.height {
                for j in 0..<kernel.width {
                  let row =
                    p * example.stride.height + i * example.dilation.height
                    - example.padding.height
                  let column =
                    q * example.stride.width + j * example.dilation.width - example.padding.width
                  guard 0..<example.height ~= row, 0..<example.width ~= column else { continue }
                  let pixel =
                    ((n * example.channels + group * inputs + c) * example.height + row)
                    * example.width + column
                  let tap = ((o * inputs + c) * kernel.height + i) * kernel.width + j
                  y[at] += w[tap] * x[pixel]
                  dx[pixel] += w[tap] * gradient[at]
                  dWeight[tap] += gradient[at] * x[pixel]
                }
              }
            }
          }
        }
      }
    }
  }
}
