import Backflow
import Testing

// Opcodes by hand. See the source of Python's pickletools.

/// A pickle of protocol 2 with these opcodes.
func pickle(_ opcodes: [UInt8]...) -> [UInt8] { [0x80, 2] + opcodes.flatMap(\.self) + [0x2E] }

func littleEndian(_ value: some BinaryInteger, size: Int) -> [UInt8] {
  (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// BINUNICODE
func text(_ text: String) -> [UInt8] {
  [0x58] + littleEndian(text.utf8.count, size: 4) + Array(text.utf8)
}

/// BININT or LONG1 with 8 bytes
func integer(_ value: Int) -> [UInt8] {
  Int32(exactly: value) != nil
    ? [0x4A] + littleEndian(value, size: 4) : [0x8A, 8] + littleEndian(value, size: 8)
}

/// GLOBAL
func global(_ module: String, _ name: String) -> [UInt8] {
  [0x63] + Array("\(module)\n\(name)\n".utf8)
}

/// MARK, the values, and TUPLE
func tuple(_ values: [UInt8]...) -> [UInt8] { [0x28] + values.flatMap(\.self) + [0x74] }

func tuple(of integers: [Int]) -> [UInt8] { [0x28] + integers.flatMap(integer) + [0x74] }

/// EMPTY_DICT, MARK, the keys and values, and SETITEMS
func dictionary(_ entries: (String, [UInt8])...) -> [UInt8] {
  [0x7D, 0x28] + entries.flatMap { text($0) + $1 } + [0x75]
}

/// SHORT_BINBYTES
func shortBytes(_ bytes: [UInt8]) -> [UInt8] { [0x43, UInt8(bytes.count)] + bytes }

let none: [UInt8] = [0x4E]

func checkpoint(_ bytes: [UInt8]) throws(CheckpointError) -> Checkpoint {
  try Checkpoint(bytes: bytes, name: "some.pkl")
}

/// The error thrown when these bytes are opened.
func errorOpening(
  _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) -> CheckpointError? {
  #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
    _ = try checkpoint(bytes)
  }
}

/// Opens these bytes and reads everything in them; an error is allowed.
func readAll(_ bytes: [UInt8]) {
  guard let checkpoint = try? checkpoint(bytes) else { return }
  for tensor in checkpoint.tensors.values {
    _ = try? (tensor.viewAsReal ?? tensor).values(as: Float.self)
    _ = try? tensor.integers(as: Int.self)
  }
}

/// The problem of these bytes, if they cannot be opened.
func problemOpening(_ bytes: [UInt8]) -> String? {
  do throws(CheckpointError) {
    _ = try checkpoint(bytes)
    return nil
  } catch {
    return error.problem
  }
}
