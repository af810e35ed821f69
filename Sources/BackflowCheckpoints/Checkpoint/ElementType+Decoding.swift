// The values of elements, from their little-endian bytes.

extension ElementType {
  /// Returns the elements in `bytes`, of a type that is not complex. The result is exact, except
  /// for integers beyond 2⁵³, which are rounded to nearest.
  func values(of bytes: [UInt8]) -> [Double] {
    switch self {
    case .float64: words(of: bytes) { Double(bitPattern: $0) }
    case .float32: words(of: bytes) { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0))) }
    case .bfloat16:
      words(of: bytes) { Double(Float(bitPattern: UInt32(truncatingIfNeeded: $0) << 16)) }
    case .float16: words(of: bytes) { SmallFloat.half.value(of: $0) }
    case .float8e4m3fn: words(of: bytes) { SmallFloat.e4m3fn.value(of: $0) }
    case .float8e5m2: words(of: bytes) { SmallFloat.e5m2.value(of: $0) }
    case .float8e4m3fnuz: words(of: bytes) { SmallFloat.e4m3fnuz.value(of: $0) }
    case .float8e5m2fnuz: words(of: bytes) { SmallFloat.e5m2fnuz.value(of: $0) }
    case .float8e8m0fnu:
      words(of: bytes) {
        $0 == 0xFF ? .nan : Double(sign: .plus, exponent: Int($0) - 127, significand: 1)
      }
    case .int64: words(of: bytes) { Double(Int64(bitPattern: $0)) }
    case .int32: words(of: bytes) { Double(Int32(truncatingIfNeeded: $0)) }
    case .int16: words(of: bytes) { Double(Int16(truncatingIfNeeded: $0)) }
    case .int8: words(of: bytes) { Double(Int8(truncatingIfNeeded: $0)) }
    case .uint64, .uint32, .uint16, .uint8: words(of: bytes) { Double($0) }
    case .bool: words(of: bytes) { $0 == 0 ? 0 : 1 }
    case .complex32, .complex64, .complex128: []
    }
  }

  /// Returns the integers in `bytes`, or `nil` if the type is neither an integer nor Boolean.
  /// Negative numbers have the bits of `Int64`.
  func integers(of bytes: [UInt8]) -> [Integer]? {
    switch self {
    case .int64: words(of: bytes) { Integer(Int64(bitPattern: $0)) }
    case .int32: words(of: bytes) { Integer(Int64(Int32(truncatingIfNeeded: $0))) }
    case .int16: words(of: bytes) { Integer(Int64(Int16(truncatingIfNeeded: $0))) }
    case .int8: words(of: bytes) { Integer(Int64(Int8(truncatingIfNeeded: $0))) }
    case .uint64, .uint32, .uint16, .uint8: words(of: bytes) { Integer(magnitude: $0) }
    case .bool: words(of: bytes) { Integer(magnitude: $0 == 0 ? 0 : 1) }
    default: nil
    }
  }

  /// An integer of any stored type.
  struct Integer {
    let isNegative: Bool
    let bits: UInt64

    init(magnitude: UInt64) { (isNegative, bits) = (false, magnitude) }

    init(_ value: Int64) { (isNegative, bits) = (value < 0, UInt64(bitPattern: value)) }

    func exactly<Value: FixedWidthInteger>(as type: Value.Type) -> Value? {
      isNegative ? Value(exactly: Int64(bitPattern: bits)) : Value(exactly: bits)
    }
  }

  /// Calls `value` with the bits of each element.
  private func words<Value>(of bytes: [UInt8], _ value: (UInt64) -> Value) -> [Value] {
    let (count, size) = (bytes.count / size, size)
    return (0..<count).map { index in
      let start = index * size
      var word: UInt64 = 0
      for byte in 0..<size { word |= UInt64(bytes[start + byte]) << (8 * UInt64(byte)) }
      return value(word)
    }
  }
}

/// A binary floating-point format of at most 16 bits, from the number of its bits and the meaning
/// of its largest exponent.
///
/// IEEE 754 defines `half`. The formats of 8 bits are those of Micikevicius et al., "FP8 formats
/// for deep learning", arXiv:2209.05433, and, with the suffix fnuz, of Noune et al., "8-bit
/// numerical formats for deep neural networks", arXiv:2206.02915.
struct SmallFloat {
  let exponentBits: Int
  let fractionBits: Int
  let bias: Int
  let special: Special

  /// The representation of values that are not finite.
  enum Special {
    /// The largest exponent is infinity and NaN, as in IEEE 754.
    case ieee
    /// Only the largest exponent with the largest fraction is NaN. There is no infinity.
    case finite
    /// Only negative zero is NaN. There is no infinity.
    case finiteUnsignedZero
  }

  static let half = SmallFloat(exponentBits: 5, fractionBits: 10, bias: 15, special: .ieee)
  static let e5m2 = SmallFloat(exponentBits: 5, fractionBits: 2, bias: 15, special: .ieee)
  static let e4m3fn = SmallFloat(exponentBits: 4, fractionBits: 3, bias: 7, special: .finite)
  static let e5m2fnuz = SmallFloat(
    exponentBits: 5, fractionBits: 2, bias: 16, special: .finiteUnsignedZero)
  static let e4m3fnuz = SmallFloat(
    exponentBits: 4, fractionBits: 3, bias: 8, special: .finiteUnsignedZero)

  /// Returns the value with these bits. A NaN keeps its sign, and in IEEE formats its payload.
  func value(of bits: UInt64) -> Double {
    let isNegative = bits >> (exponentBits + fractionBits) & 1 == 1
    let exponent = Int(bits >> fractionBits & (1 << exponentBits - 1))
    let fraction = bits & (1 << fractionBits - 1)
    let sign: Double = isNegative ? -1 : 1
    let isLargest = exponent == 1 << exponentBits - 1
    switch special {
    case .ieee where isLargest && fraction == 0: return sign * .infinity
    case .ieee where isLargest:
      let payload = fraction << UInt64(52 - fractionBits)
      return Double(bitPattern: (isNegative ? 1 << 63 : 0) | 0x7FF << 52 | payload)
    case .finite where isLargest && fraction == 1 << fractionBits - 1:
      return Double(bitPattern: (isNegative ? 1 << 63 : 0) | 0x7FF8 << 48)
    case .finiteUnsignedZero where isNegative && exponent == 0 && fraction == 0: return .nan
    default: break
    }
    let significand = Double(fraction) / Double(1 << fractionBits) + (exponent == 0 ? 0 : 1)
    return sign * Double(sign: .plus, exponent: max(exponent, 1) - bias, significand: significand)
  }
}
