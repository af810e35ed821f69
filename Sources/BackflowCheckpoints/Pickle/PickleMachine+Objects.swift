// Opcodes that name classes and functions, and that make objects with them.

extension PickleMachine {
  mutating func makeObject(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .global:
      let module = PickleBytes(try cursor.line("the name of a module"))
      try push(.global(module: module, name: PickleBytes(try cursor.line("the name of a class"))))
    case .stackGlobal:
      let names = try pop(count: 2)
      guard case .text(let module) = graph[names[0]], case .text(let name) = graph[names[1]],
        max(module.count, name.count) <= PickleGraph.maximumNameLength
      else { throw failure("expected texts for the module and the name of a class") }
      try push(.global(module: module, name: name))
    case .reduce: try pushObject(try pop(count: 2), isNew: false)
    case .newobj: try pushObject(try pop(count: 2), isNew: true)
    case .newobjEx:
      let parts = try pop(count: 3)
      guard case .dictionary = graph[parts[2]] else {
        throw failure("expected a dictionary of named arguments")
      }
      try pushObject(parts, isNew: true, keywords: parts[2])
    case .build:
      let state = try pop()
      guard case .object(let index) = graph[try top()] else {
        throw failure("expected an object whose state is to be set")
      }
      guard graph.objects[index].state == nil else {
        throw failure("the state of an object is set a second time")
      }
      graph.objects[index].state = state
    case .binpersid: try pushPersistentID(try pop())
    default: throw failure("the opcode is not supported")
    }
  }

  /// Pushes the object that calling `parts[0]` with the tuple `parts[1]` would give.
  private mutating func pushObject(
    _ parts: [PickleReference], isNew: Bool, keywords: PickleReference? = nil
  ) throws(CheckpointError) {
    switch graph[parts[0]] {
    case .global, .object, .persistentID: break
    default: throw failure("expected a class or a function to call")
    }
    guard case .tuple = graph[parts[1]] else { throw failure("expected a tuple of arguments") }
    graph.objects.append(
      PickleObject(callable: parts[0], arguments: parts[1], isNew: isNew, keywords: keywords))
    try push(.object(graph.objects.count - 1))
  }

  /// Pushes the value with a persistent ID, which is the same value each time.
  private mutating func pushPersistentID(_ identifier: PickleReference) throws(CheckpointError) {
    if let known = persistentIDs[identifier] {
      stack.append(known)
    } else {
      try push(.persistentID(identifier))
      persistentIDs[identifier] = stack.last
    }
  }
}
