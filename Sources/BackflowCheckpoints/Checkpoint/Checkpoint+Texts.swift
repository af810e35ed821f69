internal import OrderedCollections

extension Checkpoint {
  /// Adds a list of texts, such as the categories of an encoder, to the metadata, as a JSON array.
  ///
  /// - Throws: `CheckpointError` if the metadata have the name already.
  public mutating func insert(_ texts: [String], named name: String) throws(CheckpointError) {
    guard metadata[name] == nil else {
      throw CheckpointError(origin, entry: name, "the metadata have a text of this name already")
    }
    metadata[name] = "[" + texts.map(jsonString).joined(separator: ",") + "]"
  }

  /// Returns a list of texts that was added under this name.
  ///
  /// - Throws: `CheckpointError` if there is no such list.
  public func texts(named name: String) throws(CheckpointError) -> [String] {
    guard let text = metadata[name] else {
      throw CheckpointError(origin, entry: name, "the metadata have no text of this name")
    }
    do throws(JSONScanner.Problem) {
      var scanner = JSONScanner(Array(text.utf8))
      let texts = try scanner.strings()
      guard scanner.isAtEnd else { throw scanner.problem("expected the end of the list") }
      return texts
    } catch {
      throw CheckpointError(
        origin, entry: name,
        "expected a list of texts; at byte \(error.position) of the text, "
          + error.description)
    }
  }
}

/// Returns `text` as a JSON string.
func jsonString(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\u{8}": result += "\\b"
    case "\u{C}": result += "\\f"
    case ..<" ":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
