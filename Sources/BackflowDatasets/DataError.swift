internal import BackflowCheckpoints
public import BackflowKernels

/// An error in data from outside the program, with its position.
public struct DataError: BackflowError, Equatable {
  /// The path of the file, as given by the caller, or `nil` for data made in memory.
  public let file: String?
  /// The number of the line in the file, from 1, on which the problem begins, if known.
  public let line: Int?
  /// The name of the column, if the problem is in one.
  public let column: String?
  /// A description of the problem: what was expected, and what was found.
  public let problem: String

  init(_ file: String?, line: Int? = nil, column: String? = nil, _ problem: String) {
    (self.file, self.line, self.column, self.problem) = (file, line, column, problem)
  }

  init(_ problem: String) { self.init(nil, problem) }

  /// The error of a file that another process has changed.
  static func changed(_ file: String?) -> DataError {
    DataError(file, "the file was changed while it was read")
  }

  /// The file, the line, the column, and the problem, in one line.
  public var description: String {
    let place = [file, line.map { "line \($0)" }, column.map { "column \(escaped($0))" }]
    let known = place.compactMap { $0 }
    return known.isEmpty ? problem : known.joined(separator: ", ") + ": " + problem
  }
}
