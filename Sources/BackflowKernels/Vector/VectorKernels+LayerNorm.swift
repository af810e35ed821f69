extension VectorKernels {
  /// What layer normalization computes each row of x̂ from.
  package struct RowStatistics: Sendable {
    /// The means, without variances.
    package let moments: ChannelMoments
    /// 1/√(variance + ε).
    package let inverseDeviations: Buffer<Double>
  }

  /// y = γ ⊙ x̂ + β, x̂ = (x − mean)/√(variance + ε) along each row.
  package static func layerNorm<S: RealScalar>(
    _ x: Span<S>, rows: Int, weight: Span<S>, bias: Span<S>, epsilon: Double,
    into y: consuming MutableSpan<S>
  ) -> RowStatistics {
    var mean = Buffer<Double>(uninitialized: rows)
    var rest = Buffer<Double>(uninitialized: rows)
    var scale = Buffer<Double>(uninitialized: rows)
    var inverse = Buffer<Double>(uninitialized: rows)
    layerNorm(
      x, weight: weight, bias: bias, rows: rows, epsilon: epsilon, into: y, mean: mean.mutableSpan,
      rest: rest.mutableSpan, scale: scale.mutableSpan, inverse: inverse.mutableSpan)
    let moments = ChannelMoments(
      mean: mean, rest: rest, scale: scale, variance: Buffer(uninitialized: 0))
    return RowStatistics(moments: moments, inverseDeviations: inverse)
  }

  /// The gradients of `layerNorm`: that with respect to x into `inputGradient`, and those with
  /// respect to γ and β as its results. The sums over rows are divided among threads.
  package static func layerNormBackward<S: RealScalar>(
    _ dy: Span<S>, _ statistics: RowStatistics, x: Span<S>, weight: Span<S>,
    into inputGradient: consuming MutableSpan<S>
  ) -> (weight: Buffer<S>, bias: Buffer<S>) {
    let (rows, columns) = (statistics.inverseDeviations.count, weight.count)
    requireShape("layerNormBackward: x", x.count, rows, columns)
    requireShape("layerNormBackward: dy", dy.count, rows, columns)
    requireShape("layerNormBackward: inputGradient", inputGradient.count, rows, columns)
    let (moments, inverse) = (statistics.moments, statistics.inverseDeviations)
    let target = unsafe inputGradient.base
    let parts = Threads.map(rows, grain: max(4, 4096 / max(columns, 1))) { part in
      var sums = Buffer<Double>(repeating: 0, count: 4 * columns)
      var row = Buffer<S>(uninitialized: columns)
      let (first, start) = (part.lowerBound, part.lowerBound * columns)
      unsafe S._routines.vector.layerNormBackward(
        part.count, columns, weight.base, moments.mean.sharedBase + first,
        moments.rest.sharedBase + first, moments.scale.sharedBase + first,
        inverse.sharedBase + first, x.base.advanced(by: start), dy.base.advanced(by: start),
        row.uniqueBase(), target.advanced(by: start), sums.uniqueBase())
      return sums
    }
    extendLifetime(x)
    extendLifetime(dy)
    extendLifetime(weight)
    extendLifetime(inputGradient)
    extendLifetime(statistics)
    let sums = parts.dropFirst().reduce(parts[0]) { sum($0.span, $1.span) }
    func total(_ pair: Int) -> Buffer<S> {
      let start = 2 * pair * columns
      let total = sum(
        sums.span.extracting(start..<start + columns),
        sums.span.extracting(start + columns..<start + 2 * columns))
      return total.rounded()
    }
    return (weight: total(0), bias: total(1))
  }

  private static func sum(_ a: Span<Double>, _ b: Span<Double>) -> Buffer<Double> {
    var sum = Buffer<Double>(uninitialized: a.count)
    add(a, b, into: sum.mutableSpan)
    return sum
  }
}
