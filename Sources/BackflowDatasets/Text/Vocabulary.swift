internal import BackflowKernels

/// The symbols of a text as numbers 0 ..< count, and back, for models of characters or bytes.
///
///     let vocabulary = Vocabulary(charactersOf: text)
///     let tokens = try vocabulary.encode(text)
///     print(vocabulary.decode(tokens))
///
/// A character is a Unicode scalar, not a cluster of scalars that are drawn as one: so any text is
/// the sequence of its characters, whatever the version of Unicode, CRLF is two of them, and the
/// vocabulary stays small. The bytes are those of UTF-8.
public struct Vocabulary: Sendable, Equatable {
  /// What becomes of a character that the vocabulary does not have.
  public enum Unknown: String, Sendable, CaseIterable {
    /// It is an error.
    case error
    /// It is left out.
    case omit
    /// It has a number of its own, the last one, which is decoded as U+FFFD.
    case symbol
  }

  /// The characters, in the order of their numbers, or `nil` for a vocabulary of bytes.
  public let characters: [Unicode.Scalar]?
  /// What becomes of other characters.
  public let unknown: Unknown
  private let numbers: [Unicode.Scalar: Int]
  /// The numbers of the ASCII characters, and −1 for those that are not known.
  private let asciiNumbers: [Int]

  /// A vocabulary of these characters, in this order.
  ///
  /// - Precondition: The characters are different.
  public init(_ characters: [Unicode.Scalar], unknown: Unknown = .error) {
    let numbers = Dictionary(zip(characters, characters.indices)) { first, _ in first }
    require(
      numbers.count == characters.count,
      "Vocabulary: \(characters.count) characters, of which \(numbers.count) are different")
    (self.characters, self.unknown, self.numbers) = (characters, unknown, numbers)
    asciiNumbers = (0..<128).map { numbers[Unicode.Scalar(UInt8($0))] ?? -1 }
  }

  /// A vocabulary of the characters of a text, in the order of their code points.
  ///
  /// - Parameters:
  ///   - text: The training data.
  ///   - minimumCount: How often a character must occur to be part of the vocabulary.
  ///   - unknown: What becomes of other characters.
  /// - Complexity: O(length of the text)
  public init(charactersOf text: String, minimumCount: Int = 1, unknown: Unknown = .error) {
    var counts: [Unicode.Scalar: Int] = [:]
    for scalar in text.unicodeScalars { counts[scalar, default: 0] += 1 }
    self.init(counts.filter { $0.value >= minimumCount }.keys.sorted(), unknown: unknown)
  }

  /// The 256 bytes, with their values as their numbers. Every text can be encoded.
  public static let bytes = Vocabulary()

  private init() {
    (characters, unknown, numbers, asciiNumbers) = (nil, .error, [:], [])
  }

  /// The number of symbols, with that of unknown characters.
  public var count: Int {
    guard let characters else { return 256 }
    return characters.count + (unknown == .symbol ? 1 : 0)
  }

  /// Returns the number of a character, or `nil` if the vocabulary does not have it. In a
  /// vocabulary of bytes, only ASCII characters have one.
  public func number(of character: Unicode.Scalar) -> Int? {
    characters == nil ? (character.isASCII ? Int(character.value) : nil) : numbers[character]
  }

  /// Returns the numbers of the symbols of a text.
  ///
  /// - Throws: `DataError` for the first unknown character, with its position and the line, if it
  ///   is an error.
  /// - Complexity: O(length of the text)
  public func encode(_ text: String) throws(DataError) -> [Int] {
    if characters == nil { return text.utf8.map { Int($0) } }
    var tokens: [Int] = []
    tokens.reserveCapacity(text.utf8.count)
    for (position, scalar) in text.unicodeScalars.enumerated() {
      let known =
        scalar.value < 128 ? asciiNumbers[Int(scalar.value)] : numbers[scalar] ?? -1
      if known >= 0 {
        tokens.append(known)
        continue
      }
      switch unknown {
      case .omit: break
      case .symbol: tokens.append(count - 1)
      case .error:
        let line = 1 + text.unicodeScalars.prefix(position).count { $0 == "\n" }
        throw DataError(
          nil, line: line,
          "character \(position) is \(scalar.debugDescription), which is not one of the"
            + " \(count) characters of the vocabulary")
      }
    }
    return tokens
  }

  /// Returns the text of symbols. Bytes that are not UTF-8, such as a part of a character, are
  /// decoded as U+FFFD.
  ///
  /// - Precondition: The numbers are in 0 ..< `count`.
  /// - Complexity: O(number of tokens)
  public func decode(_ tokens: [Int]) -> String {
    let wrong = tokens.first { $0 < 0 || $0 >= count }
    require(wrong == nil, "Vocabulary: token \(wrong ?? 0) of \(count)")
    guard let characters else { return String(decoding: tokens.map { UInt8($0) }, as: UTF8.self) }
    var text = String.UnicodeScalarView()
    for token in tokens { text.append(token < characters.count ? characters[token] : "\u{FFFD}") }
    return String(text)
  }
}
