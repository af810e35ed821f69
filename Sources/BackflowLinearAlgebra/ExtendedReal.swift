/// A double in a `Codable` value that may be infinite or NaN, which JSON cannot represent.
///
/// Finite values are encoded as numbers, and the others as the strings "inf", "-inf", and "nan".
@propertyWrapper
public struct ExtendedReal: Sendable, Hashable, Codable {
  /// The number.
  public var wrappedValue: Double

  /// Wraps a number.
  public init(wrappedValue: Double) { self.wrappedValue = wrappedValue }

  /// Decodes a number, or one of the strings "inf", "-inf", and "nan".
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self.init(wrappedValue: number)
      return
    }
    let text = try container.decode(String.self)
    guard let number = ExtendedReal.names.first(where: { $0.name == text })?.value else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a number, inf, -inf or nan, found \(text)")
    }
    self.init(wrappedValue: number)
  }

  /// Encodes the number, or one of the strings "inf", "-inf", and "nan".
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if wrappedValue.isFinite {
      try container.encode(wrappedValue)
    } else {
      try container.encode(wrappedValue.isNaN ? "nan" : wrappedValue < 0 ? "-inf" : "inf")
    }
  }

  private static let names: [(name: String, value: Double)] = [
    ("inf", .infinity), ("-inf", -.infinity), ("nan", .nan),
  ]
}

/// An array of doubles in a `Codable` value, each encoded like an `ExtendedReal`.
@propertyWrapper
public struct ExtendedReals: Sendable, Hashable, Codable {
  /// The numbers.
  public var wrappedValue: [Double]

  /// Wraps an array of numbers.
  public init(wrappedValue: [Double]) { self.wrappedValue = wrappedValue }

  /// Decodes an array whose elements are numbers, or the strings "inf", "-inf", and "nan".
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = try container.decode([ExtendedReal].self).map(\.wrappedValue)
  }

  /// Encodes an array whose elements are numbers, or the strings "inf", "-inf", and "nan".
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue.map { ExtendedReal(wrappedValue: $0) })
  }
}
