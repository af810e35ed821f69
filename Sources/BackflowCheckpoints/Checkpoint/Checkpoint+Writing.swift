internal import BackflowFiles

extension Checkpoint {
  /// Writes the tensors and the metadata to `path`. The extension selects the format:
  ///
  /// - `.safetensors`: all types that safetensors has; metadata.
  /// - `.npz`: types that NumPy has; no metadata.
  /// - `.npy`: one tensor, without its name; no metadata.
  /// - none: a directory with a `.npy` file for each tensor; no metadata. See `writeDirectory`.
  ///
  /// A file is written completely or not at all, and has the permissions of the file that it
  /// replaces. The same checkpoint gives the same bytes.
  ///
  /// - Throws: `CheckpointError` if the format does not have a type or cannot hold the metadata, or
  ///   the file cannot be written. The old file is then unchanged.
  public func write(to path: String) throws(CheckpointError) {
    switch pathExtension(path) {
    case "safetensors": try writeSafetensors(to: path)
    case "npz": try writeNPZ(to: path)
    case "npy": try writeNPY(to: path)
    case nil: try writeDirectory(to: path)
    case let other?:
      throw CheckpointError(
        path,
        "cannot be written: expected the extension .safetensors, .npz or .npy, or none for a"
          + " directory, found .\(other)")
    }
  }

  private func pathExtension(_ path: String) -> String? {
    if path.hasSuffix("/") { return nil }
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    let suffix = name[name.index(after: dot)...]
    return suffix.isEmpty ? nil : suffix.lowercased()
  }
}
