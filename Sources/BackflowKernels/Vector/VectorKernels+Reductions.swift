extension VectorKernels {
  /// ‖x‖₂ in double: no square overflows or vanishes on the way, and a norm above the largest float
  /// is still a number.
  package static func norm<S: RealScalar>(_ x: Span<S>) -> Double {
    let sum = sumOfSquares(x)
    return sum.isNormal ? sum.squareRoot() : Double(BLAS.nrm2(x))
  }

  /// The number of elements that are NaN or infinite, counted on all threads.
  package static func nonfiniteCount<S: RealScalar>(_ x: Span<S>) -> Int {
    if x.count < 2 * elementsPerThread { return nonfiniteCount(in: x) }
    return Threads.map(x.count, grain: elementsPerThread) { nonfiniteCount(in: x.extracting($0)) }
      .reduce(0, +)
  }

  /// The number of losses that are above `minimum` while all their slopes are exactly zero. Each
  /// loss has `slopes.count / losses.count` adjacent slopes.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func countFlat<S: RealScalar>(
    _ losses: Span<S>, slopes: Span<S>, above minimum: S
  ) -> Int {
    let width = losses.isEmpty ? 0 : slopes.count / losses.count
    requireShape("countFlat: slopes", slopes.count, width * losses.count)
    var count = 0
    for index in losses.indices where losses[index] > minimum {
      var slope = index * width
      while slope < (index + 1) * width, slopes[slope] == 0 { slope += 1 }
      if slope == (index + 1) * width { count += 1 }
    }
    return count
  }
}

extension VectorKernels {
  /// ‖p‖, ‖g‖ and ‖q − p‖ of a parameter, its gradient, and its value after a step, in one pass and
  /// with the bits of `norm`. Without a gradient, as an empty span, its norm is 0.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func updateNorms<S: RealScalar>(
    _ p: Span<S>, gradient g: Span<S>, after q: Span<S>
  ) -> (parameter: Double, gradient: Double, change: Double) {
    requireShape("updateNorms: gradient", g.count, g.isEmpty ? 0 : p.count)
    requireShape("updateNorms: after", q.count, p.count)
    var (squares, gradientSquares, changeSquares) = (0.0, 0.0, 0.0)
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: 3) { sums in
      guard let base = sums.baseAddress else { return }
      unsafe S._routines.vector.updateSquares(
        p.count, p.base, g.isEmpty ? nil : g.base, q.base, base)
      unsafe (squares, gradientSquares, changeSquares) = (base[0], base[1], base[2])
    }
    extendLifetime(p)
    extendLifetime(g)
    extendLifetime(q)
    return (
      squares.isNormal ? squares.squareRoot() : norm(p),
      gradientSquares.isNormal ? gradientSquares.squareRoot() : g.isEmpty ? 0 : norm(g),
      changeSquares.isNormal ? changeSquares.squareRoot() : changeNorm(from: p, to: q)
    )
  }

  /// ‖a‖ and ‖b‖, with the bits of `norm`, and the cosine of the angle between the two. It is one
  /// pass, unless a square is out of range.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func normsAndCosine<S: RealScalar>(
    _ a: Span<S>, _ b: Span<S>
  ) -> (first: Double, second: Double, cosine: Double) {
    requireShape("normsAndCosine: b", b.count, a.count)
    var (squares, otherSquares, product) = (0.0, 0.0, 0.0)
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: 3) { sums in
      guard let base = sums.baseAddress else { return }
      unsafe S._routines.vector.scaledProducts(a.count, 1, 1, a.base, b.base, base)
      unsafe (squares, otherSquares, product) = (base[0], base[1], base[2])
    }
    extendLifetime(a)
    extendLifetime(b)
    // Far from the ends of the range, no product that counts has vanished.
    let range = 0x1p-500...0x1p500
    guard range.contains(squares), range.contains(otherSquares) else {
      return (norm(a), norm(b), cosine(a, b))
    }
    let (first, second) = (squares.squareRoot(), otherSquares.squareRoot())
    return (first, second, product / (first * second))
  }

  /// ‖q − p‖ with the bits of the norm of the difference.
  package static func changeNorm<S: RealScalar>(from p: Span<S>, to q: Span<S>) -> Double {
    var change = Buffer<S>(uninitialized: p.count)
    subtract(q, p, into: change.mutableSpan)
    return norm(change.span)
  }

  /// The cosine of the angle between two vectors, each of which is divided by its largest magnitude
  /// first, because its length may be out of range. NaN if one of them is zero or not finite.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func cosine<S: RealScalar>(_ a: Span<S>, _ b: Span<S>) -> Double {
    requireShape("cosine: b", b.count, a.count)
    let (s, t) = (maxMagnitude(a), maxMagnitude(b))
    var cosine = Double.nan
    unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: 3) { sums in
      guard let base = sums.baseAddress else { return }
      unsafe S._routines.vector.scaledProducts(a.count, s, t, a.base, b.base, base)
      // Each sum of squares is at least 1.
      unsafe cosine = Double(S(base[2])) / (base[0].squareRoot() * base[1].squareRoot())
    }
    extendLifetime(a)
    extendLifetime(b)
    return cosine
  }
}
