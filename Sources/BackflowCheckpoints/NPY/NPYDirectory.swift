internal import BackflowFiles
internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// Reading and writing of a model as a directory of `.npy` files, one for each parameter and each
/// buffer, with their names: `rnn.weight_hh_l0.npy`, `norm.running_mean.npy`. NumPy reads these
/// files.
public enum NPYDirectory {
  /// Writes all parameters and buffers of a model to the directory at `path`, which is created if
  /// necessary. Symbolic links are followed.
  ///
  /// A save is atomic: the files are written to a new directory next to the old one, and the two
  /// are exchanged in one step. The path therefore refers to the complete old model or the complete
  /// new one, also if the disk is full, the process is killed, or two processes save to the same
  /// path. The next save removes the directory `.NAME.backflow-new` that a killed process has left.
  ///
  /// Files of an earlier save, which `.backflow-files` in the directory lists, are removed. All
  /// other files in the directory are kept. A file has the permissions of the file that it
  /// replaces. The directory itself is replaced, so it cannot be a mount point or the current
  /// directory.
  ///
  /// - Parameters:
  ///   - model: The model to save.
  ///   - path: The path of the directory.
  ///   - goesOn: A closure that is called repeatedly while another program saves to the same parent
  ///     directory or has the directory locked. The wait ends when it returns `false`. If `nil`,
  ///     the wait ends only with the lock.
  /// - Throws: `CheckpointError` if two parameters or buffers have the same name, a name is not a
  ///   valid file name, or a file cannot be written. The old model is then unchanged, unless the
  ///   problem begins with "was saved": in that case the new model is in place and a later
  ///   operation failed.
  public static func write<Model: Parameterized>(
    _ model: Model, to path: String, whileLocked goesOn: (() -> Bool)? = nil
  ) throws(CheckpointError) {
    let entries = try namedTensors(of: model, path)
    do {
      try FolderReplacement.write(
        to: path, files: entries.map { $0.name + ".npy" }, whileLocked: goesOn
      ) { index, writer throws(FileError) in
        try NPY.write(entries[index].value, to: writer)
      }
    } catch {
      throw CheckpointError(error)
    }
  }

  /// Checks whether a model can be written to `path`, by creating a directory next to it and
  /// removing it. Call this function before a long training. It leaves no files behind.
  ///
  /// - Parameters:
  ///   - path: The path of the directory.
  ///   - model: The model to save.
  ///   - goesOn: A closure that is called repeatedly while the directory is locked, as for `write`.
  /// - Throws: `CheckpointError` with the reason if the model cannot be written.
  public static func prepare<Model: Parameterized>(
    _ path: String, for model: Model, whileLocked goesOn: (() -> Bool)? = nil
  ) throws(CheckpointError) {
    let entries = try namedTensors(of: model, path)
    do {
      try FolderReplacement.prepare(
        path, files: entries.map { $0.name + ".npy" }, whileLocked: goesOn)
    } catch {
      throw CheckpointError(error)
    }
  }

  /// Replaces all parameters and buffers of a model by those in a directory.
  ///
  /// All files come from the same save, also if another process saves to the directory at the same
  /// time.
  ///
  /// - Parameters:
  ///   - model: The model, which is unchanged if an error is thrown.
  ///   - path: The path of the directory.
  ///   - strict: Whether the directory must have a file for each parameter and buffer and no other
  ///     `.npy` file. Otherwise, missing tensors keep their values and unused files are ignored, as
  ///     with PyTorch's `load_state_dict(strict=False)`. A wrong shape is always an error.
  /// - Throws: `CheckpointError` with the name of a file that is missing, damaged, or has the wrong
  ///   shape, with the names of all unused files, or with all duplicate names of parameters and
  ///   buffers.
  public static func read<Model: Parameterized>(
    into model: inout Model, from path: String, strict: Bool = true
  ) throws(CheckpointError) {
    let expected = try namedTensors(of: model, path)
    let values = try values(of: expected, from: path, strict)
    var remaining = values[...]
    let take = { (_: String, tensor: inout Tensor<Model.Scalar>) in
      if let value = remaining.removeFirst() { tensor = value }
    }
    model.visitParameters(take)
    model.visitBuffers(take)
  }

  /// Returns the values of the tensors. A save may exchange the directory while it is being read;
  /// it is then read again.
  private static func values<Scalar>(
    of expected: [(name: String, value: Tensor<Scalar>)], from path: String, _ strict: Bool
  ) throws(CheckpointError) -> [Tensor<Scalar>?] {
    for _ in 0..<100 {
      let folder: InputFolder?
      do {
        folder = try InputFolder(path)
      } catch {
        throw CheckpointError(error)
      }
      guard let folder else {
        throw CheckpointError(
          expected.first.map { joined(path, $0.name + ".npy") } ?? path,
          "cannot be read: the directory \(path) does not exist")
      }
      do {
        let values = try values(of: expected, in: folder, strict)
        if folder.isCurrent { return values }
      } catch {
        if folder.isCurrent { throw error }
      }
    }
    throw CheckpointError(path, "cannot be read: it is being replaced too often; try again later")
  }

  private static func values<Scalar>(
    of expected: [(name: String, value: Tensor<Scalar>)], in folder: InputFolder, _ strict: Bool
  ) throws(CheckpointError) -> [Tensor<Scalar>?] {
    do {
      let names = try folder.fileNames().filter {
        $0.hasSuffix(".npy") && $0.utf8.first != UInt8(ascii: ".")
      }
      let wanted = expected.map { $0.name + ".npy" }
      if strict { try compare(wanted, with: names, in: folder.path) }
      let present = Set(names)
      var values: [Tensor<Scalar>?] = []
      for (entry, file) in zip(expected, wanted) {
        if !strict, !present.contains(file) {
          values.append(nil)
          continue
        }
        let value: Tensor<Scalar> = try NPY.read(try folder.file(file))
        guard value.shape == entry.value.shape else {
          throw CheckpointError(
            joined(folder.path, file),
            "expected shape \(entry.value.shape) for \(entry.name), found \(value.shape)")
        }
        values.append(value)
      }
      return values
    } catch let error as FileError {
      throw CheckpointError(error)
    } catch {
      throw error as? CheckpointError ?? CheckpointError(folder.path, "cannot be read: \(error)")
    }
  }

  /// Throws an error if the directory does not have exactly the files `wanted`.
  private static func compare(
    _ wanted: [String], with found: [String], in path: String
  ) throws(CheckpointError) {
    let (isWanted, isFound) = (Set(wanted), Set(found))
    let missing = wanted.filter { !isFound.contains($0) }
    let unused = found.filter { !isWanted.contains($0) }
    let surplus =
      "the model does not use \(unused.joined(separator: ", ")); move unrelated files"
      + " to another directory, or read with strict: false"
    if let first = missing.first {
      throw CheckpointError(
        joined(path, first),
        "cannot be read: the directory has no \(missing.joined(separator: ", "))"
          + (unused.isEmpty ? "" : ", and " + surplus))
    }
    if !unused.isEmpty { throw CheckpointError(path, surplus) }
  }

  /// Returns the parameters and then the buffers, with their names, which must be unique and valid
  /// file names.
  private static func namedTensors<Model: Parameterized>(
    of model: Model, _ path: String
  ) throws(CheckpointError) -> [(name: String, value: Tensor<Model.Scalar>)] {
    var entries = model.namedParameters
    var copy = model
    copy.visitBuffers { name, buffer in entries.append((name, buffer)) }
    for (name, _) in entries
    where name.isEmpty || name.utf8.first == UInt8(ascii: ".")
      || name.utf8.contains(UInt8(ascii: "/"))
      || name.utf8.contains(0)
    {
      throw CheckpointError(
        joined(path, name.isEmpty ? "\"\"" : name) + ".npy",
        "cannot be a file: the name of a parameter must not be empty, begin with a dot, or contain"
          + " a slash or a zero byte")
    }
    let counts = Dictionary(grouping: entries.map(\.name)) { $0 }.mapValues(\.count)
    let repeated = counts.keys.filter { counts[$0] != 1 }.sorted()
    guard repeated.isEmpty else {
      throw CheckpointError(
        path.isEmpty ? "\"\"" : path,
        "more than one parameter or buffer of the model has the name"
          + " \(repeated.joined(separator: ", ")); names must be unique")
    }
    return entries
  }
}
