/// Returns the names of files for these titles: with "_" for each character that has a meaning in a
/// path, and a number before names that would be the same in a file system that ignores case.
func fileNames(of titles: [String]) -> [String] {
  let names = titles.map { title in
    String(title.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "_" })
  }
  let counts = Dictionary(names.map { ($0.lowercased(), 1) }, uniquingKeysWith: +)
  return names.enumerated().map { index, name in
    counts[name.lowercased()] == 1 ? name : "\(index + 1)-\(name)"
  }
}
