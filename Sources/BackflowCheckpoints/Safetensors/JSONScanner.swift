/// A scanner of JSON text (RFC 8259) that reports the position of every error, for headers whose
/// structure is known.
struct JSONScanner {
  private let bytes: [UInt8]
  /// The index of the next byte.
  private(set) var position: Int

  /// An error at a position of the text.
  struct Problem: Error {
    let position: Int
    let description: String
  }

  /// The largest depth of nested values, which is that of the reference implementation.
  static let maximumDepth = 126

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    skipBlanks()
  }

  var isAtEnd: Bool { position == bytes.count }

  func problem(_ description: String) -> Problem {
    Problem(position: position, description: description)
  }

  /// Throws an error that names what was expected and the byte that was found.
  private func expected(_ what: String) -> Problem {
    problem(
      "expected \(what), found " + (isAtEnd ? "the end of the header" : shown(bytes[position])))
  }

  private func shown(_ byte: UInt8) -> String {
    (0x21..<0x7F).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "byte \(byte)"
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  /// Takes `mark`, with the blanks that follow it, if it is next.
  mutating func take(_ mark: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
    position += 1
    skipBlanks()
    return true
  }

  mutating func expect(_ mark: Unicode.Scalar) throws(Problem) {
    guard take(mark) else { throw expected("'\(mark)'") }
  }

  /// Takes the comma between two elements, or returns `false` at the mark that ends them.
  private mutating func goesOn(before end: Unicode.Scalar) throws(Problem) -> Bool {
    if take(end) { return false }
    guard take(",") else { throw expected("',' or '\(end)'") }
    return true
  }

  /// Scans an object and calls `value` at the value of each key.
  mutating func object(
    _ value: (inout JSONScanner, _ key: String) throws(Problem) -> Void
  ) throws(Problem) {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try value(&self, key)
    } while try goesOn(before: "}")
  }

  /// Scans an array of integers that are not negative.
  mutating func naturals() throws(Problem) -> [Int] {
    try expect("[")
    var values: [Int] = []
    if take("]") { return values }
    repeat { values.append(try natural()) } while try goesOn(before: "]")
    return values
  }

  /// Scans an array of strings.
  mutating func strings() throws(Problem) -> [String] {
    try expect("[")
    var values: [String] = []
    if take("]") { return values }
    repeat { values.append(try string()) } while try goesOn(before: "]")
    return values
  }

  /// Scans an integer that is not negative, in digits only.
  mutating func natural() throws(Problem) -> Int {
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !tooLarge, !overflow else {
        throw Problem(position: start, description: "expected an integer below 2⁶³")
      }
      value = sum
      position += 1
    }
    guard position > start else { throw expected("an integer that is not negative") }
    guard bytes[start] != 0x30 || position == start + 1 else {
      throw Problem(position: start, description: "expected an integer without leading zeros")
    }
    if position < bytes.count, [0x2E, 0x65, 0x45].contains(bytes[position]) {
      throw expected("an integer without a fraction or an exponent")
    }
    skipBlanks()
    return value
  }

  /// Takes `word`, such as `null`, if it is next.
  mutating func take(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    skipBlanks()
    return true
  }

  // MARK: - Strings

  mutating func string() throws(Problem) -> String {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      throw expected("a string")
    }
    let start = position
    position += 1
    var text: [UInt8] = []
    while true {
      guard position < bytes.count else {
        throw Problem(position: start, description: "expected a string that ends")
      }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: text, as: UTF8.self) else {
          throw Problem(position: start, description: "expected a string in UTF-8")
        }
        skipBlanks()
        return text
      case UInt8(ascii: "\\"): text += try escape()
      case 0..<0x20:
        position -= 1
        throw expected("an escaped control character")
      default: text.append(byte)
      }
    }
  }

  /// Scans what follows a backslash, and returns it in UTF-8.
  private mutating func escape() throws(Problem) -> [UInt8] {
    guard position < bytes.count else { throw expected("an escape sequence") }
    let byte = bytes[position]
    position += 1
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return [byte]
    case "b": return [0x08]
    case "f": return [0x0C]
    case "n": return [0x0A]
    case "r": return [0x0D]
    case "t": return [0x09]
    case "u":
      let first = try hexadecimal()
      if let scalar = Unicode.Scalar(first) { return Array(String(scalar).utf8) }
      // A character beyond the basic plane is a pair of surrogates.
      guard (0xD800..<0xDC00).contains(first), bytes[position...].starts(with: [0x5C, 0x75]) else {
        throw problem("expected a pair of surrogates, found a single one")
      }
      position += 2
      let second = try hexadecimal()
      guard (0xDC00..<0xE000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      else { throw problem("expected a pair of surrogates, found a single one") }
      return Array(String(scalar).utf8)
    default:
      position -= 1
      throw expected("an escape sequence")
    }
  }

  private mutating func hexadecimal() throws(Problem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw expected("four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  // MARK: - Other values

  /// Skips a value of any kind.
  mutating func skipValue() throws(Problem) {
    // The marks that end the open arrays and objects.
    var ends: [Unicode.Scalar] = []
    repeat {
      var isOpen = false
      if take("{") {
        if !take("}") {
          ends.append("}")
          isOpen = true
        }
      } else if take("[") {
        if !take("]") {
          ends.append("]")
          isOpen = true
        }
      } else {
        try skipScalar()
      }
      guard ends.count <= JSONScanner.maximumDepth else {
        throw problem("expected at most \(JSONScanner.maximumDepth) nested values")
      }
      if !isOpen {
        while let end = ends.last, try !goesOn(before: end) { ends.removeLast() }
      }
      if ends.last == "}" {
        _ = try string()
        try expect(":")
      }
    } while !ends.isEmpty
  }

  private mutating func skipScalar() throws(Problem) {
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      _ = try string()
    } else if !take(word: "true"), !take(word: "false"), !take(word: "null") {
      try skipNumber()
    }
  }

  private mutating func skipNumber() throws(Problem) {
    func skipDigits() throws(Problem) {
      guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else {
        throw expected("a value")
      }
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    }
    func takeByte(_ marks: String) -> Bool {
      guard position < bytes.count, marks.utf8.contains(bytes[position]) else { return false }
      position += 1
      return true
    }
    _ = takeByte("-")
    if !takeByte("0") { try skipDigits() }
    if takeByte(".") { try skipDigits() }
    if takeByte("eE") {
      _ = takeByte("+-")
      try skipDigits()
    }
    skipBlanks()
  }
}
