/// A statement of a lesson that holds on every machine with the default seed, because its limit
/// leaves a margin for rounding, with the number that a run measured. With another seed, a claim
/// about a training may fail.
package struct Claim: Sendable, Equatable {
  /// The statement, as a sentence that names the limit.
  package let statement: String
  /// The measured number.
  package let measured: Double
  /// The smallest and the largest number for which the statement is true.
  package let limits: ClosedRange<Double>

  /// Whether the measured number is within the limits. It is not if it is NaN.
  package var holds: Bool { limits.contains(measured) }

  /// Creates the statement that a number is at least `limit`.
  package init(_ statement: String, _ measured: Double, atLeast limit: Double) {
    (self.statement, self.measured, limits) = (statement, measured, limit...(.infinity))
  }

  /// Creates the statement that a number is at most `limit`.
  package init(_ statement: String, _ measured: Double, atMost limit: Double) {
    (self.statement, self.measured, limits) = (statement, measured, -.infinity...limit)
  }
}

extension Claim: CustomStringConvertible {
  /// The statement, with the measured number.
  package var description: String {
    "\(statement) Measured: \(figure(measured))\(holds ? "" : ", which contradicts it")."
  }
}

extension Claim: Encodable {
  private enum CodingKeys: String, CodingKey { case statement, measured, holds }

  /// Encodes the statement, the number, and whether it holds. An infinite number, which JSON does
  /// not have, is encoded as the largest one.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(statement, forKey: .statement)
    let largest = Double.greatestFiniteMagnitude
    try container.encode(
      measured.isNaN ? nil : min(max(measured, -largest), largest), forKey: .measured)
    try container.encode(holds, forKey: .holds)
  }
}
