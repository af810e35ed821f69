/// The tensors and arrays of a pickle.
struct TorchTensors {
  let graph: PickleGraph
  let storages: TorchStorages
  /// The storages of files inside the pickle, by the bytes or the text that contain them. Many
  /// calls can share the same bytes.
  private var nested: [PickleReference: TorchStorage] = [:]
  /// Bytes that are written as text, by the text.
  var decodedBytes: [PickleReference: ByteSource] = [:]
  /// How many calls around a tensor are followed.
  private static let maximumCallCount = 16
  private static let maximumFlagCount = 16
  /// What the classes and functions of the pickle mean, if they are known.
  private let functions: [PickleReference: TorchFunction]

  init(_ graph: PickleGraph, _ storages: TorchStorages) {
    (self.graph, self.storages) = (graph, storages)
    var functions: [PickleReference: TorchFunction] = [:]
    for index in graph.nodes.indices {
      let reference = PickleReference(index: UInt32(index))
      if let function = graph.global(reference).flatMap(TorchFunction.init) {
        functions[reference] = function
      }
    }
    self.functions = functions
  }

  /// What the class or function of a call means, if it is known.
  func function(of object: PickleObject) -> TorchFunction? {
    functions[storages.classes[object.callable] ?? object.callable]
  }

  /// Follows calls that only give a type to their first argument.
  func untagged(_ reference: PickleReference) -> PickleReference {
    var reference = reference
    for _ in 0..<TorchTensors.maximumCallCount {
      guard let object = graph.object(of: reference), case .tagged? = function(of: object),
        object.state == nil, object.elements.isEmpty, object.entries.isEmpty,
        let first = graph.sequence(of: object.arguments)?.first
      else { break }
      reference = first
    }
    return reference
  }

  /// What a tensor has besides its values: the states and the other arguments of the calls that
  /// make it. They can contain further tensors.
  func attributes(ofTensor reference: PickleReference) -> [PickleReference] {
    var (next, all): (PickleReference?, [PickleReference]) = (reference, [])
    for _ in 0..<TorchTensors.maximumCallCount {
      guard let reference = next else { break }
      let found = attributes(ofCall: reference)
      all += found.attributes
      next = found.inner
    }
    return all
  }

  /// The same of one call, and the tensor inside it.
  func attributes(
    ofCall reference: PickleReference
  ) -> (attributes: [PickleReference], inner: PickleReference?) {
    guard let object = graph.object(of: reference), let function = function(of: object),
      let arguments = graph.sequence(of: object.arguments)
    else { return ([], nil) }
    // The state of an array is its values.
    if case .array = function { return ([], nil) }
    // Many objects can share a long tuple of arguments.
    let others = arguments.dropFirst(function.firstOtherArgument).prefix(8)
    let attributes = [object.state].compactMap(\.self) + others + object.elements + object.entries
    if case .sameTensor = function { return (attributes, arguments.first) }
    return (attributes, nil)
  }

  /// Returns the tensor that a call makes, or `nil` if it makes something else.
  mutating func tensor(_ reference: PickleReference) throws(TorchProblem) -> StoredTensor? {
    guard let object = graph.object(of: reference), let function = function(of: object),
      function.makesTensor
    else { return nil }
    if case .array = function { return try array(object) }
    if case .arrayScalar = function { return try arrayScalar(object) }
    return try tensor(function, object.arguments)
  }

  /// Follows calls whose result is one of their arguments, and then makes the tensor.
  private mutating func tensor(
    _ outer: TorchFunction, _ outerArguments: PickleReference
  ) throws(TorchProblem) -> StoredTensor? {
    var (function, reference) = (outer, outerArguments)
    for _ in 0..<TorchTensors.maximumCallCount {
      guard case .tuple(let arguments) = graph[reference], let first = arguments.first else {
        throw .damaged("expected the arguments of a tensor")
      }
      switch function {
      case .unsupported(let reason): throw .unsupported(reason)
      case .tensor, .tensorVersion2, .tensorVersion3: return try view(function, arguments)
      case .arrayOfBuffer: return try arrayOfBuffer(arguments)
      case .sameTensor:
        guard let object = graph.object(of: first) else {
          throw .damaged("expected a tensor as the first argument")
        }
        guard let inner = self.function(of: object), inner.makesTensor else {
          throw .unsupported("a tensor that an unknown function makes")
        }
        if case .array = inner { return try array(object) }
        (function, reference) = (inner, object.arguments)
      case .tensorOfClass:
        guard arguments.count >= 3, let name = graph.global(first) else {
          throw .damaged("expected a function, a class and arguments")
        }
        guard let inner = TorchFunction(name), inner.makesTensor else {
          throw .unsupported("a tensor that the unknown function \(dotted(name)) makes")
        }
        (function, reference) = (inner, arguments[2])
      default: throw .unsupported("a tensor inside another value")
      }
    }
    throw .damaged("the tensor is inside too many calls")
  }

  // MARK: - Views of storages

  private mutating func view(
    _ function: TorchFunction, _ arguments: [PickleReference]
  ) throws(TorchProblem) -> StoredTensor {
    guard arguments.count >= 4, let offset = graph.integer(of: arguments[1]) else {
      throw .damaged("expected a storage, an offset, a shape and strides")
    }
    let storage = try storage(arguments[0])
    let shape = try integers(arguments[2], "the shape")
    let strides = try integers(arguments[3], "the strides")
    if case .unsupported(let name, _) = storage.elements {
      throw .unsupported("a tensor of elements of \(name)")
    }
    let type: ElementType
    switch function {
    case .tensorVersion3:
      guard arguments.count >= 7, case .untyped = storage.elements else {
        throw .damaged("expected an untyped storage and an element type")
      }
      type = try elementType(arguments[6])
      if storage.isBigEndian, type.size > 1 {
        // PyTorch itself does not reverse these bytes.
        throw .unsupported("a tensor of \(type.rawValue) in big-endian order")
      }
    default:
      switch storage.elements {
      case .typed(let known): type = known
      default: throw .damaged("expected a storage with an element type")
      }
    }
    try checkFlags(arguments.dropFirst(function.flagIndex).first)
    do {
      return try StoredTensor(
        shape: shape, type: type, source: storage.source, isBigEndian: storage.isBigEndian,
        offset: offset, strides: strides)
    } catch {
      throw .unreadable(error)
    }
  }

  /// Refuses tensors whose values are the conjugates or the negatives of those in the file.
  private func checkFlags(_ flags: PickleReference?) throws(TorchProblem) {
    let unknown = TorchProblem.unsupported("a tensor with unknown flags")
    guard let flags else { return }
    let entries: [PickleReference]
    switch graph[flags] {
    case .none: return
    case .dictionary(let known): entries = known
    default: throw unknown
    }
    guard entries.count <= TorchTensors.maximumFlagCount else { throw unknown }
    for index in stride(from: 0, to: entries.count, by: 2) {
      if case .boolean(false) = graph[entries[index + 1]] { continue }
      let name = graph.text(of: entries[index]) ?? ""
      throw .unsupported("a view with PyTorch's flag \(escaped(name, limit: 20))")
    }
  }

  private func elementType(_ reference: PickleReference) throws(TorchProblem) -> ElementType {
    guard let global = graph.global(reference), global.hasPrefix("torch ") else {
      throw .damaged("expected an element type")
    }
    guard let type = ElementType(rawValue: String(global.dropFirst("torch ".count))) else {
      throw .unsupported("a tensor of \(dotted(global))")
    }
    return type
  }

  /// Returns the integers of a tuple with one for each axis.
  func integers(
    _ reference: PickleReference, _ what: String
  ) throws(TorchProblem) -> [Int] {
    var sequence = graph.sequence(of: reference)
    if let object = graph.object(of: reference), graph.global(object.callable) == "torch Size" {
      sequence = graph.sequence(of: object.arguments)?.first.flatMap { graph.sequence(of: $0) }
    }
    guard let sequence, sequence.count <= StridedLayout.maximumRank else {
      throw .damaged(
        "expected a tuple of at most \(StridedLayout.maximumRank) integers for \(what)")
    }
    var integers: [Int] = []
    for element in sequence {
      guard let integer = graph.integer(of: element) else {
        throw .damaged("expected integers of 64 bits for \(what)")
      }
      integers.append(integer)
    }
    return integers
  }

  // MARK: - Storages

  private mutating func storage(
    _ reference: PickleReference
  ) throws(TorchProblem) -> TorchStorage {
    if let storage = storages[reference] { return storage }
    guard let object = graph.object(of: reference),
      graph.global(object.callable) == "torch.storage _load_from_bytes",
      let first = graph.sequence(of: object.arguments)?.first
    else { throw .damaged("expected a storage") }
    let contents = graph.object(of: first).flatMap { graph.sequence(of: $0.arguments)?.first }
    if let storage = nested[contents ?? first] { return storage }
    let bytes = try bytes(first)
    do throws(CheckpointError) {
      // A file inside this one. Of its value, only a storage is read, so that files cannot be
      // nested deeper.
      let (inner, storages) = try TorchStream.load(bytes)
      guard let storage = storages[inner.root] else {
        throw bytes.failure("expected a storage in the file inside the pickle")
      }
      nested[contents ?? first] = storage
      return storage
    } catch {
      throw .unreadable(error)
    }
  }
}

extension TorchFunction {
  /// The index of the argument with flags.
  fileprivate var flagIndex: Int {
    switch self {
    case .tensorVersion2: 6
    case .tensorVersion3: 7
    default: .max
    }
  }
}

/// Returns the module and the name of a class or function with a dot between them.
func dotted(_ global: String) -> String {
  escaped(String(global.map { $0 == " " ? "." : $0 }))
}
