internal import BackflowKernels
internal import ComplexModule
internal import RealModule

/// A Ritz value of an Arnoldi factorization with its residual ‖B·x − θ·x‖ for the Ritz vector x =
/// V·y of norm 1, and y.
struct RitzPair {
  var value: Complex<Double>
  var residual: Double
  var vector: [Complex<Double>]

  /// The residual relative to the modulus.
  var relativeResidual: Double { residual / value.length }
}

/// The sizes of the iterations, measured for Gaussian matrices.
struct ArnoldiPlan {
  /// The number of squarings of the matrix.
  let squarings: Int
  /// The number of vectors before eigenvalues are first computed, and the largest.
  let firstSize, largestSize: Int

  init?(order: Int) {
    switch order {
    case ..<192: return nil
    case ..<384: (squarings, firstSize, largestSize) = (3, 32, 80)
    case ..<768: (squarings, firstSize, largestSize) = (2, 64, 144)
    case ..<1536: (squarings, firstSize, largestSize) = (1, 104, 272)
    default: (squarings, firstSize, largestSize) = (1, 160, 448)
    }
  }

  /// The largest number of vectors before the leading Ritz values are known well enough.
  var largestFirstStage: Int { largestSize * 3 / 4 }
}

extension ArnoldiFactorization {
  /// The number of Ritz values, with one of each conjugate pair, that are examined.
  private static var examinedCount: Int { 4 }
  /// The residual of the first, relative to its modulus, in the first stage.
  private static var firstTolerance: Double { 1e-5 }
  /// The factor of the residuals of the others, by which they must be smaller than the first: their
  /// condition numbers may be as large.
  private static var separation: Double { 30 }

  /// Extends the basis until the first Ritz value is known to a few digits and the next ones are
  /// certain to be smaller. Returns the first.
  mutating func findLeading(_ plan: ArnoldiPlan) throws(SpectralRadiusObstacle) -> RitzPair {
    var size = plan.firstSize
    var previous: (size: Int, excess: Double)?
    while true {
      extend(to: size)
      guard let pairs = try? leadingPairs(), let first = pairs.first else { throw .unconverged }
      let excess = Self.excess(pairs)
      if excess <= 1 { return first }
      guard isExtensible, count < plan.largestFirstStage else { throw .unconverged }
      let rate =
        previous.map { Double.log($0.excess / excess) / Double(count - $0.size) }
        ?? first.expectedRate(size: count)
      previous = (count, excess)
      let step = RitzPair.step(toReduce: excess, rate: rate, largest: plan.firstSize / 2)
      size = min(plan.largestFirstStage, count + step)
    }
  }

  /// Extends the basis until the Ritz value that continues `pair` has a relative residual of at
  /// most `tolerance`.
  mutating func refine(
    _ pair: inout RitzPair, tolerance: Double, _ plan: ArnoldiPlan
  ) throws(SpectralRadiusObstacle) {
    while !(pair.relativeResidual <= tolerance) {
      guard isExtensible, count < plan.largestSize else { throw .unconverged }
      let step = RitzPair.step(
        toReduce: pair.relativeResidual / tolerance, rate: pair.expectedRate(size: count),
        largest: plan.firstSize)
      extend(to: min(plan.largestSize, count + step))
      pair = self.pair(near: pair.value)
    }
  }

  /// Returns the Ritz value to which inverse iterations from an estimate lead.
  func pair(near estimate: Complex<Double>) -> RitzPair {
    let (value, vector) = projection.eigenpair(near: estimate)
    return ritzPair(value, vector)
  }

  /// Returns whether `pair` is the first of all Ritz values, and the next ones are certain to be
  /// smaller. Otherwise, extends the basis and replaces `pair` by the first.
  mutating func confirmsLeading(
    _ pair: inout RitzPair, _ plan: ArnoldiPlan
  ) throws(SpectralRadiusObstacle) -> Bool {
    guard let pairs = try? leadingPairs(), let first = pairs.first else { throw .unconverged }
    // The left vector is not known well enough to tell apart closer eigenvalues, of which the pair
    // may be the smaller one and the condition number large.
    let resolution = 1e-4 * first.value.length
    for other in pairs.dropFirst() where (other.value - first.value).length <= resolution {
      throw .cluster
    }
    let imaginary = first.value.imaginary
    guard imaginary == 0 || 2 * imaginary > resolution else { throw .cluster }
    let isSame = (first.value - pair.value).length <= resolution / 2
    if isSame && Self.excess(pairs) <= 1 { return true }
    guard isExtensible, count < plan.largestSize else { throw .unconverged }
    extend(to: min(plan.largestSize, count + plan.firstSize / 4))
    pair = self.pair(near: first.value)
    return false
  }

  /// Returns the leading Ritz values, with one of each conjugate pair.
  private func leadingPairs() throws(LAPACKError) -> [RitzPair] {
    let matrix = projection
    return try matrix.eigenvalues().prefix(Self.examinedCount).map {
      ritzPair($0, matrix.eigenvector(for: $0))
    }
  }

  private func ritzPair(_ value: Complex<Double>, _ vector: [Complex<Double>]) -> RitzPair {
    RitzPair(value: value, residual: coupling * (vector.last?.length ?? 0), vector: vector)
  }

  /// Returns how much larger than allowed the residuals are; at most 1 if none is.
  private static func excess(_ pairs: [RitzPair]) -> Double {
    let largest = pairs[0].value.length
    var excess = pairs[0].relativeResidual / firstTolerance
    for pair in pairs.dropFirst() {
      let share = separation * pair.residual / (largest - pair.value.length)
      excess = share >= 0 ? max(excess, share) : .infinity
    }
    return excess
  }
}

extension RitzPair {
  /// The logarithm of the factor by which a further product reduces the residual. It decreases
  /// geometrically after a beginning that is slower.
  fileprivate func expectedRate(size: Int) -> Double {
    -1.8 * Double.log(relativeResidual) / Double(size)
  }

  /// Returns the number of products that reduce a residual by a factor, at most `largest`.
  fileprivate static func step(toReduce factor: Double, rate: Double, largest: Int) -> Int {
    let step = 1.05 * Double.log(factor) / rate
    return step > 0 && step < Double(largest) ? max(Int(step) + 1, min(largest, 4)) : largest
  }
}
