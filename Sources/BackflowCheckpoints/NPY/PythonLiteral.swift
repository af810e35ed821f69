/// A parser for Python literals, like `ast.literal_eval`: strings, numbers, tuples, lists, sets,
/// dictionaries, True, False, and None.
struct PythonLiteral {
  private var tokens: PythonTokenizer
  private var token = PythonToken.end

  /// Returns the value of `text`.
  ///
  /// - Parameters:
  ///   - text: The text of the literal.
  ///   - isLenient: Whether to accept what NumPy accepts if Python cannot parse a header; see
  ///     `PythonTokenizer`.
  static func value(
    of text: some Sequence<Unicode.Scalar>, isLenient: Bool
  ) throws(PythonSyntaxError) -> PythonValue {
    var literal = PythonLiteral(tokens: PythonTokenizer(text, isLenient: isLenient))
    try literal.advance()
    let value = try literal.expression()
    guard literal.token == .end else { throw literal.failure("something after the value") }
    return value
  }

  private init(tokens: PythonTokenizer) { self.tokens = tokens }

  /// Returns an error at the current token.
  private func failure(_ problem: String) -> PythonSyntaxError {
    PythonSyntaxError(position: tokens.start, problem: problem)
  }

  private mutating func advance() throws(PythonSyntaxError) { token = try tokens.next() }

  private mutating func take(_ mark: Unicode.Scalar) throws(PythonSyntaxError) -> Bool {
    guard token == .mark(mark) else { return false }
    try advance()
    return true
  }

  // MARK: - Grammar

  /// The form of an expression apart from its value, which distinguishes the parts of a complex
  /// number.
  private enum Form { case number, imaginary, other }

  private mutating func expression() throws(PythonSyntaxError) -> PythonValue {
    try formed().value
  }

  private mutating func formed() throws(PythonSyntaxError) -> (value: PythonValue, form: Form) {
    let left = try signed()
    guard token == .mark("+") || token == .mark("-") else { return left }
    guard left.form == .number else { throw failure("a sum that is not a complex number") }
    try advance()
    guard try atom().form == .imaginary else { throw failure("a sum that is not a complex number") }
    return (.other, .other)
  }

  private mutating func signed() throws(PythonSyntaxError) -> (value: PythonValue, form: Form) {
    let isNegative = token == .mark("-")
    guard isNegative || token == .mark("+") else { return try atom() }
    try advance()
    let (value, form) = try atom()
    guard form != .other else { throw failure("a sign that does not precede a number") }
    guard isNegative, case .integer(let magnitude) = value else { return (value, form) }
    return (.integer(magnitude.map { -$0 }), form)
  }

  private mutating func atom() throws(PythonSyntaxError) -> (value: PythonValue, form: Form) {
    let (first, start) = (token, tokens.start)
    try advance()
    switch first {
    case .integer(let value): return (.integer(value), .number)
    case .real: return (.other, .number)
    case .imaginary: return (.other, .imaginary)
    case .text(let points): return (try strings(from: points), .other)
    case .bytes:
      while token == .bytes { try advance() }
      if case .text = token { throw failure("bytes next to a string") }
      return (.other, .other)
    case .ellipsis: return (.other, .other)
    case .name("True"): return (.boolean(true), .other)
    case .name("False"): return (.boolean(false), .other)
    case .name("None"): return (.other, .other)
    case .name("set") where token == .mark("("):
      try advance()
      guard try take(")") else { throw failure("a call") }
      return (.unhashable, .other)
    case .name(let name):
      throw PythonSyntaxError(position: start, problem: "the name \(escaped(name, limit: 30))")
    case .mark("("): return try parenthesized()
    case .mark("["):
      while try !take("]") {
        _ = try expression()
        try separator(before: "]")
      }
      return (.unhashable, .other)
    case .mark("{"): return (try braced(), .other)
    case .end: throw PythonSyntaxError(position: start, problem: "its end")
    case .mark(let mark):
      throw PythonSyntaxError(position: start, problem: "\(mark) in place of a value")
    }
  }

  /// Parses adjacent strings, which are concatenated.
  private mutating func strings(
    from first: [UInt32]
  ) throws(PythonSyntaxError) -> PythonValue {
    var points = first
    while case .text(let more) = token {
      points += more
      try advance()
    }
    if token == .bytes { throw failure("bytes next to a string") }
    return .text(points)
  }

  private mutating func separator(before end: Unicode.Scalar) throws(PythonSyntaxError) {
    if token == .mark(end) { return }
    guard try take(",") else { throw failure("a missing comma") }
  }

  private mutating func parenthesized() throws(PythonSyntaxError) -> (
    value: PythonValue, form: Form
  ) {
    if try take(")") { return (.tuple([]), .other) }
    let first = try formed()
    if try take(")") { return first }
    var elements = [first.value]
    try separator(before: ")")
    while try !take(")") {
      elements.append(try expression())
      try separator(before: ")")
    }
    return (.tuple(elements), .other)
  }

  /// Parses a dictionary or a set.
  private mutating func braced() throws(PythonSyntaxError) -> PythonValue {
    if try take("}") { return .dictionary([]) }
    var entries: [(key: PythonValue, value: PythonValue)] = []
    let first = try key()
    guard try take(":") else {
      try separator(before: "}")
      while try !take("}") {
        _ = try key()
        try separator(before: "}")
      }
      return .unhashable
    }
    entries.append((first, try expression()))
    try separator(before: "}")
    while try !take("}") {
      let key = try key()
      guard try take(":") else { throw failure("a key without a colon") }
      entries.append((key, try expression()))
      try separator(before: "}")
    }
    return .dictionary(entries)
  }

  private mutating func key() throws(PythonSyntaxError) -> PythonValue {
    let value = try expression()
    guard value.isHashable else { throw failure("a list, set or dictionary as a key") }
    return value
  }
}
