public import Testing

/// The permitted difference of two lists of numbers: factor · length · epsilon · scale.
///
/// `length` is that of the longest sum for a number, `scale` is the size of the operands, and
/// epsilon is that of the precision of the computation.
public struct Tolerance: Sendable {
  /// The size of the operands, which the tolerance must not reach.
  public let scale: Double
  /// The largest permitted difference.
  public let value: Double

  /// factor · length · epsilon · scale
  public init<S: BinaryFloatingPoint>(_: S.Type, length: Int, scale: Double, factor: Double = 8) {
    self.scale = scale
    value = factor * Double(length) * Double(S.ulpOfOne) * scale
  }

  /// A tolerance for errors that are not bounded in this form; give the reason where it is used.
  public init(_ value: Double, scale: Double) {
    self.scale = scale
    self.value = value
  }
}

/// The result of a comparison.
public enum Closeness: Equatable, Sendable {
  case close
  case nothingCompared
  case countsDiffer
  /// The tolerance is as large as the numbers, so that any result would pass.
  case meaningless
  case differs(at: Int)

  /// Compares numbers one by one. NaN and infinities are equal only to themselves.
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

/// Fails unless the two lists are close. Two empty lists pass only if `mayBeEmpty` is true.
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
