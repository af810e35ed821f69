extension PythonTokenizer {
  /// Returns the string or bytes literal whose opening quote is next.
  mutating func string(prefix: String) throws(PythonSyntaxError) -> PythonToken {
    guard let quote = peek() else { throw failure("a string without its opening quote") }
    let isTriple = peek(1) == quote && peek(2) == quote
    position += isTriple ? 3 : 1
    var points: [UInt32] = []
    let (isRaw, isBytes) = (prefix.contains("r"), prefix.contains("b"))
    while let scalar = peek() {
      if scalar == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
        position += isTriple ? 3 : 1
        return isBytes ? .bytes : .text(points)
      }
      if scalar.isNewline, !isTriple { break }
      if isBytes, !scalar.isASCII { throw failure("bytes that are not ASCII") }
      if scalar == "\\", let next = peek(1) {
        position += 2
        if isRaw {
          points += [scalar.value, next.value]
        } else {
          points += try escaped(next, isBytes: isBytes)
        }
      } else {
        points.append(scalar.value)
        position += 1
      }
    }
    throw failure("a string without its closing quote")
  }

  /// Returns the meaning of a backslash and `scalar`, and advances past both.
  private mutating func escaped(
    _ scalar: Unicode.Scalar, isBytes: Bool
  ) throws(PythonSyntaxError) -> [UInt32] {
    switch scalar {
    case "\n", "\r": return []
    case "\\", "'", "\"": return [scalar.value]
    case "a": return [7]
    case "b": return [8]
    case "f": return [12]
    case "n": return [10]
    case "r": return [13]
    case "t": return [9]
    case "v": return [11]
    case "0"..."7":
      var value = scalar.value - 48
      for _ in 0..<2 {
        guard let digit = peek(), ("0"..."7").contains(digit) else { break }
        value = value * 8 + digit.value - 48
        position += 1
      }
      return [value]
    case "x": return [try hexadecimal(2)]
    case "u" where !isBytes: return [try hexadecimal(4)]
    case "U" where !isBytes:
      let value = try hexadecimal(8)
      guard value <= 0x10FFFF else { throw failure("a character outside Unicode") }
      return [value]
    case "N" where !isBytes: throw failure("a character by its name")
    default: return [92, scalar.value]
    }
  }

  private mutating func hexadecimal(_ count: Int) throws(PythonSyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let scalar = peek(), scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
        throw failure("an escaped character without \(count) digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
