/// A token of a Python literal.
enum PythonToken: Equatable {
  case mark(Unicode.Scalar)
  /// An integer, with its value if it fits in `Int`.
  case integer(Int?)
  case real
  case imaginary
  case text([UInt32])
  case bytes
  case name(String)
  case ellipsis
  case end
}

/// Divides the text of a Python literal into tokens, by Python's grammar. See "The Python Language
/// Reference", chapter 2, "Lexical analysis".
struct PythonTokenizer {
  /// Whether to accept what NumPy's second attempt accepts: an `L` after an integer, as Python 2
  /// wrote it, and a last line of blanks. A carriage return without a newline is then not the end
  /// of a line.
  private let isLenient: Bool
  private let text: [Unicode.Scalar]
  var position = 0
  /// The position at which the last token begins.
  private(set) var start = 0
  /// The open brackets, within which line ends have no meaning.
  private var depth = 0
  private var isAtStart = true
  /// The character that ended the last line outside brackets: a backslash if the line continues.
  private var lastLineEnd: Unicode.Scalar?
  static let maximumDepth = 200

  init(_ source: some Sequence<Unicode.Scalar>, isLenient: Bool) {
    self.isLenient = isLenient
    var text: [Unicode.Scalar] = []
    for scalar in source {
      // Both characters together are one line end.
      if scalar == "\n", text.last == "\r" { text.removeLast() }
      text.append(scalar)
    }
    self.text = text
    position = text.firstIndex { $0 != " " && $0 != "\t" } ?? text.count
  }

  func failure(_ problem: String) -> PythonSyntaxError {
    PythonSyntaxError(position: position, problem: problem)
  }

  func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    position + offset < text.count ? text[position + offset] : nil
  }

  mutating func next() throws(PythonSyntaxError) -> PythonToken {
    if isAtStart {
      isAtStart = false
      if text.contains("\0") { throw failure("a zero byte") }
      let begin = position
      if try skipLineStarts() { throw failure("an indented line") }
      if isLenient, text[begin..<position].contains("\r") { throw failure("a carriage return") }
    }
    try skipBlanks()
    start = position
    guard let first = peek() else { return .end }
    if first.isNewline {
      // The expression has ended; only blank lines and comments may follow.
      let isIndented = try skipLineStarts()
      guard peek() == nil else { throw failure("more than one line of values") }
      if isIndented, !isLenient || lastLineEnd != "\n" {
        throw failure("a last line of blanks")
      }
      return .end
    }
    if first.isDigit || (first == "." && peek(1)?.isDigit == true) {
      let number = try number()
      try skipLongSuffixes()
      return number
    }
    if first == "'" || first == "\"" { return try string(prefix: "") }
    if first.isNamePart { return try nameOrString() }
    if first == ".", peek(1) == ".", peek(2) == "." {
      position += 3
      return .ellipsis
    }
    guard "()[]{},:+-".unicodeScalars.contains(first) else {
      throw failure("a character that does not begin a value")
    }
    if "([{".unicodeScalars.contains(first) { depth += 1 }
    if ")]}".unicodeScalars.contains(first) { depth = max(0, depth - 1) }
    guard depth <= Self.maximumDepth else { throw failure("too many nested brackets") }
    position += 1
    return .mark(first)
  }

  // MARK: - Blanks

  /// Skips blanks and comments: across lines within brackets, and to the end of the line outside.
  private mutating func skipBlanks() throws(PythonSyntaxError) {
    while let scalar = peek() {
      switch scalar {
      case " ", "\t", "\u{C}": position += 1
      case "\n", "\r":
        if depth == 0 { return }
        position += 1
      case "#": while let scalar = peek(), !scalar.isNewline { position += 1 }
      case "\\": try continueLine()
      default: return
      }
    }
  }

  private mutating func continueLine() throws(PythonSyntaxError) {
    guard peek(1)?.isNewline == true else { throw failure("a backslash that does not end a line") }
    position += 2
    guard peek() != nil else { throw failure("the end of the text after a backslash") }
  }

  /// Skips blank lines, comments, and the blanks at the start of the next line. Returns whether
  /// that line is indented, which is invalid outside brackets.
  private mutating func skipLineStarts() throws(PythonSyntaxError) -> Bool {
    var column = 0
    let begin = position
    while let scalar = peek() {
      switch scalar {
      case " ", "\t": (column, position) = (column + 1, position + 1)
      case "\u{C}": (column, position) = (isLenient && position == begin ? -1000 : 0, position + 1)
      case "\n", "\r":
        lastLineEnd = scalar
        (column, position) = (0, position + 1)
      case "#":
        column = 0
        while let scalar = peek(), !scalar.isNewline { position += 1 }
      case "\\":
        lastLineEnd = scalar
        try continueLine()
      default: return column > 0
      }
    }
    return column > 0
  }

  // MARK: - Names and numbers

  private mutating func nameOrString() throws(PythonSyntaxError) -> PythonToken {
    var name = ""
    while let scalar = peek(), scalar.isNamePart {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    let prefix = name.lowercased()
    if let quote = peek(), quote == "'" || quote == "\"",
      ["r", "u", "b", "br", "rb", "f", "fr", "rf"].contains(prefix)
    {
      if prefix.contains("f") { throw failure("a formatted string") }
      return try string(prefix: prefix)
    }
    return .name(name)
  }

  /// Skips each `L` that follows a number as a separate token.
  private mutating func skipLongSuffixes() throws(PythonSyntaxError) {
    guard isLenient else {
      if peek()?.isNamePart == true { throw failure("a number with letters") }
      return
    }
    while true {
      let start = position
      while let scalar = peek() {
        if scalar == " " || scalar == "\t" || scalar == "\u{C}" {
          position += 1
        } else if scalar == "\\" {
          try continueLine()
        } else {
          break
        }
      }
      guard peek() == "L", peek(1)?.isNamePart != true else {
        if position == start, peek()?.isNamePart == true { throw failure("a number with letters") }
        position = start
        return
      }
      position += 1
    }
  }

  private mutating func number() throws(PythonSyntaxError) -> PythonToken {
    if peek() == "0", let letter = peek(1) {
      let radixes: [Unicode.Scalar: Int] = [
        "x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2,
      ]
      if let radix = radixes[letter] {
        position += 2
        if peek() == "_" { position += 1 }
        return .integer(Int(try digits(radix), radix: radix))
      }
    }
    let whole = peek() == "." ? "" : try digits(10)
    var isInteger = true
    if peek() == "." {
      (isInteger, position) = (false, position + 1)
      if peek()?.isDigit == true { _ = try digits(10) }
    }
    if let scalar = peek(), scalar == "e" || scalar == "E" {
      let sign = peek(1) == "+" || peek(1) == "-" ? 1 : 0
      if peek(1 + sign)?.isDigit == true {
        (isInteger, position) = (false, position + 1 + sign)
        _ = try digits(10)
      }
    }
    if let scalar = peek(), scalar == "j" || scalar == "J" {
      position += 1
      return .imaginary
    }
    guard isInteger else { return .real }
    if whole.first == "0", whole.contains(where: { $0 != "0" }) {
      throw failure("an integer that begins with 0")
    }
    if whole.count > 4300 { throw failure("an integer of more than 4300 digits") }
    return .integer(Int(whole))
  }

  /// Parses digits, which single underscores may separate.
  private mutating func digits(_ radix: Int) throws(PythonSyntaxError) -> String {
    var digits = ""
    while let scalar = peek() {
      if let value = Character(scalar).hexDigitValue, scalar.isASCII, value < radix {
        digits.unicodeScalars.append(scalar)
        position += 1
      } else if scalar == "_", !digits.isEmpty,
        let value = peek(1).flatMap({ Character($0).hexDigitValue }), value < radix
      {
        position += 1
      } else {
        break
      }
    }
    guard !digits.isEmpty else { throw failure("a number without digits") }
    return digits
  }
}

extension Unicode.Scalar {
  var isNewline: Bool { self == "\n" || self == "\r" }

  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }

  /// Whether the character continues a name. The only meaningful names are True, False, None, and
  /// set, so that non-ASCII characters need not be distinguished.
  fileprivate var isNamePart: Bool {
    ("a"..."z").contains(self) || ("A"..."Z").contains(self) || isDigit || self == "_" || !isASCII
  }
}
