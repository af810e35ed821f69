/// What each value of a pickle contains, found by visiting each of them once.
///
/// The walk over a file visits a value once for each path to it, and there can be many more paths
/// than values. The survey tells it which values to summarize because they are long and have no
/// tensors: vocabularies and histories of losses.
struct TorchSurvey {
  private enum State { case new, open, done }

  private var holds: [Bool]
  /// The number of names that a value without tensors gives, and 0 for one that is summarized.
  private var counts: [UInt16]

  /// The largest number of entries of a container without tensors that are listed.
  static let maximumEntryCount = 256
  /// The largest number of names that a container without tensors gives.
  static let maximumNameCount = 10_000

  /// Whether a tensor or a storage is among the parts of a value, at any depth.
  func holdsTensors(_ reference: PickleReference) -> Bool { holds[Int(reference.index)] }

  /// Whether a value has no tensors and too many entries to list.
  func isSummarized(_ reference: PickleReference) -> Bool {
    !holds[Int(reference.index)] && counts[Int(reference.index)] == 0
  }

  init(_ tensors: TorchTensors) {
    let graph = tensors.graph
    holds = [Bool](repeating: false, count: graph.nodes.count)
    counts = [UInt16](repeating: 1, count: graph.nodes.count)
    var states = [State](repeating: .new, count: graph.nodes.count)
    var path: [(reference: PickleReference, children: [PickleReference], next: Int)] = []
    func open(_ reference: PickleReference) {
      states[Int(reference.index)] = .open
      path.append((reference, tensors.parts(of: reference), 0))
    }
    open(graph.root)
    while let last = path.last {
      guard last.next < last.children.count else {
        path.removeLast()
        states[Int(last.reference.index)] = .done
        summarize(last.reference, last.children, tensors)
        continue
      }
      path[path.count - 1].next += 1
      let child = last.children[last.next]
      // A value inside itself adds nothing.
      if states[Int(child.index)] == .new { open(child) }
    }
  }

  private mutating func summarize(
    _ reference: PickleReference, _ children: [PickleReference], _ tensors: TorchTensors
  ) {
    let index = Int(reference.index)
    if tensors.isTensor(reference) || children.contains(where: { holds[Int($0.index)] }) {
      holds[index] = true
    } else if tensors.entryCount(of: reference) > TorchSurvey.maximumEntryCount {
      counts[index] = 0
    } else {
      var sum = 1
      for child in children {
        sum += max(Int(counts[Int(child.index)]), 1)
        if sum > TorchSurvey.maximumNameCount { break }
      }
      counts[index] = sum > TorchSurvey.maximumNameCount ? 0 : UInt16(sum)
    }
  }
}

extension TorchTensors {
  /// Whether a value is a tensor, an array or a storage.
  func isTensor(_ reference: PickleReference) -> Bool {
    switch graph[reference] {
    case .persistentID: storages[reference] != nil
    case .object(let index): function(of: graph.objects[index])?.makesTensor == true
    default: false
    }
  }

  /// The values of which a value consists, and those beside the values of a tensor.
  fileprivate func parts(of reference: PickleReference) -> [PickleReference] {
    if case .persistentID = graph[reference] { return [] }
    guard isTensor(reference) else { return graph.children(of: reference) }
    let call = attributes(ofCall: reference)
    return call.attributes + [call.inner].compactMap(\.self)
  }

  /// The number of entries that a container has itself.
  func entryCount(of reference: PickleReference) -> Int {
    switch graph[reference] {
    case .list(let elements), .tuple(let elements), .set(let elements): return elements.count
    case .dictionary(let entries): return entries.count / 2
    case .object(let index):
      let object = graph.objects[index]
      var count = object.elements.count + object.entries.count / 2
      if let keywords = object.keywords { count += entryCount(of: keywords) }
      if function(of: object) != nil, case .tuple(let arguments) = graph[object.arguments] {
        // Many objects can share a long tuple of arguments. The entries are in the first two.
        for argument in arguments.prefix(2) {
          if case .object = graph[argument] { continue }
          count += entryCount(of: argument)
        }
      }
      return count
    default: return 0
    }
  }
}
