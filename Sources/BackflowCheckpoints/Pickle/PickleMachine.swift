/// A machine that executes a pickle, without looking up or calling anything that it names.
///
/// It follows `pickle.Unpickler`: a stack of values with marks, and a memo of values by number.
struct PickleMachine {
  var cursor: PickleCursor
  var graph: PickleGraph
  var stack: [PickleReference] = []
  /// The heights of the stack at which the marks are.
  private var marks: [Int] = []
  private var memo: [PickleReference?] = []
  private var memoizedCount = 0
  /// The values with persistent IDs, by the IDs.
  var persistentIDs: [PickleReference: PickleReference] = [:]
  /// The offset of the current opcode in the pickle.
  private var opcodeOffset = 0

  /// The largest number of values, which bounds the memory of a graph to about a gigabyte.
  /// A model of 10,000 tensors has about 200,000 values.
  static let maximumNodeCount = 1 << 22
  static let maximumMarkCount = 1000

  /// Values of which each graph needs only one.
  private static let constants: [PickleNode] = [.none, .boolean(false), .boolean(true), .tuple([])]

  /// Returns the graph of the pickle that starts at byte `start`.
  ///
  /// - Throws: `CheckpointError` with the byte of the opcode that cannot be executed.
  static func load(
    _ source: ByteSource, at start: Int = 0
  ) throws(CheckpointError) -> PickleGraph {
    var machine = PickleMachine(source, at: start)
    return try machine.run()
  }

  private init(_ source: ByteSource, at start: Int) {
    cursor = PickleCursor(source, at: start)
    graph = PickleGraph(source: source, start: start, end: start, nodes: PickleMachine.constants)
  }

  private mutating func run() throws(CheckpointError) -> PickleGraph {
    try readProtocol()
    while true {
      opcodeOffset = cursor.position
      let byte = try cursor.byte("an opcode")
      guard let opcode = PickleOpcode(rawValue: byte) else { throw refusal(of: byte) }
      if opcode == .stop { return try finish() }
      try execute(opcode)
    }
  }

  private mutating func readProtocol() throws(CheckpointError) {
    guard try cursor.byte("the opcode PROTO") == PickleOpcode.proto.rawValue else {
      throw failure("expected a pickle of protocol 2 to 5, which starts with the opcode PROTO")
    }
    let version = try cursor.byte("the protocol of a pickle")
    guard (2...5).contains(version) else {
      throw failure("expected pickle protocol 2 to 5, found \(version)")
    }
  }

  private mutating func finish() throws(CheckpointError) -> PickleGraph {
    graph.root = try pop()
    guard stack.isEmpty, marks.isEmpty else {
      throw failure("expected one value at the end of a pickle, found \(stack.count + 1)")
    }
    graph.end = graph.start + cursor.position
    graph.bytes = cursor.bytes
    return graph
  }

  private func refusal(of byte: UInt8) -> CheckpointError {
    if let name = PickleOpcode.refused[byte] {
      return failure("the opcode \(name) is not supported; save the file again with protocol 2")
    }
    return failure("expected an opcode of a pickle, found the byte \(byte)")
  }

  /// Returns an error at the current opcode.
  func failure(_ problem: String) -> CheckpointError {
    cursor.failure(at: opcodeOffset, problem)
  }

  private mutating func execute(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .proto: throw failure("the opcode PROTO is not at the start of the pickle")
    case .stop: break
    case .frame:
      // Frames only tell a reader how much to read ahead.
      let length = try cursor.unsigned(size: 8, "the length of a frame")
      guard length <= UInt64(cursor.remaining) else {
        throw failure("expected a frame of at most \(cursor.remaining) bytes, found \(length)")
      }
    case .mark:
      guard marks.count < PickleMachine.maximumMarkCount else {
        throw failure("expected at most \(PickleMachine.maximumMarkCount) nested marks")
      }
      marks.append(stack.count)
    case .pop:
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .binget: try recall(Int(try cursor.byte("a number of the memo")))
    case .longBinget: try recall(Int(try cursor.unsigned(size: 4, "a number of the memo")))
    case .binput: try memoize(Int(try cursor.byte("a number of the memo")))
    case .longBinput: try memoize(Int(try cursor.unsigned(size: 4, "a number of the memo")))
    case .memoize: try memoize(memoizedCount)
    case .none: push(constant: 0)
    case .newFalse: push(constant: 1)
    case .newTrue: push(constant: 2)
    case .emptyTuple: push(constant: 3)
    default:
      if try !pushValue(opcode), try !changeContainer(opcode) { try makeObject(opcode) }
    }
  }

  // MARK: - The stack

  mutating func push(_ node: PickleNode) throws(CheckpointError) {
    guard graph.nodes.count < PickleMachine.maximumNodeCount else {
      throw failure("expected at most \(PickleMachine.maximumNodeCount) values in a pickle")
    }
    stack.append(PickleReference(index: UInt32(graph.nodes.count)))
    graph.nodes.append(node)
  }

  private mutating func push(constant index: UInt32) { stack.append(PickleReference(index: index)) }

  /// Removes the topmost value, which must be above the last mark.
  mutating func pop() throws(CheckpointError) -> PickleReference {
    guard stack.count > marks.last ?? 0, let top = stack.popLast() else {
      throw failure("the opcode needs more values than the stack has")
    }
    return top
  }

  /// The topmost value.
  func top() throws(CheckpointError) -> PickleReference {
    guard stack.count > marks.last ?? 0, let top = stack.last else {
      throw failure("the opcode needs a value on the stack")
    }
    return top
  }

  mutating func pop(count: Int) throws(CheckpointError) -> [PickleReference] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw failure("the opcode needs more values than the stack has")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  mutating func popToMark() throws(CheckpointError) -> [PickleReference] {
    guard let mark = marks.popLast() else { throw failure("the opcode needs a mark on the stack") }
    let values = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return values
  }

  // MARK: - The memo

  /// Stores the topmost value under a number. Python counts from 0 or from 1, without gaps.
  private mutating func memoize(_ number: Int) throws(CheckpointError) {
    let value = try top()
    memoizedCount += 1
    guard number <= memoizedCount else {
      throw failure("expected a number of the memo up to \(memoizedCount), found \(number)")
    }
    while memo.count <= number { memo.append(nil) }
    memo[number] = value
  }

  private mutating func recall(_ number: Int) throws(CheckpointError) {
    guard number < memo.count, let value = memo[number] else {
      throw failure("the memo has no value with the number \(number)")
    }
    stack.append(value)
  }
}
