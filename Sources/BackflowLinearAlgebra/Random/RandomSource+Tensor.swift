public import BackflowKernels

// Drawn in double and rounded, so that the two precisions see the same numbers.

extension RandomSource {
  /// A tensor of independent draws, uniform on [lower, upper), then rounded to `S`: about one in
  /// 2²⁵ floats of 0..<1 is rounded up to 1.
  public mutating func uniform<S: RealScalar>(
    _ shape: Shape, in range: Range<Double> = 0..<1, as type: S.Type = S.self
  ) -> Tensor<S> {
    draw(shape) { range.lowerBound + (range.upperBound - range.lowerBound) * $0.uniform() }
  }

  /// A tensor of independent normal draws.
  public mutating func normal<S: RealScalar>(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, as type: S.Type = S.self
  ) -> Tensor<S> {
    draw(shape) { mean + standardDeviation * $0.normal() }
  }

  private mutating func draw<S: RealScalar>(
    _ shape: Shape, _ next: (inout RandomSource) -> Double
  ) -> Tensor<S> {
    Tensor<S>(fill(shape, next))
  }

  // Concrete, so that the loop over elements is compiled for Double.
  private mutating func fill(
    _ shape: Shape, _ next: (inout RandomSource) -> Double
  ) -> Tensor<Double> {
    var result = Tensor<Double>(uninitialized: shape)
    var elements = result.mutableSpan
    for index in elements.indices { elements[index] = next(&self) }
    return result
  }
}
