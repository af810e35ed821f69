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
