import CVectorKernels
import Testing

/// The convolution of samples with the columns written out by `unfold`.
private struct Convolution<T: BinaryFloatingPoint> {
  let windows: Windows
  let samples: Int, channels: Int, outputs: Int
  /// The number of rows of the columns, and of windows.
  let k: Int, windowCount: Int
  let x: [T], weights: [T], bias: [T], gradient: [T]
  /// Of each sample, [channels, taps, windows].
  let columns: [[Double]]

  init(
    _ windows: Windows, samples: Int, channels: Int, outputs: Int, nonfinite: T?,
    _ table: KernelTable<T>
  ) {
    (self.windows, self.samples) = (windows, samples)
    (self.channels, self.outputs) = (channels, outputs)
    let (k, windowCount) = (channels * windows.taps.count, windows.outputCount)
    (self.k, self.windowCount) = (k, windowCount)
    func draw(_ count: Int, _ seed: UInt64) -> [T] {
      Samples.uniform(count, in: -1...1, seed: seed)
    }
    let plane = channels * windows.plane
    var x = draw(samples * plane, 1)
    // At a corner, where not every tap of a window reads it.
    if let nonfinite { x[x.count - windows.plane] = nonfinite }
    self.x = x
    weights = draw(outputs * k, 2)
    bias = draw(outputs, 3)
    gradient = draw(samples * outputs * windowCount, 4)
    var inC = windows.inC
    columns = (0..<samples).map { n in
      written(count: k * windowCount) {
        table.unfold(1, channels, plane, &inC, Array(x[n * plane..<(n + 1) * plane]), $0)
      }.map { Double($0) }
    }
  }

  var plane: Int { channels * windows.plane }
  var label: Comment {
    "\(T.self), \(samples) samples, \(channels) → \(outputs) channels, \(windows)"
  }

  /// W X + b of the last sample, and Σ |terms|.
  func output(withBias: Bool) -> (values: [Double], scales: [Double]) {
    let (columns, weights) = (columns[samples - 1], weights.map { Double($0) })
    var values = [Double](repeating: 0, count: outputs * windowCount)
    var scales = values
    for o in 0..<outputs {
      let start = withBias ? Double(bias[o]) : 0
      for window in 0..<windowCount {
        var (sum, scale) = (start, start.magnitude)
        for row in 0..<k {
          let term = columns[row * windowCount + window] * weights[o * k + row]
          sum += term
          scale += term.magnitude
        }
        values[o * windowCount + window] = sum
        scales[o * windowCount + window] = scale
      }
    }
    return (values, scales)
  }

  /// Σ X dYᵀ over the samples from `first` on, and Σ |terms|.
  func weightGradient(from first: Int) -> (values: [Double], scales: [Double]) {
    let gradient = gradient.map { Double($0) }
    var values = [Double](repeating: 0, count: k * outputs)
    var scales = values
    for n in first..<samples {
      let columns = columns[n]
      for row in 0..<k {
        for o in 0..<outputs {
          for window in 0..<windowCount {
            let term =
              columns[row * windowCount + window]
              * gradient[(n * outputs + o) * windowCount + window]
            values[row * outputs + o] += term
            scales[row * outputs + o] += term.magnitude
          }
        }
      }
    }
    return (values, scales)
  }
}

/// The kernels that read a shifted image, against the columns.
func checkConvolution<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  let channels = [(1, 1), (2, 3), (3, 2), (1, 17), (2, 14), (1, 33)]
  for (index, windows) in Windows.all.enumerated() {
    for step in 0..<2 {
      let isLarge = windows.outputCount * windows.taps.count > 4000
      let (inputs, outputs) =
        isLarge ? (1, 2 + step) : channels[(2 * index + step) % channels.count]
      check(
        Convolution(windows, samples: 3, channels: inputs, outputs: outputs, nonfinite: nil, table),
        table)
      if windows.outputCount < 100 {
        check(
          Convolution(
            windows, samples: 1, channels: inputs, outputs: outputs, nonfinite: .infinity, table),
          table)
      }
    }
  }
  // Sums over k, and over the windows of several samples, of more than one block.
  let small = Windows(extent: (5, 6), kernel: (3, 3), padding: (1, 1))
  check(Convolution(small, samples: 20, channels: 60, outputs: 13, nonfinite: nil, table), table)
  let flipped = written(count: 12) { table.flipTaps(2, 3, 2, (0..<12).map { T($0) }, $0) }
  #expect(flipped == [1, 0, 7, 6, 3, 2, 9, 8, 5, 4, 11, 10])
}

private func check<T: BinaryFloatingPoint>(_ problem: Convolution<T>, _ table: KernelTable<T>) {
  let label = Comment(rawValue: "\(table.isa) \(problem.label)")
  var windows = problem.windows.inC
  let (k, n, samples) = (problem.k, problem.outputs, problem.samples)
  let size = table.shiftedSize(problem.channels, &windows)
  var images: [T] = []
  var packed: [T] = []
  let outputCount = problem.windowCount
  for sample in 0..<samples {
    let x = Array(problem.x[sample * problem.plane..<(sample + 1) * problem.plane])
    images += written(count: size) { table.shiftImage(problem.channels, &windows, x, $0) }
    let gradient = Array(
      problem.gradient[sample * n * outputCount..<(sample + 1) * n * outputCount])
    packed += written(count: table.packedSize(outputCount, n)) {
      table.pack(outputCount, n, gradient, 1, outputCount, $0)
    }
  }
  var shifts = [Int64](repeating: 0, count: k)
  table.shifts(problem.channels, &windows, &shifts)

  let last = Array(images.suffix(size))
  for bias in [problem.bias, nil] {
    let y = written(count: n * outputCount) {
      table.convolve(n, k, &windows, problem.weights, bias, shifts, last, $0)
    }
    let (values, scales) = problem.output(withBias: bias != nil)
    #expect(mismatch(y, values, ulps: 40, scale: scales) == nil, label)
  }
  let sums = written(count: k * n) {
    table.convolutionWeights(samples, n, k, size, &windows, shifts, images, packed, $0)
  }
  let (values, scales) = problem.weightGradient(from: 0)
  #expect(mismatch(sums, values, ulps: 40, scale: scales) == nil, label)
  let dots = written(count: k * n) {
    table.convolutionDots(
      n, k, &windows, shifts, last, Array(problem.gradient.suffix(n * outputCount)), $0)
  }
  let (lastValues, lastScales) = problem.weightGradient(from: samples - 1)
  #expect(mismatch(dots, lastValues, ulps: 40, scale: lastScales) == nil, label)
}
