/// The sums of a regression's errors and of its targets' variation, element after element.
package struct RegressionSums: Sendable, Equatable {
  package private(set) var count = 0
  /// Σ |x − t|
  package private(set) var absolute = NeumaierSum()
  /// Σ (x − t)²
  package private(set) var squares = NeumaierSum()
  /// Σ (t − mean of t)²
  package private(set) var variation = NeumaierSum()
  private var mean = 0.0

  package init() {}

  /// Adds predictions x and targets t.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package mutating func add<S: RealScalar>(_ x: Span<S>, _ t: Span<S>) {
    require(x.count == t.count, "RegressionSums: \(x.count) predictions, \(t.count) targets")
    for index in x.indices {
      let target = Double(t[index])
      let error = Double(x[index]) - target
      absolute.add(error.magnitude)
      squares.add(error * error)
      count += 1
      let deviation = target - mean
      mean += deviation / Double(count)
      variation.add(deviation * (target - mean))
    }
  }
}

/// A sum of doubles, and beside it what the additions round away.
package struct NeumaierSum: Sendable, Equatable {
  private var sum = 0.0
  private var error = 0.0

  package init() {}

  package mutating func add(_ term: Double) {
    let next = sum + term
    if next.isFinite {
      error += sum.magnitude >= term.magnitude ? (sum - next) + term : (term - next) + sum
    }
    sum = next
  }

  /// Adds all terms.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package mutating func add<S: RealScalar>(_ terms: Span<S>) {
    for index in terms.indices { add(Double(terms[index])) }
  }

  /// The sum, rounded once.
  package var value: Double { sum + error }
}
