public import BackflowKernels

// Drawn in double and rounded, so that the two precisions see the same numbers.

extension RandomSource {
  /// A tensor of independent draws, uniform on [lower, upper), then rounded to `S`: about one in
  /// 2²⁵ floats of 0..<1 is rounded up to 1. Stops at a range that is empty or of infinite length.
  public mutating func uniform<S: RealScalar>(
    _ shape: Shape, in range: Range<Double> = 0..<1, as type: S.Type = S.self
  ) -> Tensor<S> {
    let length = range.upperBound - range.lowerBound
    require(
      length > 0 && length.isFinite,
      "a uniform draw needs a range that is not empty and of finite length, not \(range)")
    return draw(shape) { range.lowerBound + length * $0.uniform() }
  }

  /// A tensor of independent normal draws. Stops at a mean that is not finite, and at a standard
  /// deviation that is negative or not finite.
  public mutating func normal<S: RealScalar>(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, as type: S.Type = S.self
  ) -> Tensor<S> {
    require(
      mean.isFinite && standardDeviation >= 0 && standardDeviation.isFinite,
      "a normal draw needs a finite mean and a finite standard deviation of 0 or more, not"
        + " \(mean) and \(standardDeviation)")
    return draw(shape) { mean + standardDeviation * $0.normal() }
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
