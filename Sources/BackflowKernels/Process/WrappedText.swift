extension String {
  /// Returns this text in lines of at most `width` characters, if its words allow.
  ///
  /// - Parameters:
  ///   - indent: What the first line begins with.
  ///   - hangingIndent: What all other lines begin with.
  ///
  /// A number and its percent sign are not separated.
  package func wrapped(
    width: Int, indent: String = "", hangingIndent: String = ""
  ) -> [String] {
    var lines: [String] = []
    var line = indent
    var isEmpty = true
    let words = split(separator: " ").reduce(into: [String]()) { words, word in
      if word.hasPrefix("%"), let last = words.popLast() {
        words.append(last + " " + word)
      } else {
        words.append(String(word))
      }
    }
    for word in words {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = hangingIndent
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}
