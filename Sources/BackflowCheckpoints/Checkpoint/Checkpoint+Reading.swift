internal import BackflowFiles

extension Checkpoint {
  /// Opens the file or directory at `path`. The format is recognized by the contents, not by the
  /// name.
  ///
  /// - Throws: `CheckpointError` with the file, the entry, the byte, and what was expected there.
  public init(contentsOf path: String) throws(CheckpointError) {
    if InputFolder.isThere(path) {
      try self.init(directory: path)
      return
    }
    try self.init(file: try ByteSource(contentsOf: path))
    self.path = path
  }

  /// Opens the contents of a file in memory, in any format but a directory.
  ///
  /// - Parameters:
  ///   - bytes: The contents.
  ///   - name: What stands for the path of the file in messages.
  /// - Throws: `CheckpointError` with the entry, the byte, and what was expected there.
  public init(bytes: [UInt8], name: String) throws(CheckpointError) {
    try self.init(file: ByteSource(bytes, of: name))
    path = name
  }

  private init(file source: ByteSource) throws(CheckpointError) {
    switch try FileFormat(of: source) {
    case .safetensors: try self.init(safetensors: source)
    case .npy: try self.init(npy: source)
    case .zip: try self.init(zip: source)
    case .pickle: try self.init(pickle: source)
    }
  }
}

/// The format of a file, recognized by its first bytes.
enum FileFormat {
  case safetensors, npy, zip, pickle

  /// - Throws: `CheckpointError` with the name of the format, if it is known but not supported.
  init(of source: ByteSource) throws(CheckpointError) {
    let head = try source.bytes(0..<min(source.count, 512), "the start of a file")
    if head.starts(with: "PK\u{3}\u{4}".utf8) || head.starts(with: "PK\u{5}\u{6}".utf8) {
      self = .zip
    } else if FileFormat.isSafetensors(head) {
      // Before pickles: the length of a header may have the bytes that start a pickle.
      self = .safetensors
    } else if head.starts(with: NPY.magic) {
      self = .npy
    } else if head.count >= 2, head[0] == 0x80, (2...5).contains(head[1]) {
      self = .pickle
    } else if let refusal = FileFormat.refusal(head) {
      throw source.failure(at: 0, refusal)
    } else if FileFormat.isHeader(head) {
      // With a length that is certainly wrong, which the error will state.
      self = .safetensors
    } else {
      throw source.failure(
        at: 0,
        "expected a file of safetensors, NumPy (.npy, .npz) or PyTorch (.pt), found "
          + FileFormat.shown(head))
    }
  }

  /// Whether a file starts with a length below 2³² and a JSON object. A pickle of protocol 2 to 5
  /// cannot have zeros at these places.
  private static func isSafetensors(_ head: [UInt8]) -> Bool {
    isHeader(head) && head[4..<8].allSatisfy { $0 == 0 }
  }

  /// Whether a JSON object starts at byte 8.
  private static func isHeader(_ head: [UInt8]) -> Bool {
    head.dropFirst(8).first { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: "{")
  }

  /// Returns the start of a file for a message, as text if it is text.
  private static func shown(_ head: [UInt8]) -> String {
    if head.isEmpty { return "an empty file" }
    let start = head.prefix(40)
    let isText = start.allSatisfy { (0x20..<0x7F).contains($0) || (9...13).contains($0) }
    return isText
      ? "the text \"\(escaped(String(decoding: start, as: UTF8.self)))\""
      : "the bytes \(head.prefix(8))"
  }

  /// Returns what to do instead for a file in a known format that is not supported.
  private static func refusal(_ head: [UInt8]) -> String? {
    func starts(at offset: Int = 0, _ text: String) -> Bool {
      head.dropFirst(offset).starts(with: text.utf8)
    }
    if head.starts(with: [0x89] + Array("HDF\r\n".utf8)) {
      return
        "expected a checkpoint, found an HDF5 file, as Keras writes; in Python, save the arrays"
        + " of model.get_weights() with numpy.savez"
    }
    if starts(at: 257, "ustar") {
      return "expected a checkpoint, found a tar archive; PyTorch before 0.2 wrote such files, and"
        + " archives of files must be unpacked first"
    }
    if starts(at: 4, "PTMF") {
      return "expected a checkpoint, found a PyTorch Lite file in flatbuffer form; save the"
        + " state_dict of the model with torch.save"
    }
    if starts(at: 4, "ET"), head.count >= 8, (48...57).contains(head[6]),
      (48...57).contains(head[7])
    {
      return "expected a checkpoint, found an ExecuTorch program; save the state_dict of the model"
        + " with torch.save"
    }
    if starts("L119547037146038801333356L\n") {
      return "expected pickle protocol 2 to 5, found protocol 0 or 1; save the file again with"
        + " torch.save"
    }
    return nil
  }
}
