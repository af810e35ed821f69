// Opcodes that make tuples, lists, sets and dictionaries, or add to them.

extension PickleMachine {
  /// Executes `opcode` if it is one of these, and returns whether it is.
  mutating func changeContainer(_ opcode: PickleOpcode) throws(CheckpointError) -> Bool {
    switch opcode {
    case .tuple: try push(.tuple(try popToMark()))
    case .tuple1: try push(.tuple(try pop(count: 1)))
    case .tuple2: try push(.tuple(try pop(count: 2)))
    case .tuple3: try push(.tuple(try pop(count: 3)))
    case .emptyList: try push(.list([]))
    case .emptyDict: try push(.dictionary([]))
    case .emptySet: try push(.set([]))
    case .frozenset: try push(.set(try hashable(try popToMark())))
    case .append: try append(try pop(count: 1))
    case .appends: try append(try popToMark())
    case .setitem: try setItems(try pop(count: 2))
    case .setitems: try setItems(try popToMark())
    case .additems: try add(try hashable(try popToMark()))
    default: return false
    }
    return true
  }

  /// Appends to the list, or the object like a list, on the stack.
  private mutating func append(_ values: [PickleReference]) throws(CheckpointError) {
    let target = Int(try top().index)
    switch graph.nodes[target] {
    case .list(var elements):
      // The array in the graph must not be a second owner, or each append copies it.
      graph.nodes[target] = .none
      elements += values
      graph.nodes[target] = .list(elements)
    case .object(let index): graph.objects[index].elements += values
    default: throw failure("expected a list to append to")
    }
  }

  private mutating func add(_ values: [PickleReference]) throws(CheckpointError) {
    let target = Int(try top().index)
    switch graph.nodes[target] {
    case .set(var elements):
      graph.nodes[target] = .none
      elements += values
      graph.nodes[target] = .set(elements)
    case .object(let index): graph.objects[index].elements += values
    default: throw failure("expected a set to add to")
    }
  }

  /// Stores keys and values in the dictionary, or the object like a dictionary, on the stack.
  private mutating func setItems(_ values: [PickleReference]) throws(CheckpointError) {
    guard values.count.isMultiple(of: 2) else {
      throw failure("expected a value for each key, found \(values.count) keys and values")
    }
    _ = try hashable(stride(from: 0, to: values.count, by: 2).map { values[$0] })
    let target = Int(try top().index)
    switch graph.nodes[target] {
    case .dictionary(var entries):
      graph.nodes[target] = .none
      entries += values
      graph.nodes[target] = .dictionary(entries)
    case .object(let index): graph.objects[index].entries += values
    default: throw failure("expected a dictionary to store entries in")
    }
  }

  /// Returns `keys`, none of which Python would reject as a key because of its type.
  private func hashable(_ keys: [PickleReference]) throws(CheckpointError) -> [PickleReference] {
    for key in keys {
      switch graph[key] {
      case .list, .dictionary: throw failure("expected a key, found a list or a dictionary")
      default: break
      }
    }
    return keys
  }
}
