internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import Foundation

/// The parameters of a model as a directory of `.npy` files, one a parameter, each under its name:
/// `rnn.weight_hh_l0.npy`. NumPy reads them as they are.
public enum NPYDirectory {
  /// Writes every parameter of `model` into the directory at `path`, which is made if there is none.
  /// Parameters of the same name are replaced; whatever else is in the directory stays.
  ///
  /// All files are written beside their places first, and only if that succeeds each place is taken
  /// in one step, so no file is ever seen in part.
  ///
  /// - Throws: `CheckpointError` if anything cannot be written. If it fails beside the places, the old
  ///   parameters are still there and nothing new is, except for directories made above that one; if
  ///   a place itself cannot be taken, the parameters before it are the new ones.
  public static func write<Model: Parameterized>(
    _ model: Model, to path: String
  ) throws(CheckpointError) {
    let isNew = !FileManager.default.fileExists(atPath: path)
    let directory = try writableDirectory(path)
    var isDone = false
    var finished: [(from: URL, to: URL)] = []
    defer {
      for file in finished { try? FileManager.default.removeItem(at: file.from) }
      if isNew, !isDone { try? FileManager.default.removeItem(at: directory) }
    }
    for (name, parameter) in model.namedParameters {
      let place = directory.appendingPathComponent(name + ".npy")
      let beside = directory.appendingPathComponent(".\(name).\(UUID().uuidString).npy")
      finished.append((beside, place))
      do {
        try NPY.write(parameter, to: beside.path)
      } catch {
        throw CheckpointError(place.path, error.problem)
      }
    }
    for file in finished {
      do {
        // Atomically over what is there, which FileManager's moveItem refuses.
        try Data(contentsOf: file.from).write(to: file.to, options: .atomic)
      } catch {
        throw CheckpointError(file.to.path, "cannot be written: \(error.localizedDescription)")
      }
    }
    isDone = true
  }

  /// Finds out whether parameters can be written to `path`, by making a file there and removing it:
  /// to be asked before a long training and not after. Directories above may be made.
  ///
  /// - Throws: `CheckpointError` that says why nothing can be written there.
  public static func prepare(_ path: String) throws(CheckpointError) {
    let isNew = !FileManager.default.fileExists(atPath: path)
    let directory = try writableDirectory(path)
    defer { if isNew { try? FileManager.default.removeItem(at: directory) } }
    let probe = directory.appendingPathComponent(".\(UUID().uuidString)")
    do {
      try Data().write(to: probe)
      try FileManager.default.removeItem(at: probe)
    } catch {
      throw CheckpointError(path, "no file can be made there: \(error.localizedDescription)")
    }
  }

  private static func writableDirectory(_ path: String) throws(CheckpointError) -> URL {
    guard !path.isEmpty else { throw CheckpointError("\"\"", "the empty path names no directory") }
    let url = URL(fileURLWithPath: path, isDirectory: true)
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: url.resolvingSymlinksInPath().path)
    if let type = attributes?[.type] as? FileAttributeType, type != .typeDirectory {
      throw CheckpointError(path, "is a file and not a directory")
    }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(path, "cannot be made: \(error.localizedDescription)")
    }
    return url
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
