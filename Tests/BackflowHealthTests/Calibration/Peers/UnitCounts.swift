import Backflow
import BackflowKernels

/// How many samples of each unit lie below and above a window.
struct UnitCounts {
  let samples: Int
  let below: [Int]
  let above: [Int]

  /// Counts the features of x, [..., features], in one pass; `nil` if there are none.
  init?<Scalar: RealScalar>(
    _ x: Tensor<Scalar>, _ features: Range<Int>, _ lower: Double, _ upper: Double
  ) {
    guard x.count > 0, !features.isEmpty else { return nil }
    let columns = x.shape[x.rank - 1]
    samples = x.count / columns
    // Of all columns, because a row is read whole anyway.
    let counts = VectorKernels.countBeyond(
      x.span, lower: Array(repeating: Scalar(lower), count: columns),
      upper: Array(repeating: Scalar(upper), count: columns))
    (below, above) = (Array(counts.below[features]), Array(counts.above[features]))
  }
}

extension Tensor {
  /// Mean |x|; 0 of no elements.
  var meanMagnitude: Double { count == 0 ? 0 : Double(absolute(self).mean()) }

  /// How many elements are exactly 0.
  var zeroCount: Int {
    let infinities = beyond(-.greatestFiniteMagnitude, .greatestFiniteMagnitude)
    return count - beyond(0, 0) - (nonfiniteCount - infinities)
  }

  /// How many elements are below `lower` or above `upper`; NaN is neither.
  private func beyond(_ lower: Scalar, _ upper: Scalar) -> Int {
    let counts = VectorKernels.countBeyond(span, lower: [lower], upper: [upper])
    return counts.below[0] + counts.above[0]
  }
}

/// |x|, element by element.
func absolute<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
  var result = Tensor<Scalar>(uninitialized: x.shape)
  VectorKernels.absolute(x.span, into: result.mutableSpan)
  return result
}
