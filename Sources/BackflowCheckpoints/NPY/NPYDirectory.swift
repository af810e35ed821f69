internal import BackflowFiles
internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// A model as a directory of `.npy` files, one for each parameter and each buffer, under its name:
/// `rnn.weight_hh_l0.npy`, `norm.running_mean.npy`. NumPy reads them as they are.
public enum NPYDirectory {
  /// Writes every parameter and buffer of `model` as the directory at `path`, which is made if there
  /// is none, with those above it. A symbolic link is followed.
  ///
  /// A save is all or nothing. The files are written into a directory beside it, and the two
  /// directories are exchanged in one step, so that the path names the old model or the new one, whole,
  /// also where the disk is full, the process is killed or two processes save to one place. What a
  /// killed process has left, `.NAME.backflow-new`, is put in order by the next save.
  ///
  /// Files that an earlier save wrote are removed, whatever their names: `.backflow-files` in the
  /// directory lists them. Everything else in the directory stays: a picture, a folder, an array of
  /// yours. A file has the permissions of the one that it replaces. The directory itself is another one
  /// after each save, so it cannot be a mount point or the current directory.
  ///
  /// - Parameter goesOn: Asked again and again while another program saves to a directory beside it or
  ///   has it locked; `false` ends the wait. If `nil`, the wait ends with the lock alone.
  /// - Throws: `CheckpointError` if two parameters or buffers have one name, if a name cannot be a
  ///   file's, or if anything cannot be written. The old model is then still there, unless the problem
  ///   begins with "was saved": then the new model is in its place, and something else went wrong.
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

  /// Finds out whether `model` can be written to `path`, by making a directory beside it and removing
  /// it: to be asked before a long training and not after. Nothing new remains.
  ///
  /// - Parameter goesOn: As for `write`.
  /// - Throws: `CheckpointError` that says why the model cannot be written there.
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

  /// Replaces every parameter and buffer of `model` by the one in the directory.
  ///
  /// All files are of one save, also where another process saves to the directory at the same time.
  ///
  /// - Parameter strict: Whether the directory must hold what the model has and no other `.npy` file.
  ///   If not, what is missing keeps its value and what is not used by the model is ignored, as with
  ///   PyTorch's `load_state_dict(strict=False)`; a wrong shape is an error all the same.
  /// - Throws: `CheckpointError` naming the file, if one is missing, is damaged or has another shape
  ///   than the model's, or naming all files that the model does not use, or all names that two
  ///   parameters or buffers share. `model` is then as it was.
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

  /// A save may exchange the directory while it is read. What was read is then read again.
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
          "cannot be read: there is no directory \(path)")
      }
      do {
        let values = try values(of: expected, in: folder, strict)
        if folder.isCurrent { return values }
      } catch {
        if folder.isCurrent { throw error }
      }
    }
    throw CheckpointError(path, "is replaced more often than it can be read; read it again later")
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

  /// Refuses a directory that does not hold exactly the files `wanted`.
  private static func compare(
    _ wanted: [String], with found: [String], in path: String
  ) throws(CheckpointError) {
    let (isWanted, isFound) = (Set(wanted), Set(found))
    let missing = wanted.filter { !isFound.contains($0) }
    let unused = found.filter { !isWanted.contains($0) }
    let surplus =
      "the model does not use \(unused.joined(separator: ", ")); move what does not belong to it"
      + " away, or read with strict: false"
    if let first = missing.first {
      throw CheckpointError(
        joined(path, first),
        "cannot be read: the directory lacks \(missing.joined(separator: ", "))"
          + (unused.isEmpty ? "" : ", and " + surplus))
    }
    if !unused.isEmpty { throw CheckpointError(path, surplus) }
  }

  /// Parameters, then buffers, with their names, each of which is a file's and no other's.
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
        "cannot be a file: the name of a parameter is not empty, does not begin with a dot, and holds"
          + " no slash and no zero byte")
    }
    let counts = Dictionary(grouping: entries.map(\.name)) { $0 }.mapValues(\.count)
    let repeated = counts.keys.filter { counts[$0] != 1 }.sorted()
    guard repeated.isEmpty else {
      throw CheckpointError(
        path.isEmpty ? "\"\"" : path,
        "more than one parameter or buffer of the model has the name"
          + " \(repeated.joined(separator: ", ")); give each a name of its own")
    }
    return entries
  }
}
