internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import Foundation

/// The parameters of a model as a directory of `.npy` files, one a parameter, each under its name:
/// `rnn.weight_hh_l0.npy`. NumPy reads them as they are.
public enum NPYDirectory {
  /// Writes every parameter of `model`. The directory appears whole or not at all; one that is
  /// already there is replaced, a file is not.
  ///
  /// - Throws: `CheckpointError` if anything cannot be written; nothing is then left behind, except
  ///   for directories above that one.
  public static func write<Model: Parameterized>(
    _ model: Model, to path: String
  ) throws(CheckpointError) {
    let target = URL(fileURLWithPath: path, isDirectory: true).resolvingSymlinksInPath()
    let files = FileManager.default
    if files.fileExists(atPath: target.path), !isDirectory(target) {
      throw CheckpointError(path, "cannot be replaced by a directory: it is a file")
    }
    let unfinished = hiddenSibling(of: target)
    defer { try? files.removeItem(at: unfinished) }
    do {
      try files.createDirectory(at: unfinished, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(path, "cannot be written: \(error.localizedDescription)")
    }
    for (name, parameter) in model.namedParameters {
      do {
        try NPY.write(parameter, to: unfinished.appendingPathComponent(name + ".npy").path)
      } catch {
        throw CheckpointError(file(of: name, in: path), error.problem)
      }
    }
    do {
      try put(unfinished, in: target)
    } catch {
      throw CheckpointError(path, "cannot be replaced: \(error.localizedDescription)")
    }
  }

  /// Moves a finished directory to its place. The old one steps aside first and comes back if that
  /// fails (`replaceItemAt` cannot replace directories on Linux).
  private static func put(_ finished: URL, in target: URL) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: target.path) else {
      return try files.moveItem(at: finished, to: target)
    }
    let old = hiddenSibling(of: target)
    try files.moveItem(at: target, to: old)
    do {
      try files.moveItem(at: finished, to: target)
    } catch {
      try? files.moveItem(at: old, to: target)
      throw error
    }
    try? files.removeItem(at: old)
  }

  private static func file(of parameter: String, in path: String) -> String {
    URL(fileURLWithPath: path).appendingPathComponent(parameter + ".npy").relativePath
  }

  private static func isDirectory(_ url: URL) -> Bool {
    (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
  }

  private static func hiddenSibling(of directory: URL) -> URL {
    directory.deletingLastPathComponent()
      .appendingPathComponent(".\(directory.lastPathComponent).\(UUID().uuidString)")
  }

  /// Replaces every parameter of `model` by the one in the directory.
  ///
  /// - Throws: `CheckpointError` naming the file, if one is missing, is damaged or has another shape
  ///   than the model's parameter; `model` is then as it was.
  public static func read<Model: Parameterized>(
    into model: inout Model, from path: String
  ) throws(CheckpointError) {
    var values: [Tensor<Model.Scalar>] = []
    for (name, parameter) in model.namedParameters {
      let file = file(of: name, in: path)
      let value: Tensor<Model.Scalar> = try NPY.read(file)
      guard value.shape == parameter.shape else {
        throw CheckpointError(
          file, "expected shape \(parameter.shape) for \(name), found \(value.shape)")
      }
      values.append(value)
    }
    var remaining = values[...]
    model.visitParameters { _, parameter in parameter = remaining.removeFirst() }
  }
}
