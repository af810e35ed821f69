/// The names of what a training keeps beside a parameter: its gradient and its moments.
enum ParameterCompanions {
  /// The components of names under which PyTorch, and `OptimizerState` and programs here, keep a
  /// tensor for each parameter.
  private static let words: Set<Substring> = [
    "grad", "grads", "gradient", "gradients", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "exp_inf",
    "momentum_buffer", "square_avg", "grad_avg", "acc_delta",
  ]

  /// The number of components of a name that may precede what it has in common with the name of a
  /// gradient.
  private static let maximumPrefixLength = 16

  /// Returns the end of the name of the parameter, if the name is that of a gradient or a moment.
  static func parameter(of name: String) -> Substring? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let place = parts.lastIndex(where: words.contains), place + 1 < parts.count else {
      return nil
    }
    return name[parts[place + 1].startIndex...]
  }

  /// Returns a name, and the name without its first components.
  static func endings(of name: String) -> [Substring] {
    var (endings, rest) = ([Substring](), name[...])
    for _ in 0...maximumPrefixLength {
      endings.append(rest)
      guard let dot = rest.firstIndex(of: ".") else { break }
      rest = rest[rest.index(after: dot)...]
    }
    return endings
  }

  /// Returns the names without those of the gradients and moments of another.
  static func parameters(among names: [String]) -> [String] {
    let endings = Set(names.filter { parameter(of: $0) == nil }.flatMap(endings(of:)))
    return names.filter { name in parameter(of: name).map { !endings.contains($0) } ?? true }
  }
}
