internal import OrderedCollections

extension Checkpoint {
  /// Opens a zip archive: an `.npz` file, or a file of PyTorch.
  init(zip source: ByteSource) throws(CheckpointError) {
    let archive = try ZipArchive(source)
    switch try ZipKind(archive) {
    case .npz: try self.init(npz: archive)
    case .torch: try self.init(torchArchive: archive)
    }
  }
}

/// The format of a zip archive, recognized by the names of its entries.
enum ZipKind {
  case npz, torch

  /// Formats that are not supported, by the names of entries that only they have.
  private static let refusals: [(names: Set<String>, found: String, instead: String)] = [
    (
      ["archive_format", "archive_version", "serialized_exported_program.json"],
      "a program of torch.export (.pt2)", "save the state_dict of the program with torch.save"
    ),
    (
      [".data/extern_modules", ".data/python_version"],
      "an archive of torch.package", "save the state_dict of the model in it with torch.save"
    ),
    (
      ["model.json"],
      "a TorchScript archive of PyTorch before 1.4",
      "load it with torch.jit.load, and save its state_dict with torch.save"
    ),
    (
      ["model.weights.h5"],
      "a Keras model (.keras)", "save the arrays of model.get_weights() with numpy.savez"
    ),
  ]

  /// - Throws: `CheckpointError` with the name of the format, if it is known but not supported.
  init(_ archive: ZipArchive) throws(CheckpointError) {
    let names = archive.entries.keys
    if names.allSatisfy({ $0.hasSuffix(".npy") }) {
      self = .npz
      return
    }
    // PyTorch's archives have a folder that contains all entries.
    let inner = Set(
      names.map { name in
        name.firstIndex(of: "/").map { String(name[$0...].dropFirst()) } ?? name
      })
    for (known, found, instead) in ZipKind.refusals where !known.isDisjoint(with: inner) {
      throw archive.source.failure("expected a checkpoint, found \(found); in Python, \(instead)")
    }
    if inner.contains("data.pkl") {
      self = .torch
    } else if names.contains(where: { $0.hasSuffix(".npy") }) {
      self = .npz
    } else {
      let shown = names.prefix(3).map { escaped($0) }.joined(separator: ", ")
      throw archive.source.failure(
        "expected the arrays of an .npz file or the data.pkl of a PyTorch file, found a zip archive"
          + " with \(shown)\(names.count > 3 ? ", …" : ""); unpack an archive of files first")
    }
  }
}
