import CVectorKernels
import Testing

/// Windows as loops over indices would find them.
struct Windows: CustomStringConvertible {
  var extent: (Int, Int)
  var kernel = (1, 1)
  var stride = (1, 1)
  var padding = (0, 0)
  var dilation = (1, 1)

  static let all = [
    Windows(extent: (1, 1)), Windows(extent: (4, 5), kernel: (2, 3)),
    Windows(extent: (5, 4), kernel: (3, 3), padding: (1, 1)),
    Windows(extent: (7, 9), kernel: (3, 2), stride: (2, 3), padding: (1, 1)),
    Windows(extent: (6, 7), kernel: (2, 3), padding: (1, 1), dilation: (3, 2)),
    Windows(extent: (3, 40), kernel: (1, 4), stride: (1, 1), padding: (0, 2)),
    Windows(extent: (9, 37), kernel: (3, 3), stride: (1, 2), padding: (1, 1), dilation: (2, 2)),
    Windows(extent: (1, 3), kernel: (2, 2), padding: (1, 1), dilation: (2, 1)),
    // Many windows over a pixel, in planes and in rows of one tile and of several, and large
    // windows side by side.
    Windows(extent: (12, 11), kernel: (9, 9), padding: (4, 4)),
    Windows(extent: (19, 18), kernel: (9, 9), stride: (9, 9)),
    Windows(extent: (60, 20), kernel: (9, 8)),
    Windows(extent: (3, 1100), kernel: (3, 30)),
    Windows(extent: (2, 600), kernel: (2, 300), stride: (1, 150)),
  ]

  var description: String {
    "\(extent), kernel \(kernel), stride \(stride), padding \(padding), dilation \(dilation)"
  }
  var plane: Int { extent.0 * extent.1 }
  var outputs: (Int, Int) {
    (
      (extent.0 + 2 * padding.0 - dilation.0 * (kernel.0 - 1) - 1) / stride.0 + 1,
      (extent.1 + 2 * padding.1 - dilation.1 * (kernel.1 - 1) - 1) / stride.1 + 1
    )
  }
  var outputCount: Int { outputs.0 * outputs.1 }
  var taps: [(Int, Int)] {
    (0..<kernel.0).flatMap { i in (0..<kernel.1).map { (i, $0) } }
  }

  /// The place in the plane of a tap of output `k`; `nil` in the padding.
  func place(_ tap: (Int, Int), _ k: Int) -> Int? {
    let row = k / outputs.1 * stride.0 + tap.0 * dilation.0 - padding.0
    let column = k % outputs.1 * stride.1 + tap.1 * dilation.1 - padding.1
    guard row >= 0, row < extent.0, column >= 0, column < extent.1 else { return nil }
    return row * extent.1 + column
  }

  var inC: backflow_windows {
    backflow_windows(
      height: extent.0, width: extent.1, output_height: outputs.0, output_width: outputs.1,
      kernel_height: kernel.0, kernel_width: kernel.1, stride_height: stride.0,
      stride_width: stride.1, padding_height: padding.0, padding_width: padding.1,
      dilation_height: dilation.0, dilation_width: dilation.1)
  }
}

func checkUnfolding<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for windows in Windows.all {
    var inC = windows.inC
    // Two channels of three samples whose planes lie in the middle of five.
    let (samples, channels, stride) = (3, 2, 5 * windows.plane)
    let x = (0..<samples * stride).map { T($0 % 251) }
    var expected: [T] = []
    var sums = x
    for n in 0..<samples {
      for i in 0..<channels * windows.plane { sums[n * stride + i] = 0 }
    }
    for c in 0..<channels {
      for tap in windows.taps {
        for n in 0..<samples {
          for k in 0..<windows.outputCount {
            let place = windows.place(tap, k).map { n * stride + c * windows.plane + $0 }
            expected.append(place.map { x[$0] } ?? 0)
            if let place { sums[place] += x[place] }
          }
        }
      }
    }
    let columns = written(count: expected.count) {
      table.unfold(samples, channels, stride, &inC, x, $0)
    }
    #expect(columns == expected, "\(table.isa) \(T.self) \(windows)")
    let folded = written(x) {
      table.fold(samples, channels, stride, &inC, columns, $0)
    }
    #expect(folded == sums, "\(table.isa) \(T.self) \(windows)")
  }
}

func checkMaxPool<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for windows in Windows.all {
    var inC = windows.inC
    let planes = 3
    // Few values, so that there are equals; a NaN and −∞ among them.
    var x = (0..<planes * windows.plane).map { T($0 * 7 % 5) }
    x[0] = -.infinity
    x[x.count - 1] = .nan
    var winners = [Int32](repeating: -2, count: planes * windows.outputCount)
    let y = written(count: winners.count) { table.maxPool(planes, &inC, x, $0, &winners) }
    var sums = [T](repeating: 0, count: x.count)
    for index in winners.indices {
      let (plane, k) = (index / windows.outputCount, index % windows.outputCount)
      let places = windows.taps.compactMap { windows.place($0, k) }
      let candidates = places.map { x[plane * windows.plane + $0] }
      let best =
        candidates.firstIndex { $0.isNaN } ?? candidates.firstIndex { $0 == candidates.max() }
      #expect(winners[index] == best.map { Int32(places[$0]) } ?? -1, "\(table.isa) \(windows)")
      let largest = best.map { candidates[$0] } ?? -.infinity
      #expect(y[index] == largest || (y[index].isNaN && largest.isNaN))
      if let best { sums[plane * windows.plane + places[best]] += T(index) }
    }
    let dy = winners.indices.map { T($0) }
    let dx = written([T](repeating: 5, count: x.count)) {
      table.maxPoolBackward(planes, &inC, winners, dy, $0)
    }
    #expect(dx == sums, "\(table.isa) \(T.self) \(windows)")
  }
}

func checkAveragePool<T: BinaryFloatingPoint>(_ table: KernelTable<T>) {
  for windows in Windows.all where windows.dilation == (1, 1) {
    for countsPadding in [false, true] {
      var inC = windows.inC
      let planes = 2
      let x: [T] = Samples.uniform(planes * windows.plane, in: -2...2)
      let dy: [T] = Samples.uniform(planes * windows.outputCount, in: -2...2, seed: 2)
      var (means, sums) = ([Double](), [Double](repeating: 0, count: x.count))
      for index in dy.indices {
        let (plane, k) = (index / windows.outputCount, index % windows.outputCount)
        let places = windows.taps.compactMap { windows.place($0, k) }
        let divisor = Double(countsPadding ? windows.taps.count : places.count)
        means.append(
          places.reduce(0) { $0 + Double(x[plane * windows.plane + $1]) } / divisor)
        for place in places { sums[plane * windows.plane + place] += Double(dy[index]) / divisor }
      }
      let y = written(count: dy.count) {
        table.averagePool(planes, &inC, countsPadding ? 1 : 0, x, $0)
      }
      let scale = y.map { _ in 2.0 }
      #expect(mismatch(y, means, ulps: 12, scale: scale) == nil, "\(table.isa) \(windows)")
      let dx = written(count: x.count) {
        table.averagePoolBackward(planes, &inC, countsPadding ? 1 : 0, dy, $0)
      }
      let backScale = dx.map { _ in 2.0 }
      #expect(mismatch(dx, sums, ulps: 24, scale: backScale) == nil, "\(table.isa) \(windows)")
    }
  }
}
