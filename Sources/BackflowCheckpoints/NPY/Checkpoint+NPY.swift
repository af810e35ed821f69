internal import BackflowFiles
internal import OrderedCollections

extension Checkpoint {
  /// Opens an `.npy` file. The tensor has the name of the file without its extension.
  init(npy source: ByteSource) throws(CheckpointError) {
    self.init()
    let name = source.file.split(separator: "/").last.map(String.init) ?? source.file
    var reader = ByteReader(source)
    let header = try NPYHeader(from: &reader, for: .storage)
    let tensor = try NPY.array(header, reader)
    tensors[withoutNPY(name) ?? name] = tensor
    noteRest(after: tensor, reader, name)
  }

  /// Adds an omission for bytes that follow the data of an array, such as a second array.
  private mutating func noteRest(after tensor: StoredTensor, _ reader: ByteReader, _ name: String) {
    let rest = reader.remaining - tensor.byteCount
    if rest > 0 {
      omissions.append(Omission(name: name, reason: "\(rest) bytes after the array"))
    }
  }

  /// Opens an `.npz` file. Arrays without numbers, and other files, become omissions.
  init(npz archive: ZipArchive) throws(CheckpointError) {
    self.init()
    for (file, source) in archive.entries {
      if let name = withoutNPY(file) {
        try insert(npy: source, name)
      } else {
        omissions.append(Omission(name: file, reason: "a file that is not an array"))
      }
    }
  }

  /// Adds the array in `source`, or an omission if it has no numbers.
  ///
  /// - Throws: `CheckpointError` if the array is damaged, or has numbers of a type that NumPy does
  ///   not have, such as `bfloat16`.
  mutating func insert(npy source: ByteSource, _ name: String) throws(CheckpointError) {
    var reader = ByteReader(source)
    let header = try NPYHeader(from: &reader, for: .storage)
    if case .failure(let error) = header.element {
      if NPYHeader.isForeign(header.descr) { throw error }
      // Only a damaged header may be the reason.
      _ = try source.decompressed()
      omissions.append(
        Omission(name: name, reason: "an array of type \(escaped(header.descr, limit: 30))"))
    } else {
      let tensor = try NPY.array(header, reader)
      tensors[name] = tensor
      noteRest(after: tensor, reader, name)
    }
  }

  // MARK: - Writing

  func writeNPY(to path: String) throws(CheckpointError) {
    let files = try npyFiles(for: path)
    guard let file = files.first, files.count == 1 else {
      throw CheckpointError(
        path, "cannot be written: expected one tensor for an .npy file, found \(files.count)")
    }
    do {
      try WholeFile.write(to: path) { writer throws(FileError) in try file.write(to: writer) }
    } catch {
      throw CheckpointError(error)
    }
  }

  /// Writes an `.npz` file.
  ///
  /// - Parameter limit: The smallest size that is written in 64 bits, for tests.
  package func writeNPZ(to path: String, limit: UInt64 = 0xFFFF_FFFF) throws(CheckpointError) {
    let files = try npyFiles(for: path)
    for (file, name) in zip(files, tensors.keys) where !ZipHeader.isValidName(file.name) {
      throw CheckpointError(
        path, entry: name,
        "cannot be written: expected a name without empty components, \"..\", backslashes and zero"
          + " bytes")
    }
    do {
      try WholeFile.write(to: path) { writer throws(FileError) in
        var archive = ZipWriter(writer, limit: limit)
        for file in files {
          try archive.add(file.name, size: file.size, checksum: try file.checksum(), file.write)
        }
        try archive.finish()
      }
    } catch {
      throw CheckpointError(error)
    }
  }

  /// Returns the contents of an `.npy` file for each tensor.
  ///
  /// - Throws: `CheckpointError` if there is metadata, or NumPy does not have the type of a tensor.
  func npyFiles(for path: String) throws(CheckpointError) -> [NPYFile] {
    guard metadata.isEmpty else {
      throw CheckpointError(
        path,
        "cannot be written: NumPy's formats have no place for the metadata"
          + " \(metadata.keys.prefix(10).map { escaped($0) }.joined(separator: ", "))"
          + "\(metadata.count > 10 ? ", …" : ""); write a .safetensors file, or set metadata to [:]"
      )
    }
    var files: [NPYFile] = []
    for (name, tensor) in tensors {
      guard let descr = NPYElement.descr(of: tensor.type) else {
        throw CheckpointError(
          path, entry: name,
          "cannot be written: NumPy has no type \(tensor.type.rawValue); "
            + (tensor.type.realType == nil
              ? "write a .safetensors file" : "write viewAsReal of the tensor"))
      }
      files.append(
        NPYFile(name: name + ".npy", header: NPY.header(descr, tensor.shape), tensor: tensor))
    }
    return files
  }
}

/// The contents of an `.npy` file.
struct NPYFile {
  let name: String
  let header: [UInt8]
  let tensor: StoredTensor

  var size: Int { header.count + tensor.byteCount }

  func write(to writer: FileWriter) throws(FileError) {
    try writer.write(header)
    try tensor.write(to: writer)
  }

  func checksum() throws(FileError) -> UInt32 {
    var sum = Checksum()
    sum.add(header)
    do throws(CheckpointError) {
      try tensor.forEachPiece { _, bytes in sum.add(bytes) }
    } catch {
      throw FileError(error)
    }
    return sum.value
  }
}

/// Returns the name of a file without the extension `.npy`, or `nil` if it has another one.
func withoutNPY(_ name: String) -> String? {
  name.utf8.reversed().starts(with: ".npy".utf8.reversed())
    ? String(decoding: name.utf8.dropLast(4), as: UTF8.self) : nil
}
