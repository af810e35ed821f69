public import BackflowKernels

// Numbers are drawn in double precision and rounded, so that both precisions get the same sequence.

extension RandomSource {
  /// Returns a tensor of independent numbers, uniform on [lower, upper) and then rounded to `S`.
  /// About one in 2²⁵ `Float` numbers from 0..<1 is rounded up to 1.
  ///
  /// - Precondition: The range is not empty and has finite length.
  public mutating func uniform<S: RealScalar>(
    _ shape: Shape, in range: Range<Double> = 0..<1, as type: S.Type = S.self
  ) -> Tensor<S> {
    let length = range.upperBound - range.lowerBound
    require(
      length > 0 && length.isFinite,
      "a uniform distribution needs a nonempty range of finite length, got \(range)")
    return draw(shape) { range.lowerBound + length * $0.uniform() }
  }

  /// Returns a tensor of independent, normally distributed numbers.
  ///
  /// - Precondition: The mean is finite, and the standard deviation is finite and not negative.
  public mutating func normal<S: RealScalar>(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, as type: S.Type = S.self
  ) -> Tensor<S> {
    require(
      mean.isFinite && standardDeviation >= 0 && standardDeviation.isFinite,
      "a normal distribution needs a finite mean and a finite, nonnegative standard deviation, got"
        + " \(mean) and \(standardDeviation)")
    return draw(shape) { mean + standardDeviation * $0.normal() }
  }

  private mutating func draw<S: RealScalar>(
    _ shape: Shape, _ next: (inout RandomSource) -> Double
  ) -> Tensor<S> {
    Tensor<S>(fill(shape, next))
  }

  // A concrete function, so that the loop over the elements is compiled for Double.
  private mutating func fill(
    _ shape: Shape, _ next: (inout RandomSource) -> Double
  ) -> Tensor<Double> {
    var result = Tensor<Double>(uninitialized: shape)
    var elements = result.mutableSpan
    for index in elements.indices { elements[index] = next(&self) }
    return result
  }
}
