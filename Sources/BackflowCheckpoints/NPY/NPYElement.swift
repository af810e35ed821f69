/// The element type of an array, from the `descr` of its header: byte order, kind, size.
struct NPYElement: Equatable {
  enum Kind: Character {
    case float = "f"
    case signed = "i"
    case unsigned = "u"
    case boolean = "b"
  }

  let name: String
  let kind: Kind
  let size: Int
  let isBigEndian: Bool

  /// `nil` for a type that has no value as a real number of at most 8 bytes.
  init?(_ descr: String) {
    var rest = Substring(descr)
    guard let order = rest.popFirst(), "<>|=".contains(order),
      let kind = rest.popFirst().flatMap(Kind.init), let size = Int(rest)
    else { return nil }
    let sizes: [Int] =
      switch kind {
      case .float: [2, 4, 8]
      case .signed, .unsigned: [1, 2, 4, 8]
      case .boolean: [1]
      }
    guard sizes.contains(size) else { return nil }
    (name, self.kind, self.size, isBigEndian) = (descr, kind, size, order == ">")
  }

  /// ε of the type; integers are exact up to that of a double.
  var precision: Double {
    switch (kind, size) {
    case (.float, 2): 0x1p-10
    case (.float, 4): 0x1p-23
    default: 0x1p-52
    }
  }

  /// The elements in `bytes`, whose number is a multiple of the size.
  func values(of bytes: ArraySlice<UInt8>) -> [Double] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: size).map { start in
      var pattern: UInt64 = 0
      for index in 0..<size {
        let byte = bytes[start + (isBigEndian ? index : size - 1 - index)]
        pattern = pattern << 8 | UInt64(byte)
      }
      return value(of: pattern)
    }
  }

  private func value(of pattern: UInt64) -> Double {
    switch (kind, size) {
    case (.float, 2): halfPrecision(UInt16(truncatingIfNeeded: pattern))
    case (.float, 4): Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
    case (.float, _): Double(bitPattern: pattern)
    case (.signed, _):
      // Shifted up and down again, the sign bit fills the missing bytes.
      Double(Int64(bitPattern: pattern << (64 - 8 * size)) >> (64 - 8 * size))
    case (.unsigned, _): Double(pattern)
    case (.boolean, _): pattern == 0 ? 0 : 1
    }
  }
}

/// A half-precision float (IEEE 754 binary16) from its bits; `Float16` does not exist on every
/// platform.
private func halfPrecision(_ bits: UInt16) -> Double {
  let sign: Double = bits >> 15 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 0x1F)
  let fraction = Double(bits & 0x3FF) / 1024
  switch exponent {
  case 0: return sign * fraction * 0x1p-14
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default: return Double(sign: .plus, exponent: exponent - 15, significand: sign * (1 + fraction))
  }
}
