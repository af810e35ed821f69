/// A parser of decimal numbers in bytes, rounding to nearest.
///
///     number = [+ or −] (digits [mark [digits]] or mark digits) [e or E [+ or −] digits]
///
/// or, in any case of letters, an infinity: `inf` or `infinity`.
///
/// A number whose digits fit in 53 bits, with a power of ten up to 10²², is one exact integer
/// multiplied or divided by another, and so rounded once (Clinger, "How to read floating point
/// numbers accurately", PLDI 1990). Up to 19 digits of a fraction are divided as integers, because
/// programs write 17. The standard library parses the other numbers.
struct DecimalParser {
  private let mark, separator: UInt8
  /// 10⁰ to 10²², the powers of ten that are exact.
  private let powers: [Double]
  /// 10⁰ to 10¹⁹, those that fit in 64 bits.
  private let integerPowers: [UInt64]

  init(mark: UInt8, separator: UInt8) {
    (self.mark, self.separator) = (mark, separator)
    var power = 1.0
    powers = (0...22).map { _ in
      defer { power *= 10 }
      return power
    }
    integerPowers = (0..<20).map { (0..<$0).reduce(1) { product, _ in product * 10 } }
  }

  /// Returns the number that starts at `start`, and the index after it, or `nil` if none does.
  func number(in bytes: Span<UInt8>, from start: Int) -> (value: Double, end: Int)? {
    var position = start
    var isNegative = false
    if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D {
      isNegative = bytes[position] == 0x2D
      position += 1
    }
    let digits = Digits(in: bytes, from: position, mark: mark)
    guard digits.count > 0 else {
      guard let end = infinity(in: bytes, from: position) else { return nil }
      return (isNegative ? -.infinity : .infinity, end)
    }
    position = digits.end
    var exponent = -digits.decimals
    if let (written, end) = writtenExponent(in: bytes, from: position) {
      exponent += written
      position = end
    }
    let magnitude: Double
    if digits.isExact, digits.integer <= 1 << 53, exponent >= -22, exponent <= 22 {
      let integer = Double(digits.integer)
      magnitude = exponent < 0 ? integer / powers[-exponent] : integer * powers[exponent]
    } else if digits.isExact, exponent < 0, exponent > -20 {
      magnitude = quotient(digits.integer, -exponent)
    } else {
      magnitude = slowly(bytes, digits.start..<position)
    }
    return (isNegative ? -magnitude : magnitude, position)
  }

  /// Returns the number that starts at `start` or after blanks, and the index after it and the
  /// blanks that follow. Blanks are spaces and, unless they separate fields, tabs.
  @inline(__always)
  func number(
    in bytes: Span<UInt8>, amongBlanksFrom start: Int
  ) -> (value: Double, end: Int)? {
    var start = start
    while start < bytes.count, isBlank(bytes[start]) { start += 1 }
    guard let (value, last) = number(in: bytes, from: start) else { return nil }
    var end = last
    while end < bytes.count, isBlank(bytes[end]) { end += 1 }
    return (value, end)
  }

  @inline(__always)
  private func isBlank(_ byte: UInt8) -> Bool {
    (byte == 0x20 || byte == 0x09) && byte != separator
  }

  /// The digits of a number, with or without a decimal mark.
  private struct Digits {
    let start: Int
    private(set) var end: Int
    private(set) var count = 0
    private(set) var decimals = 0
    private(set) var integer: UInt64 = 0
    /// Whether `integer` has all digits: up to 19 fit.
    private(set) var isExact = true

    init(in bytes: Span<UInt8>, from start: Int, mark: UInt8) {
      (self.start, end) = (start, start)
      take(bytes)
      if end < bytes.count, bytes[end] == mark {
        let integers = count
        end += 1
        take(bytes)
        decimals = count - integers
        if count == 0 { end = start }
      }
    }

    @inline(__always)
    private mutating func take(_ bytes: Span<UInt8>) {
      let first = end
      while end < bytes.count {
        let digit = bytes[end] &- 0x30
        guard digit < 10 else { break }
        integer = integer &* 10 &+ UInt64(digit)
        end += 1
      }
      count += end - first
      if count > 19 { isExact = false }
    }
  }

  /// Returns the exponent that starts at `start`, limited to ±99,999, and the index after it.
  private func writtenExponent(
    in bytes: Span<UInt8>, from start: Int
  ) -> (value: Int, end: Int)? {
    guard start < bytes.count, bytes[start] | 0x20 == 0x65 else { return nil }
    var position = start + 1
    var isNegative = false
    if position < bytes.count, bytes[position] == 0x2B || bytes[position] == 0x2D {
      isNegative = bytes[position] == 0x2D
      position += 1
    }
    let first = position
    var value = 0
    while position < bytes.count, bytes[position] &- 0x30 < 10 {
      value = min(value * 10 + Int(bytes[position] - 0x30), 99_999)
      position += 1
    }
    return position == first ? nil : (isNegative ? -value : value, position)
  }

  private func infinity(in bytes: Span<UInt8>, from start: Int) -> Int? {
    for word in ["infinity", "inf"] {
      let letters = word.utf8
      guard start + letters.count <= bytes.count else { continue }
      if letters.enumerated().allSatisfy({ bytes[start + $0] | 0x20 == $1 }) {
        return start + letters.count
      }
    }
    return nil
  }

  /// Returns m/10ᵏ, rounded once, for 0 < k < 20.
  ///
  /// Both are shifted so that their quotient has 64 bits. The last of these, set if there is a
  /// remainder, is far below those that remain, so that rounding to 53 bits is exact.
  @inline(__always)
  private func quotient(_ m: UInt64, _ k: Int) -> Double {
    if m == 0 { return 0 }
    let divisor = integerPowers[k]
    let (shift, divisorShift) = (m.leadingZeroBitCount, divisor.leadingZeroBitCount)
    let (dividend, normalized) = (m << shift, divisor << divisorShift)
    // The high word must be below the divisor.
    let isHalved = dividend >= normalized
    let (whole, rest) = normalized.dividingFullWidth(
      isHalved ? (dividend >> 1, dividend << 63) : (dividend, 0))
    let exponent = divisorShift - shift - (isHalved ? 63 : 64)
    return Double(rest == 0 ? whole : whole | 1)
      * Double(bitPattern: UInt64(1023 + exponent) << 52)
  }

  /// Returns a number without a sign, in the grammar above, by the standard library.
  @inline(never)
  private func slowly(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Double {
    // The library may want digits on both sides of a point.
    var text: [UInt8] = [0x30]
    for index in range {
      guard bytes[index] == mark else {
        text.append(bytes[index])
        continue
      }
      if index + 1 < range.upperBound, bytes[index + 1] &- 0x30 < 10 { text.append(0x2E) }
    }
    return Double(String(decoding: text, as: UTF8.self)) ?? .nan
  }
}
