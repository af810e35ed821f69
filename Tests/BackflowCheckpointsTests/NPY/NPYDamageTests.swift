import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A damaged array file` {
  private static let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n"
  private static let whole = npy(header, data: [UInt8](repeating: 0, count: 8))

  @Test func `is readable before the damage`() throws {
    let tensor: Tensor<Float> = try NPY.decode(Self.whole, of: "some.npy")
    #expect(tensor == .zeros([2, 1]))
  }

  @Test func `is named in the error, with the byte and what was expected there`() {
    let start = 10 + Self.header.utf8.count
    let cases: [(bytes: [UInt8], offset: Int, problem: String)] = [
      ([], 0, "expected 6 bytes for the magic string of an .npy file, found 0"),
      (
        Array(Self.whole[..<5]), 0, "expected 6 bytes for the magic string of an .npy file, found 5"
      ),
      (Array("PK\u{3}\u{4} some archive".utf8), 0, "a zip archive, as torch.save and numpy.savez"),
      (Array("GIF89a, rather".utf8), 0, "which starts with \\x93NUMPY, found [71, 73, 70"),
      (Array(Self.whole[..<7]), 6, "expected 2 bytes for the format version, found 1"),
      (Array(Self.whole[..<9]), 8, "expected 2 bytes for the length of the header, found 1"),
      (Array(Self.whole[..<40]), 10, "expected \(start - 10) bytes for the header, found 30"),
      (
        Array(Self.whole[..<start]), start,
        "expected 8 bytes of data for shape [2, 1] of <f4, found 0"
      ),
      (Self.whole.dropLast(), start, "expected 8 bytes of data for shape [2, 1] of <f4, found 7"),
      (npy(Self.header, version: (0, 0)), 8, "expected format version 1, 2 or 3, found 0"),
      (npy(Self.header, version: (9, 0)), 8, "expected format version 1, 2 or 3, found 9"),
      (npy(Self.header, version: (1, 7)), 8, "expected format version 1, 2 or 3, found 1.7"),
      (
        Array(npy(Self.header, version: (2, 0))[..<11]), 8,
        "expected 4 bytes for the length of the header"
      ),
    ]
    for (bytes, offset, problem) in cases {
      let error = errorDecoding(bytes)
      #expect(error?.file == "some.npy")
      #expect(error?.offset == offset, "\(problem)")
      #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "") – \(problem)")
    }
  }

  @Test(arguments: [
    ("", "the key 'descr'"),
    ("not a dictionary", "the key 'descr'"),
    ("{'fortran_order': False, 'shape': (1,), }", "the key 'descr'"),
    ("{'descr': '<f4', 'shape': (1,), }", "the key 'fortran_order' with True or False"),
    ("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }", "the key 'fortran_order'"),
    ("{'descr': '<f4', 'fortran_order': False, }", "the key 'shape' with a tuple of extents"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': [1], }", "the key 'shape'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,", "the key 'shape'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "the key 'shape'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,), }", "the key 'shape'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (x,), }", "the key 'shape'"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      "the key 'shape'"
    ),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }",
      "at most 8 axes, found 9"
    ),
    ("{'descr': '<f4", "the key 'descr'"),
    ("{'descr': '', 'fortran_order': False, 'shape': (1,), }", "expected real numbers"),
    ("{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }", "found '<f3'"),
    ("{'descr': '<f-4', 'fortran_order': False, 'shape': (1,), }", "found '<f-4'"),
    ("{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", "found '<f16'"),
    ("{'descr': 'F4', 'fortran_order': False, 'shape': (1,), }", "found 'F4'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (True,), }", "the key 'shape'"),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 2}",
      "only the keys 'descr', 'fortran_order' and 'shape', found 'more'"
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,,1)}", "at character 53"),
    ("{'descr': '<i16', 'fortran_order': False, 'shape': (1,), }", "found '<i16'"),
    ("{'descr': '|b4', 'fortran_order': False, 'shape': (1,), }", "found '|b4'"),
  ])
  func `is described if its header is invalid`(header: String, problem: String) {
    let error = errorDecoding(npy(header, data: [0, 0, 0, 0]))
    #expect(error?.offset == 10)
    #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
    #expect(error?.problem.contains("in the header \(header)") == true)
  }

  // 2⁶² elements, too many bytes, and products that overflow, in either order, and with an empty
  // axis before and after.
  @Test(arguments: [
    "(4611686018427387904,)", "(9223372036854775807,)", "(2, 4611686018427387904)",
    "(4294967296, 4294967296)", "(4611686018427387904, 4611686018427387904, 0)",
    "(0, 4611686018427387904, 4611686018427387904)", "(4611686018427387904, 0, 2)",
    "(4294967296, 0)", "(0, 4294967296)",
  ])
  func `cannot claim a shape that does not fit in memory`(shape: String) {
    for order in ["False", "True"] {
      let header = "{'descr': '<f4', 'fortran_order': \(order), 'shape': \(shape), }"
      let error = errorDecoding(npy(header))
      #expect(error?.offset == 10 + header.utf8.count)
      #expect(error?.problem.contains("does not fit in memory") == true)
    }
  }

  @Test func `cannot claim more data than it has`() {
    let error = errorDecoding(
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"))
    #expect(
      error?.problem == "expected 8000000000000 bytes of data for shape [1000000, 1000000] of <f8,"
        + " found 0")
  }

  @Test func `cannot claim a header longer than itself`() {
    let bytes = [0x93] + Array("NUMPY".utf8) + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF] as [UInt8]
    let error = errorDecoding(bytes)
    #expect(error?.offset == 12)
    #expect(error?.problem.contains("expected 4294967295 bytes for the header, found 0") == true)
  }

  @Test func `describes itself in one line`() throws {
    let whole = try #require(errorDecoding([]))
    #expect(
      whole.description == "some.npy, byte 0: expected 6 bytes for the magic string of an"
        + " .npy file, found 0 before the end of the file")
  }
}

@Suite struct `A file that is not there` {
  @Test func `is named in the error`() throws {
    let directory = try TemporaryDirectory()
    let missing = directory.file("missing.npy")
    let first = #expect(throws: CheckpointError.self) { try NPY.read(missing, as: Float.self) }
    #expect(first?.file == missing && first?.offset == nil)
    #expect(first?.problem.hasPrefix("cannot be read: ") == true)
    let second = #expect(throws: CheckpointError.self) {
      try NPY.read(directory.path, as: Float.self)
    }
    #expect(second?.file == directory.path)
    #expect(second?.problem.hasPrefix("cannot be read: ") == true)
  }
}

// For any bytes, reading returns a tensor or throws an error with the file.
@Suite struct `Any bytes` {
  @Test func `with one change are read or rejected`() throws {
    let original = try bytes(of: fixture("f4"))
    var (read, refused) = (0, 0)
    for place in 0..<128 {
      var changed = original
      for value in UInt8.min...UInt8.max where value != original[place] {
        changed[place] = value
        if try isRead(changed) { read += 1 } else { refused += 1 }
      }
    }
    // NumPy reads the same number of them.
    #expect(read == 417 && refused == 128 * 255 - 417)
  }

  @Test(arguments: ["f4", "fortran_cube", "scalar", "version2", "f2"])
  func `that are truncated are rejected`(name: String) throws {
    let original = try bytes(of: fixture(name))
    for length in 0..<original.count { #expect(try !isRead(Array(original[..<length]))) }
    #expect(try isRead(original))
  }

  @Test func `with several changes are read or rejected`() throws {
    let original = try bytes(of: fixture("fortran_cube"))
    let alphabet = Array("0123456789(),'<>fiub: \n-{}".utf8)
    var random = RandomSource(seed: 99)
    for _ in 0..<20_000 {
      var changed = original
      for _ in 0..<(1 + random.integer(below: 6)) {
        changed[10 + random.integer(below: 70)] = alphabet[random.integer(below: alphabet.count)]
      }
      _ = try isRead(changed)
    }
  }

  /// Whether reading succeeds. Rethrows an error that is not a `CheckpointError` with the file.
  private func isRead(_ bytes: [UInt8]) throws -> Bool {
    do {
      let tensor: Tensor<Float> = try NPY.decode(bytes, of: "some.npy")
      return tensor.count == tensor.shape.elementCount
    } catch {
      guard error.file == "some.npy", !error.problem.isEmpty else { throw error }
      return false
    }
  }
}
