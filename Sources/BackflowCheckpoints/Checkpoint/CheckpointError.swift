public import BackflowKernels

/// An error in a checkpoint, with its position.
public struct CheckpointError: BackflowError, Equatable {
  /// The path of the file, as given by the caller.
  public let file: String
  /// The tensor or the entry of the archive in which reading failed, if known.
  public let entry: String?
  /// The offset of the byte at which reading failed, if known. It counts from the start of the
  /// file, or, in a compressed entry, from the start of the decompressed entry.
  public let offset: Int?
  /// A description of the problem: what was expected, and what was found.
  public let problem: String
  /// The differences from a model, if these are the problem.
  public let mismatch: Mismatch?

  package init(
    _ file: String, entry: String? = nil, at offset: Int? = nil, _ problem: String,
    mismatch: Mismatch? = nil
  ) {
    self.mismatch = mismatch
    self.file = file
    self.entry = entry
    self.offset = offset
    self.problem = problem
  }

  /// Returns this error under the name of the tensor that was being read. The entry of an archive
  /// precedes the problem.
  package func reading(_ tensor: String) -> CheckpointError {
    guard let entry, entry != tensor else {
      return CheckpointError(file, entry: tensor, at: offset, problem)
    }
    return CheckpointError(file, entry: tensor, at: offset, "in \(escaped(entry)), \(problem)")
  }

  /// The file, the entry, the byte, and the problem, in one line.
  public var description: String {
    file + (entry.map { ", \(escaped($0))" } ?? "") + (offset.map { ", byte \($0)" } ?? "") + ": "
      + problem
  }
}
