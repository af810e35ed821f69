internal import BackflowFiles
internal import OrderedCollections

extension Checkpoint {
  /// The largest number of files of a directory that stay open. Others are read into memory, since
  /// systems limit the number of open files.
  private static let maximumOpenFiles = 128
  /// The largest number of bytes of a file that is read into memory in place of staying open.
  private static let maximumBufferedSize = 1 << 20

  /// Opens a directory of `.npy` files, which become tensors with the names of the files. Other
  /// files and hidden ones are ignored.
  ///
  /// All files come from the same save, also if another process saves to the directory at the same
  /// time. A save may exchange the directory while it is being read; it is then read again.
  init(directory path: String) throws(CheckpointError) {
    for _ in 0..<100 {
      let opened: InputFolder?
      do {
        opened = try InputFolder(path)
      } catch {
        throw CheckpointError(error)
      }
      guard let folder = opened else {
        throw CheckpointError(path, "cannot be read: the directory does not exist")
      }
      do {
        try self.init(folder)
        if folder.isCurrent {
          self.path = path
          return
        }
      } catch {
        if folder.isCurrent { throw error }
      }
    }
    throw CheckpointError(path, "cannot be read: it is being replaced too often; try again later")
  }

  private init(_ folder: InputFolder) throws(CheckpointError) {
    self.init()
    do {
      let files = try folder.fileNames()
      if files.contains(".metadata"), files.contains(where: { $0.hasSuffix(".distcp") }) {
        throw CheckpointError(
          folder.path,
          "expected a directory of .npy files, found a distributed checkpoint of PyTorch; in Python,"
            + " convert it with torch.distributed.checkpoint.format_utils.dcp_to_torch_save")
      }
      var openFiles = 0
      for file in files where file.utf8.first != UInt8(ascii: ".") {
        guard let name = withoutNPY(file) else { continue }
        var source = ByteSource(try folder.file(file))
        if source.count <= Checkpoint.maximumBufferedSize
          || openFiles == Checkpoint.maximumOpenFiles
        {
          source = ByteSource(try source.bytes(0..<source.count, "the file"), of: source.file)
        } else {
          openFiles += 1
        }
        try insert(npy: source, name)
      }
      guard !tensors.isEmpty || !omissions.isEmpty else {
        throw CheckpointError(
          folder.path,
          "cannot be read: the directory has no .npy files; choose a directory of a saved model or a"
            + " file")
      }
    } catch let error as FileError {
      throw CheckpointError(error)
    } catch {
      throw error as? CheckpointError ?? CheckpointError(folder.path, "cannot be read: \(error)")
    }
  }

  /// Writes each tensor as a file `NAME.npy` to the directory at `path`, which is created if
  /// necessary. Symbolic links are followed. NumPy reads these files.
  ///
  /// A save is atomic: the files are written to a new directory next to the old one, and the two
  /// are exchanged in one step. The path therefore refers to the complete old checkpoint or the
  /// complete new one, also if the disk is full, the process is killed, or two processes save to
  /// the same path. The next save removes the directory `.NAME.backflow-new` that a killed process
  /// has left.
  ///
  /// Files of an earlier save, which `.backflow-files` in the directory lists, are removed. All
  /// other files in the directory are kept. A file has the permissions of the file that it
  /// replaces. The directory itself is replaced, so it cannot be a mount point or the current
  /// directory.
  ///
  /// - Parameters:
  ///   - path: The path of the directory.
  ///   - goesOn: A closure that is called repeatedly while another program saves to the same parent
  ///     directory or has the directory locked. The wait ends when it returns `false`. If `nil`,
  ///     the wait ends only with the lock.
  /// - Throws: `CheckpointError` if there is metadata, the name of a tensor is not a valid file
  ///   name, NumPy does not have the type of a tensor, or a file cannot be written. The old
  ///   directory is then unchanged, unless the problem begins with "was saved": in that case the
  ///   new one is in place and a later operation failed.
  public func writeDirectory(
    to path: String, whileLocked goesOn: (() -> Bool)? = nil
  ) throws(CheckpointError) {
    let files = try directoryFiles(path)
    do {
      try FolderReplacement.write(to: path, files: files.map(\.name), whileLocked: goesOn) {
        index, writer throws(FileError) in
        try files[index].write(to: writer)
      }
    } catch {
      throw CheckpointError(error)
    }
  }

  /// Checks whether `writeDirectory` can write to `path`, by creating a directory next to it and
  /// removing it. Call this function before a long training. It leaves no files behind.
  ///
  /// - Parameters:
  ///   - path: The path of the directory.
  ///   - goesOn: A closure that is called repeatedly while the directory is locked, as for
  ///     `writeDirectory`.
  /// - Throws: `CheckpointError` with the reason if the directory cannot be written.
  public func prepareDirectory(
    at path: String, whileLocked goesOn: (() -> Bool)? = nil
  ) throws(CheckpointError) {
    let files = try directoryFiles(path)
    do {
      try FolderReplacement.prepare(path, files: files.map(\.name), whileLocked: goesOn)
    } catch {
      throw CheckpointError(error)
    }
  }

  private func directoryFiles(_ path: String) throws(CheckpointError) -> [NPYFile] {
    for name in tensors.keys
    where name.isEmpty || name.utf8.first == UInt8(ascii: ".")
      || name.utf8.contains(UInt8(ascii: "/"))
      || name.utf8.contains(0)
    {
      throw CheckpointError(
        BackflowFiles.joined(path, name.isEmpty ? "\"\"" : name) + ".npy",
        "cannot be a file: the name of a tensor must not be empty, begin with a dot, or contain a"
          + " slash or a zero byte")
    }
    return try npyFiles(for: path)
  }
}
