public import BackflowKernels

/// An error in a file, with its position.
public struct CheckpointError: BackflowError, Equatable {
  /// The path of the file, as given by the caller.
  public let file: String
  /// The offset of the byte at which reading failed, if known.
  public let offset: Int?
  /// A description of the problem: what was expected, and what was found.
  public let problem: String

  init(_ file: String, at offset: Int? = nil, _ problem: String) {
    self.file = file
    self.offset = offset
    self.problem = problem
  }

  /// The file, the byte, and the problem, in one line.
  public var description: String {
    file + (offset.map { ", byte \($0)" } ?? "") + ": " + problem
  }
}
