/// A search for the argument at which a measured function has a wanted value: steps from a start
/// until two measurements enclose the value, then the secant method within the bracket, with
/// bisection where it does not converge.
///
/// The function need not be monotone, and its value may be infinite. The search ends where the
/// standard error does not resolve the rest.
struct BracketedSearch {
  /// The name of the function, for errors.
  let quantity: String
  let wanted: Double
  let range: ClosedRange<Double>
  /// The length of the steps until there is a bracket.
  let step: Double

  struct Point {
    let argument: Double
    let value: Double
    /// The standard error of the value, or 0.
    let error: Double
  }

  /// The largest number of measurements within a bracket.
  private static var refinementLimit: Int { 80 }
  /// The width of a bracket in which a difference of two standard errors is accepted.
  private static var narrowBracket: Double { 1e-6 }

  /// Returns the point with the wanted value, and the number of measurements.
  func solve(
    from start: Double, _ measure: (Double) throws(CureError) -> (value: Double, error: Double)
  ) throws(CureError) -> (point: Point, measurements: Int) {
    var points: [Point] = []
    func measured(_ argument: Double) throws(CureError) -> Point {
      let (value, error) = try measure(argument)
      let point = Point(argument: argument, value: value, error: error.isFinite ? error : 0)
      points.append(point)
      return point
    }
    let first = try measured(start)
    if isReached(first) { return (first, 1) }
    // An increasing function first.
    let directions: [Double] = first.value < wanted ? [1, -1] : [-1, 1]
    for direction in directions {
      var previous = first
      while let argument = next(previous.argument, direction) {
        let point = try measured(argument)
        if isReached(point) { return (point, points.count) }
        if (point.value < wanted) != (previous.value < wanted) {
          let root = try refine(previous, point, measured)
          return (root, points.count)
        }
        previous = point
      }
    }
    let values = points.map(\.value)
    throw .outOfReach(
      quantity: quantity, wanted: wanted,
      reached: (values.min() ?? first.value)...(values.max() ?? first.value))
  }

  /// Half a standard error, or the rounding error of a sum over the steps.
  private func isReached(_ point: Point) -> Bool {
    abs(point.value - wanted) <= max(point.error / 2, 1e-12 * max(1, abs(wanted)))
  }

  private func next(_ argument: Double, _ direction: Double) -> Double? {
    let next = min(max(argument + direction * step, range.lowerBound), range.upperBound)
    return next == argument ? nil : next
  }

  private func refine(
    _ first: Point, _ second: Point, _ measured: (Double) throws(CureError) -> Point
  ) throws(CureError) -> Point {
    var (below, above) = first.value < wanted ? (first, second) : (second, first)
    var (previous, last) = (first, second)
    for iteration in 0..<BracketedSearch.refinementLimit {
      let middle = below.argument + (above.argument - below.argument) / 2
      // The secant as long as it halves the distance.
      let isConverging = iteration == 0 || distance(last) <= distance(previous) / 2
      let argument = (isConverging ? secant(previous, last, within: below, above) : nil) ?? middle
      guard argument != below.argument, argument != above.argument else { break }
      let point = try measured(argument)
      if isReached(point) { return point }
      if point.value < wanted { below = point } else { above = point }
      (previous, last) = (last, point)
      // A rough function, whose rest is within its error, is not resolved any further.
      let width = abs(above.argument - below.argument)
      if width < BracketedSearch.narrowBracket, isWithinError(nearest(below, above)) { break }
    }
    let nearest = nearest(below, above)
    guard isWithinError(nearest) else {
      throw .jumps(quantity: quantity, wanted: wanted, between: below.value...above.value)
    }
    return nearest
  }

  private func nearest(_ first: Point, _ second: Point) -> Point {
    distance(first) < distance(second) ? first : second
  }

  private func isWithinError(_ point: Point) -> Bool { distance(point) <= 2 * point.error }

  private func distance(_ point: Point) -> Double { abs(point.value - wanted) }

  /// Returns the zero of the line through the last two points if it is within the bracket, or
  /// `nil`.
  private func secant(
    _ previous: Point, _ last: Point, within first: Point, _ second: Point
  ) -> Double? {
    let slope = (last.value - previous.value) / (last.argument - previous.argument)
    let argument = last.argument + (wanted - last.value) / slope
    let (low, high) = (
      min(first.argument, second.argument), max(first.argument, second.argument)
    )
    return argument > low && argument < high ? argument : nil
  }
}
