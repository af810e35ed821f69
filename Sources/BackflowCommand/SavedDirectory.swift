internal import Backflow
internal import BackflowFiles

/// A directory of `.npy` files.
struct SavedDirectory {
  let path: String
  /// The names of the files without ".npy", in ascending order.
  let names: [String]

  /// Reads the names of the files.
  ///
  /// - Throws: `FileError` if the directory cannot be read.
  init(_ path: String) throws(FileError) {
    self.path = path
    let files = try InputFolder(path)?.fileNames() ?? []
    names = files.filter { $0.hasSuffix(".npy") && !$0.hasPrefix(".") }
      .map { String($0.dropLast(4)) }.sorted()
  }

  func holds(_ name: String) -> Bool { names.contains(name) }

  /// The models of `train digits` whose parameters are all present.
  var models: [DigitModel] {
    DigitModel.allCases.filter { $0.parameterNames.allSatisfy(holds) }
  }
}

/// An error for a directory without a network that can be analyzed.
struct ForeignDirectory: Error, CustomStringConvertible {
  private let directory: SavedDirectory

  init(_ directory: SavedDirectory) { self.directory = directory }

  var description: String {
    "\(directory.path): expected a directory written by `backflow train digits --model rnn --save`, found"
      + " \(contents). For another vanilla recurrent network, give the file of the recurrent"
      + " weight [hidden, hidden]: `backflow stability \(example)`"
  }

  private var contents: String {
    let names = directory.names
    if names.isEmpty { return "no .npy file" }
    let shown = names.prefix(8).map { shortened($0) + ".npy" }.joined(separator: ", ")
    return shown + (names.count > 8 ? " and \(names.count - 8) more .npy files" : "")
  }

  private var example: String {
    let name = directory.names.first { $0.contains("weight_hh") }
    return name.map { "\(directory.path)/\(shortened($0)).npy" } ?? "weight_hh.npy"
  }

  /// Returns a file name in printable form, on one line.
  private func shortened(_ name: String) -> String {
    let plain = name.unicodeScalars.map {
      $0.properties.generalCategory == .control ? "?" : "\($0)"
    }
    return plain.count > 60 ? plain.prefix(60).joined() + "…" : plain.joined()
  }
}
