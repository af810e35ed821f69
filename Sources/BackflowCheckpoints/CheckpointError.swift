public import BackflowKernels

/// What is wrong with a file, and where.
public struct CheckpointError: BackflowError, Equatable {
  /// The path as it was given.
  public let file: String
  /// The byte at which reading failed, where one can be named.
  public let offset: Int?
  /// What was expected and what was found.
  public let problem: String

  init(_ file: String, at offset: Int? = nil, _ problem: String) {
    self.file = file
    self.offset = offset
    self.problem = problem
  }

  /// File, byte and problem in one line.
  public var description: String {
    file + (offset.map { ", byte \($0)" } ?? "") + ": " + problem
  }
}
