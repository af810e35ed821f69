public import Testing

/// How far two lists of numbers may differ: factor · length · epsilon · scale.
///
/// `length` is that of the longest sum behind one number, `scale` the size of what was computed
/// with, and epsilon belongs to the precision that computed.
public struct Tolerance: Sendable {
  /// The size of what was computed with, which the tolerance must stay below.
  public let scale: Double
  /// The largest difference that passes.
  public let value: Double

  /// factor · length · epsilon · scale
  public init<S: BinaryFloatingPoint>(_: S.Type, length: Int, scale: Double, factor: Double = 8) {
    self.scale = scale
    value = factor * Double(length) * Double(S.ulpOfOne) * scale
  }

  /// For what rounding does not bound in this form; say why where it is used.
  public init(_ value: Double, scale: Double) {
    self.scale = scale
    self.value = value
  }
}

/// What a comparison found.
public enum Closeness: Equatable, Sendable {
  case close
  case nothingCompared
  case countsDiffer
  /// The tolerance is as large as the numbers: a comparison that anything would pass.
  case meaningless
  case differs(at: Int)

  /// Compares number by number; NaN and infinities only with their own kind.
  public static func between(
    _ actual: [Double], _ expected: [Double], _ tolerance: Tolerance
  ) -> Closeness {
    if actual.count != expected.count { return .countsDiffer }
    if actual.isEmpty { return .nothingCompared }
    guard tolerance.value < tolerance.scale else { return .meaningless }
    for (index, (actual, expected)) in zip(actual, expected).enumerated() {
      if actual == expected || (actual.isNaN && expected.isNaN) { continue }
      // Written so that a NaN difference fails.
      guard (actual - expected).magnitude <= tolerance.value else { return .differs(at: index) }
    }
    return .close
  }
}

/// Fails unless the two lists are close. An empty pair passes only where it `mayBeEmpty`.
public func expectClose(
  _ actual: [Double], _ expected: [Double], _ tolerance: Tolerance, mayBeEmpty: Bool = false,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  let result = Closeness.between(actual, expected, tolerance)
  if result == .close || (mayBeEmpty && result == .nothingCompared) { return }
  var text = "\(what) \(result): \(actual.count) numbers against \(expected.count), "
  text += "tolerance \(tolerance.value) at scale \(tolerance.scale)"
  if case .differs(let index) = result {
    text += ", \(actual[index]) instead of \(expected[index])"
  }
  Issue.record(Comment(rawValue: text), sourceLocation: sourceLocation)
}
