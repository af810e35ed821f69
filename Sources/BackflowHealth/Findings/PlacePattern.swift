/// A pattern for the names of layers and parameters, in which `*` stands for any characters:
/// "encoder", "*.bias". A layer stands for all that is inside it as well.
struct PlacePattern: Sendable, Codable, Equatable {
  private let parts: [String]

  init(_ pattern: String) {
    // "encoder.*" means the encoder and all that is inside it, as "encoder" does.
    let place = pattern.hasSuffix(".*") ? pattern.dropLast(2) : pattern[...]
    parts = place.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
  }

  /// Whether the pattern is "*".
  var isEverything: Bool { parts == ["", ""] }

  /// Whether the pattern is the whole name, or that of a layer around it.
  func matches(_ name: String) -> Bool {
    var end = name.endIndex
    while true {
      if isWhole(String(name[..<end])) { return true }
      guard let dot = name[..<end].lastIndex(of: ".") else { return false }
      end = dot
    }
  }

  private func isWhole(_ name: String) -> Bool {
    guard let first = parts.first, let last = parts.last, name.hasPrefix(first) else {
      return false
    }
    if parts.count == 1 { return name == first }
    var rest = name.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let end = Self.end(of: part, in: rest) else { return false }
      rest = rest[end...]
    }
    return rest.hasSuffix(last)
  }

  private static func end(of part: String, in text: Substring) -> Substring.Index? {
    text.indices.first { text[$0...].hasPrefix(part) }.map { text.index($0, offsetBy: part.count) }
  }
}

extension PlacePattern: CustomStringConvertible {
  /// The pattern in quotes.
  var description: String { "\"\(parts.joined(separator: "*"))\"" }
}
