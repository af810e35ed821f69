internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import Foundation

/// The parameters of a model as a directory of `.npy` files, one a parameter, each under its name:
/// `rnn.weight_hh_l0.npy`. NumPy reads them as they are.
public enum NPYDirectory {
  /// Writes every parameter of `model`. The directory appears whole or not at all; one that is
  /// already there is replaced.
  ///
  /// - Throws: `CheckpointError` if anything cannot be written; nothing is then left behind.
  public static func write<Model: Parameterized>(
    _ model: Model, to path: String
  ) throws(CheckpointError) {
    let target = URL(fileURLWithPath: path, isDirectory: true)
    let files = FileManager.default
    let unfinished = target.deletingLastPathComponent()
      .appendingPathComponent(".\(target.lastPathComponent).\(UUID().uuidString)")
    defer { try? files.removeItem(at: unfinished) }
    do {
      try files.createDirectory(at: unfinished, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(path, "cannot be written: \(error.localizedDescription)")
    }
    for (name, parameter) in model.namedParameters {
      try NPY.write(parameter, to: unfinished.appendingPathComponent(name + ".npy").path)
    }
    do {
      if files.fileExists(atPath: target.path) {
        _ = try files.replaceItemAt(target, withItemAt: unfinished)
      } else {
        try files.moveItem(at: unfinished, to: target)
      }
    } catch {
      throw CheckpointError(path, "cannot be replaced: \(error.localizedDescription)")
    }
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
      let file = URL(fileURLWithPath: path).appendingPathComponent(name + ".npy").relativePath
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
