/// The elements of a storage, as its type says.
enum TorchElements: Equatable {
  case typed(ElementType)
  /// Bytes, whose type each tensor has itself.
  case untyped
  /// Elements whose values cannot be read, such as quantized ones. The size of those of an unknown
  /// class is unknown.
  case unsupported(name: String, size: Int?)

  /// The elements of a class such as `torch FloatStorage`, or `nil` for other classes.
  init?(storageClass global: String) {
    let words = global.split(separator: " ")
    guard words.count == 2, ["torch", "torch.cuda", "torch.storage"].contains(words[0]),
      words[1].hasSuffix("Storage")
    else { return nil }
    let name = String(words[1].dropLast("Storage".count))
    if let type = TorchElements.types[name] {
      self = .typed(type)
    } else if let size = TorchElements.unsupportedSizes[name] {
      self = .unsupported(name: "torch." + words[1], size: size)
    } else if name == "Untyped" {
      self = .untyped
    } else {
      return nil
    }
  }

  private static let types: [String: ElementType] = [
    "Double": .float64, "Float": .float32, "Half": .float16, "BFloat16": .bfloat16,
    "Long": .int64, "Int": .int32, "Short": .int16, "Char": .int8, "Byte": .uint8, "Bool": .bool,
    "ComplexFloat": .complex64, "ComplexDouble": .complex128,
  ]

  private static let unsupportedSizes = [
    "QInt8": 1, "QUInt8": 1, "QInt32": 4, "QUInt4x2": 1, "QUInt2x4": 1,
  ]

  /// The number of bytes of an element.
  var size: Int? {
    switch self {
    case .typed(let type): type.size
    case .untyped: 1
    case .unsupported(_, let size): size
    }
  }
}

/// The elements that tensors share, with the bytes that hold them.
struct TorchStorage {
  let elements: TorchElements
  let source: ByteSource
  var isBigEndian = false
}

/// The persistent ID of a storage: its type, its key in the file, and its number of elements.
struct TorchStorageID: Equatable {
  let elements: TorchElements
  var key: String
  let count: Int
  /// The part of the storage that a tensor uses, in files before version 0.4.
  var view: View?

  struct View: Equatable {
    var key: String
    let offset: Int
    let count: Int
  }

  /// The number of bytes of the storage, if the size of its elements is known.
  let byteCount: Int?

  /// Reads the persistent ID ('storage', class, key, device, count), which a sixth element for a
  /// view may follow. The result is `nil` for the ID of a class of a module, ('module', …).
  ///
  /// - Throws: The reason why it is neither.
  init?(_ identifier: PickleReference, in graph: PickleGraph) throws(TorchProblem) {
    guard case .tuple(let parts) = graph[identifier], let kind = parts.first,
      let name = graph.text(of: kind)
    else { throw .damaged("expected a persistent ID of a storage") }
    if name == "module", parts.count >= 2 { return nil }
    guard name == "storage", (5...6).contains(parts.count), let key = graph.text(of: parts[2]),
      let count = graph.integer(of: parts[4]), count >= 0
    else { throw .damaged("expected a persistent ID of a storage") }
    guard let global = graph.global(parts[1]) else {
      throw .damaged("expected the class of a storage")
    }
    let elements =
      TorchElements(storageClass: global) ?? .unsupported(name: dotted(global), size: nil)
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: elements.size ?? 1)
    guard !overflow else { throw .damaged("a storage of \(count) elements is too large") }
    (self.elements, self.key, self.count) = (elements, key, count)
    self.byteCount = elements.size == nil ? nil : byteCount
    view = parts.count == 6 ? try TorchStorageID.view(parts[5], in: graph, of: count) : nil
  }

  private static func view(
    _ reference: PickleReference, in graph: PickleGraph, of total: Int
  ) throws(TorchProblem) -> View? {
    if case .none = graph[reference] { return nil }
    guard case .tuple(let parts) = graph[reference], parts.count == 3,
      let key = graph.text(of: parts[0]), let offset = graph.integer(of: parts[1]),
      let count = graph.integer(of: parts[2])
    else { throw .damaged("expected a view of a storage: a key, an offset and a count") }
    guard offset >= 0, count >= 0, offset <= total, count <= total - offset else {
      throw .damaged(
        "a view of \(count) elements at \(offset) is not within a storage of \(total) elements")
    }
    return View(key: key, offset: offset, count: count)
  }
}

/// The reason why a value of a file cannot be read.
enum TorchProblem: Error {
  /// The file is damaged.
  case damaged(String)
  /// The file is valid, but values of this kind are not read. The text completes "an entry that
  /// is …".
  case unsupported(String)
  case unreadable(CheckpointError)
}
