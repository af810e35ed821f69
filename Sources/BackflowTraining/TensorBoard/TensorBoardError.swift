internal import BackflowFiles
public import BackflowKernels

/// The reason why a file of events cannot be written.
public struct TensorBoardError: BackflowError, Equatable {
  /// The path of the file or directory.
  public let file: String
  /// A description of the problem.
  public let problem: String

  init(_ error: FileError) { (file, problem) = (error.path, error.problem) }

  /// The file and the problem, in one line.
  public var description: String { file + ": " + problem }
}
