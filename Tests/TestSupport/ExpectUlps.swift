public import Testing

/// Fails unless every number is within `ulps` units in the last place of the expected one, relative
/// to its size. Below `floor`, where a precision has fewer digits, the unit is that of `floor`.
public func expectUlps<S: BinaryFloatingPoint>(
  _ actual: [S], _ expected: [Double], ulps: Double, floor: S = .leastNormalMagnitude,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  func fail(_ text: String) {
    Issue.record(Comment(rawValue: "\(what) \(text)"), sourceLocation: sourceLocation)
  }
  guard actual.count == expected.count, !actual.isEmpty else {
    return fail("\(actual.count) numbers against \(expected.count)")
  }
  guard ulps * Double(S.ulpOfOne) < 1 / 16 else { return fail("the tolerance admits anything") }
  for (index, (actual, expected)) in zip(actual, expected).enumerated() {
    let rounded = S(expected)
    if actual == rounded || (actual.isNaN && expected.isNaN) { continue }
    let unit = Double(max(rounded.magnitude, floor).ulp)
    // Written so that a NaN difference fails.
    guard rounded.isFinite, (Double(actual) - expected).magnitude <= ulps * unit else {
      return fail("at \(index): \(actual) instead of \(expected)")
    }
  }
}
