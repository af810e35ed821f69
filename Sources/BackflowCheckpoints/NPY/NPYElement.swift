/// The element type of an array, from the `descr` of its header: the byte order, the kind, and the
/// size.
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

  /// Creates the element type for NumPy's `descr`: a letter for the kind and a size in bytes, or
  /// one of NumPy's letters and names for types, with or without a preceding byte order.
  ///
  /// The result is `nil` for a type whose values are not real numbers of at most 8 bytes.
  init?(_ descr: String) {
    let scalars = Array(descr.unicodeScalars)
    let hasOrder = scalars.count > 1 && "<>|=".unicodeScalars.contains(scalars[0])
    let type = String(String.UnicodeScalarView(scalars.dropFirst(hasOrder ? 1 : 0)))
    guard
      let (kind, size) = NPYElement.sized(type) ?? NPYElement.letters[type]
        ?? NPYElement.numbered(type) ?? (hasOrder ? nil : NPYElement.names[type])
    else { return nil }
    name = descr
    (self.kind, self.size) = (kind, size)
    isBigEndian = hasOrder && scalars[0] == ">"
  }

  /// Returns the type for a `descr` such as `f4`. The size is parsed like C's `strtol`.
  private static func sized(_ type: String) -> (Kind, Int)? {
    var rest = type.unicodeScalars[...]
    guard let kind = rest.popFirst().flatMap({ Kind(rawValue: Character($0)) }) else { return nil }
    while let first = rest.first, first == " " || (9...13).contains(first.value) {
      rest.removeFirst()
    }
    if rest.first == "+" { rest.removeFirst() }
    guard !rest.isEmpty, rest.allSatisfy({ ("0"..."9").contains($0) }), let size = Int(String(rest))
    else { return nil }
    let sizes: [Int] =
      switch kind {
      case .float: [2, 4, 8]
      case .signed, .unsigned: [1, 2, 4, 8]
      case .boolean: [1]
      }
    return sizes.contains(size) ? (kind, size) : nil
  }

  /// NumPy's letters for C's types on the supported 64-bit systems.
  private static let letters: [String: (Kind, Int)] = [
    "?": (.boolean, 1), "b": (.signed, 1), "B": (.unsigned, 1), "h": (.signed, 2),
    "H": (.unsigned, 2), "i": (.signed, 4), "I": (.unsigned, 4), "l": (.signed, 8),
    "L": (.unsigned, 8), "q": (.signed, 8), "Q": (.unsigned, 8), "p": (.signed, 8),
    "P": (.unsigned, 8), "n": (.signed, 8), "N": (.unsigned, 8), "e": (.float, 2),
    "f": (.float, 4), "d": (.float, 8),
  ]

  /// NumPy's type numbers, for which the characters with these codes are also accepted.
  private static func numbered(_ type: String) -> (Kind, Int)? {
    let scalars = type.unicodeScalars
    guard scalars.count == 1, let number = scalars.first?.value else { return nil }
    let types = "? b B h H i I l L q Q f d".split(separator: " ")
    if number == 23 { return letters["e"] }
    return number < types.count ? letters[String(types[Int(number)])] : nil
  }

  /// The type names of NumPy 2.
  private static let names: [String: (Kind, Int)] = [
    "bool": (.boolean, 1), "bool_": (.boolean, 1), "float16": (.float, 2), "half": (.float, 2),
    "float32": (.float, 4), "single": (.float, 4), "float64": (.float, 8), "double": (.float, 8),
    "float": (.float, 8), "int8": (.signed, 1), "byte": (.signed, 1), "int16": (.signed, 2),
    "short": (.signed, 2), "int32": (.signed, 4), "intc": (.signed, 4), "int64": (.signed, 8),
    "int": (.signed, 8), "int_": (.signed, 8), "long": (.signed, 8), "longlong": (.signed, 8),
    "intp": (.signed, 8), "uint8": (.unsigned, 1), "ubyte": (.unsigned, 1),
    "uint16": (.unsigned, 2), "ushort": (.unsigned, 2), "uint32": (.unsigned, 4),
    "uintc": (.unsigned, 4), "uint64": (.unsigned, 8), "uint": (.unsigned, 8),
    "ulong": (.unsigned, 8), "ulonglong": (.unsigned, 8), "uintp": (.unsigned, 8),
  ]

  /// The machine epsilon of the type. For integers, it is that of a double.
  var precision: Double {
    switch (kind, size) {
    case (.float, 2): 0x1p-10
    case (.float, 4): 0x1p-23
    default: 0x1p-52
    }
  }

  /// Returns the elements in `bytes`, whose number is a multiple of the size.
  func values(of bytes: [UInt8]) -> [Double] {
    stride(from: 0, to: bytes.count, by: size).map { start in
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
      // Shifting left and then right fills the missing bytes with the sign bit.
      Double(Int64(bitPattern: pattern << (64 - 8 * size)) >> (64 - 8 * size))
    case (.unsigned, _): Double(pattern)
    case (.boolean, _): pattern == 0 ? 0 : 1
    }
  }
}

/// Returns a half-precision float (IEEE 754 binary16) from its bits. `Float16` is not available on
/// every platform.
private func halfPrecision(_ bits: UInt16) -> Double {
  let sign: Double = bits >> 15 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 0x1F)
  let fraction = Double(bits & 0x3FF) / 1024
  switch exponent {
  case 0: return sign * fraction * 0x1p-14
  case 31 where fraction == 0: return sign * .infinity
  case 31:
    // A NaN with its sign and payload.
    return Double(bitPattern: UInt64(bits >> 15) << 63 | 0x7FF << 52 | UInt64(bits & 0x3FF) << 42)
  default: return Double(sign: .plus, exponent: exponent - 15, significand: sign * (1 + fraction))
  }
}
