internal import OrderedCollections

/// A walk over the value of a pickle, which gives a name to everything in it.
///
/// The walk follows paths, with a list of the values on the current one instead of recursion. The
/// number of its steps is limited: a file of 255 bytes can contain more than 10⁸ paths.
struct TorchWalk {
  let graph: PickleGraph
  var tensors: TorchTensors
  private let survey: TorchSurvey
  private(set) var checkpoint = Checkpoint()
  /// The values on the path from the root to the current one.
  private var path: [Level] = []
  private var isOnPath: Set<PickleReference> = []
  private var stepsLeft = TorchWalk.maximumStepCount
  private var tensorBytesLeft: Int
  /// The name of the root, and `nil` for none.
  private let rootName: String?

  static let maximumStepCount = 1_000_000
  /// How much more work a tensor is than another value.
  private static let stepsForTensor = 4
  static let maximumDepth = 1000
  /// The number of bytes of all tensors together that is always allowed. Otherwise, they may have
  /// as many times the bytes in the file as a single tensor may repeat its elements.
  private static let minimumByteLimit = 64 << 20
  static let maximumTextLength = 1000

  /// A container on the path.
  private struct Level {
    let reference: PickleReference
    let name: String?
    let children: [TorchChild]
    var next = 0
  }

  init(_ graph: PickleGraph, _ storages: TorchStorages, name: String? = nil) {
    self.graph = graph
    tensors = TorchTensors(graph, storages)
    survey = TorchSurvey(tensors)
    rootName = name
    tensorBytesLeft = TorchWalk.byteLimit(graph, storages)
  }

  private static func byteLimit(_ graph: PickleGraph, _ storages: TorchStorages) -> Int {
    let stored = storages.byteCount + graph.bytes.count
    let (product, overflow) = stored.multipliedReportingOverflow(
      by: StridedLayout.maximumRepetition)
    return overflow ? .max : max(product, minimumByteLimit)
  }

  mutating func visitAll() throws(CheckpointError) {
    try visit(graph.root, rootName)
    while let level = path.last {
      guard level.next < level.children.count else {
        isOnPath.remove(level.reference)
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      let child = level.children[level.next]
      let name = level.name.map { $0 + "." + child.name } ?? child.name
      if let reason = child.omission {
        try omit(name, reason)
      } else {
        try visit(child.reference, name)
      }
    }
  }

  /// Adds a value to the checkpoint, or extends the path by it.
  private mutating func visit(
    _ reference: PickleReference, _ name: String?
  ) throws(CheckpointError) {
    try spend(1 + (name?.utf8.count ?? 0) / 64)
    let reference = tensors.untagged(reference)
    let tensor: StoredTensor?
    do throws(TorchProblem) {
      tensor = try tensors.tensor(reference)
    } catch {
      try report(error, name)
      return
    }
    if let tensor {
      try spend(TorchWalk.stepsForTensor)
      try add(tensor, name ?? "")
      let attributes = tensors.attributes(ofTensor: reference)
      try spend(attributes.count)
      if attributes.contains(where: holdsTensors) {
        try omit(name ?? "", "attributes of this tensor, with further tensors")
      }
      return
    }
    if survey.isSummarized(reference) {
      let count = tensors.entryCount(of: reference)
      let entries =
        count > TorchSurvey.maximumEntryCount
        ? "\(count) entries" : "more than \(TorchSurvey.maximumNameCount) values"
      try omit(name ?? "", entries + " without tensors")
      return
    }
    switch try content(of: reference) {
    case .nothing: break
    case .text(let text): try describe(name ?? "", text)
    case .other(let reason): try omit(name ?? "", reason)
    case .children(let children): try enter(reference, name, children)
    }
  }

  /// Omits a tensor that is not read, and throws an error for one that is damaged.
  private mutating func report(
    _ problem: TorchProblem, _ name: String?
  ) throws(CheckpointError) {
    switch problem {
    case .unsupported(let reason): try omit(name ?? "", reason)
    case .damaged(let problem): throw CheckpointError(graph.source.file, entry: name, problem)
    case .unreadable(let error):
      let entry = error.entry.map { " (\(escaped($0)))" } ?? ""
      throw CheckpointError(error.file, entry: name, at: error.offset, error.problem + entry)
    }
  }

  private mutating func enter(
    _ reference: PickleReference, _ name: String?, _ children: [TorchChild]
  ) throws(CheckpointError) {
    guard !isOnPath.contains(reference) else {
      try omit(name ?? "", "a container inside itself")
      return
    }
    guard path.count < TorchWalk.maximumDepth else {
      throw graph.source.failure(
        "expected values nested at most \(TorchWalk.maximumDepth) levels deep")
    }
    isOnPath.insert(reference)
    path.append(Level(reference: reference, name: name, children: children))
  }

  /// Counts steps in proportion to the work of a visit.
  mutating func spend(_ count: Int) throws(CheckpointError) {
    stepsLeft -= count
    guard stepsLeft >= 0 else {
      throw graph.source.failure(
        "expected at most \(TorchWalk.maximumStepCount) values and containers in all")
    }
  }

  // MARK: - Results

  private mutating func add(
    _ tensor: StoredTensor, _ name: String
  ) throws(CheckpointError) {
    guard checkpoint.tensors[name] == nil else {
      checkpoint.omissions.append(.init(name: name, reason: "a second tensor with this name"))
      return
    }
    tensorBytesLeft -= tensor.byteCount
    guard tensorBytesLeft >= 0 else {
      throw CheckpointError(
        graph.source.file, entry: name,
        "expected tensors of at most \(TorchWalk.byteLimit(graph, tensors.storages)) bytes in all,"
          + " found more; many of them repeat the same elements")
    }
    checkpoint.tensors[name] = tensor
  }

  private mutating func describe(_ name: String, _ text: String) throws(CheckpointError) {
    try spend(text.utf8.count / 64)
    guard checkpoint.metadata[name] == nil else {
      try omit(name, "a second value with this name")
      return
    }
    checkpoint.metadata[name] = text
  }

  private mutating func omit(_ name: String, _ reason: String) throws(CheckpointError) {
    try spend(1 + name.utf8.count / 64)
    checkpoint.omissions.append(.init(name: name, reason: reason))
  }

  func holdsTensors(_ reference: PickleReference) -> Bool { survey.holdsTensors(reference) }
}
