/// The type of the elements of an array and their byte order, from the `descr` of its header.
struct NPYElement: Equatable {
  let type: ElementType
  let isBigEndian: Bool

  /// Creates the element type for NumPy's `descr`: a letter for the kind and a size in bytes, or
  /// one of NumPy's letters and names for types, with or without a preceding byte order.
  ///
  /// The result is `nil` for a type that is not numeric or has parts of more than 8 bytes.
  init?(_ descr: String) {
    let scalars = Array(descr.unicodeScalars)
    let hasOrder = scalars.count > 1 && "<>|=".unicodeScalars.contains(scalars[0])
    let name = String(String.UnicodeScalarView(scalars.dropFirst(hasOrder ? 1 : 0)))
    guard
      let type = NPYElement.sized(name) ?? NPYElement.letters[name]
        ?? NPYElement.numbered(name) ?? (hasOrder ? nil : NPYElement.names[name])
    else { return nil }
    self.type = type
    isBigEndian = hasOrder && scalars[0] == ">"
  }

  /// Returns the `descr` of a little-endian array, or `nil` if NumPy does not have the type.
  static func descr(of type: ElementType) -> String? {
    sizes.first { $0.value == type }.map { (type.size == 1 ? "|" : "<") + $0.key }
  }

  /// The types by the letter of their kind and their size in bytes.
  private static let sizes: [String: ElementType] = [
    "f2": .float16, "f4": .float32, "f8": .float64, "i1": .int8, "i2": .int16, "i4": .int32,
    "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64, "b1": .bool,
    "c8": .complex64, "c16": .complex128,
  ]

  /// Returns the type for a `descr` such as `f4`. The size is parsed like C's `strtol`.
  private static func sized(_ name: String) -> ElementType? {
    var rest = name.unicodeScalars[...]
    guard let kind = rest.popFirst() else { return nil }
    while let first = rest.first, first == " " || (9...13).contains(first.value) {
      rest.removeFirst()
    }
    if rest.first == "+" { rest.removeFirst() }
    guard !rest.isEmpty, rest.allSatisfy({ ("0"..."9").contains($0) }), let size = Int(String(rest))
    else { return nil }
    return sizes["\(kind)\(size)"]
  }

  /// NumPy's letters for C's types on the supported 64-bit systems.
  private static let letters: [String: ElementType] = [
    "?": .bool, "b": .int8, "B": .uint8, "h": .int16, "H": .uint16, "i": .int32, "I": .uint32,
    "l": .int64, "L": .uint64, "q": .int64, "Q": .uint64, "p": .int64, "P": .uint64, "n": .int64,
    "N": .uint64, "e": .float16, "f": .float32, "d": .float64, "F": .complex64, "D": .complex128,
  ]

  /// NumPy's type numbers, for which the characters with these codes are also accepted.
  private static func numbered(_ name: String) -> ElementType? {
    let scalars = name.unicodeScalars
    guard scalars.count == 1, let number = scalars.first?.value else { return nil }
    let types = "? b B h H i I l L q Q f d g F D".split(separator: " ")
    if number == 23 { return letters["e"] }
    return number < types.count ? letters[String(types[Int(number)])] : nil
  }

  /// The type names of NumPy 2.
  private static let names: [String: ElementType] = [
    "bool": .bool, "bool_": .bool, "float16": .float16, "half": .float16, "float32": .float32,
    "single": .float32, "float64": .float64, "double": .float64, "float": .float64,
    "int8": .int8, "byte": .int8, "int16": .int16, "short": .int16, "int32": .int32,
    "intc": .int32, "int64": .int64, "int": .int64, "int_": .int64, "long": .int64,
    "longlong": .int64, "intp": .int64, "uint8": .uint8, "ubyte": .uint8, "uint16": .uint16,
    "ushort": .uint16, "uint32": .uint32, "uintc": .uint32, "uint64": .uint64, "uint": .uint64,
    "ulong": .uint64, "ulonglong": .uint64, "uintp": .uint64, "complex64": .complex64,
    "csingle": .complex64, "complex128": .complex128, "cdouble": .complex128,
    "complex": .complex128,
  ]
}
