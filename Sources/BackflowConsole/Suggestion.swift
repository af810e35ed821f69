internal import ArgumentParser

extension ParsableCommand {
  /// An error that names the subcommand that the user may have meant, if a word that should be one
  /// is not. ArgumentParser does the same for options.
  static func mistypedSubcommand(_ arguments: [String]) -> ValidationError? {
    var commands = configuration.subcommands
    var path = configuration.commandName ?? ""
    for argument in arguments.first == "help" ? arguments.dropFirst() : arguments[...] {
      guard !commands.isEmpty, !argument.hasPrefix("-") else { return nil }
      let names = commands.compactMap { $0.configuration.commandName }
      guard let index = commands.firstIndex(where: { $0.configuration.commandName == argument })
      else {
        let nearest = names.min { distance(argument, $0) < distance(argument, $1) }
        let hint =
          nearest.flatMap { distance(argument, $0) <= 2 ? " Did you mean '\($0)'?" : nil }
          ?? " Expected one of " + names.joined(separator: ", ") + "."
        return ValidationError("'\(argument)' is not a subcommand of '\(path)'.\(hint)")
      }
      path += " " + argument
      commands = commands[index].configuration.subcommands
    }
    return nil
  }
}

/// The number of characters to insert, remove, replace or exchange with their neighbor, to make one
/// word of the other (Damerau, Communications of the ACM 7, 1964).
func distance(_ one: String, _ other: String) -> Int {
  let (a, b) = (Array(one), Array(other))
  var rows = [Array(0...b.count)]
  for i in 1...max(1, a.count) where i <= a.count {
    var row = [i] + [Int](repeating: 0, count: b.count)
    for j in 1...max(1, b.count) where j <= b.count {
      let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      row[j] = min(rows[i - 1][j] + 1, row[j - 1] + 1, replaced)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        row[j] = min(row[j], rows[i - 2][j - 2] + 1)
      }
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
