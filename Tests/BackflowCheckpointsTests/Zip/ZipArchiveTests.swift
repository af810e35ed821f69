import Backflow
import TestSupport
import Testing

private func open(_ builder: ZipBuilder) throws(CheckpointError) -> Checkpoint {
  try Checkpoint(bytes: builder.bytes, name: "some.npz")
}

private func values(_ checkpoint: Checkpoint) throws -> [String: [Float]] {
  var values: [String: [Float]] = [:]
  for (name, tensor) in checkpoint.tensors { values[name] = try tensor.values().elements }
  return values
}

/// An archive with the arrays a and b.
private let base = ZipBuilder(arrays: ["a": [1, 2], "b": [3]])
private let baseValues: [String: [Float]] = ["a": [1, 2], "b": [3]]

/// A change of the archive, by its description.
struct ZipChange: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// A part of the expected message.
  let problem: String
  let change: @Sendable (inout ZipBuilder) -> Void

  init(
    _ description: String, _ problem: String = "",
    _ change: @escaping @Sendable (inout ZipBuilder) -> Void
  ) {
    (testDescription, self.problem, self.change) = (description, problem, change)
  }
}

@Suite struct `A zip archive` {
  static let valid: [ZipChange] = [
    ZipChange("as it is") { _ in },
    ZipChange("with a comment") { $0.comment = Array("PK\u{5}\u{6} and more".utf8) },
    ZipChange("with a comment of the largest length") {
      $0.comment = [UInt8](repeating: 7, count: 0xFFFF)
    },
    ZipChange("with a 64-bit end record") { $0.hasEnd64 = true },
    ZipChange("with numbers in the 64-bit end record only") {
      $0.hasEnd64 = true
      ($0.count, $0.size, $0.offset, $0.disk) = (0xFFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF)
    },
    ZipChange("with 64-bit sizes in the local header, as numpy.savez writes") {
      let size = $0.entries[0].both.size
      $0.entries[0].local = [\.stored: 0xFFFF_FFFF, \.size: 0xFFFF_FFFF]
      $0.entries[0].localExtra = number(1, 2) + number(16, 2) + number(size, 8) + number(size, 8)
    },
    ZipChange("with 64-bit sizes and a 64-bit offset in the directory") {
      let size = $0.entries[1].both.size
      let offset = UInt64($0.entries[0].data.count + 35)
      $0.entries[1].local = [\.stored: size, \.size: size]
      ($0.entries[1].both.stored, $0.entries[1].both.size) = (0xFFFF_FFFF, 0xFFFF_FFFF)
      $0.entries[1].offset = 0xFFFF_FFFF
      $0.entries[1].extra =
        [9, 9, 1, 0, 5] + number(1, 2) + number(24, 2) + number(size, 8) + number(size, 8)
        + number(offset, 8)
    },
    ZipChange("with descriptors, as of a stream") {
      for index in 0..<2 {
        let (fields, wide) = ($0.entries[index].both, index == 1)
        $0.entries[index].both.flags = 8
        $0.entries[index].local = [\.checksum: 0, \.stored: 0, \.size: 0]
        $0.entries[index].descriptor =
          [0x50, 0x4B, 7, 8] + number(fields.checksum, 4) + number(fields.stored, wide ? 8 : 4)
          + number(fields.size, wide ? 8 : 4)
      }
    },
    ZipChange("padded for alignment, as by torch.save") {
      $0.entries[0].localExtra = [0x46, 0x42, 3, 0, 0x5A, 0x5A, 0x5A]
      $0.entries[1].localExtra = [0, 0, 0]
    },
    ZipChange("without checksums") {
      for index in 0..<2 { $0.entries[index].both.checksum = 0 }
    },
    ZipChange("compressed") {
      for (index, name) in ["a.npy", "b.npy"].enumerated() {
        $0.entries[index] = .deflated(name, $0.entries[index].data)
      }
    },
    ZipChange("with a folder and a gap") {
      $0.entries.append(ZipBuilder.Entry("folder/", []))
      $0.gap = [1, 2, 3]
    },
  ]

  @Test(arguments: valid)
  func `is read`(change: ZipChange) throws {
    var builder = base
    change.change(&builder)
    #expect(try values(open(builder)) == baseValues)
  }

  @Test func `without entries has no tensors`() throws {
    #expect(try open(ZipBuilder([])).tensors.isEmpty)
  }

  @Test func `is read from a file as from memory`() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(base.bytes, to: "a.npz")
    let checkpoint = try Checkpoint(contentsOf: path)
    #expect(try values(checkpoint) == baseValues && checkpoint.path == path)
  }

  static let invalid: [ZipChange] = [
    // The end record.
    ZipChange("with bytes at the end", "the end record of a zip archive") { $0.after = [0] },
    ZipChange("of several files", "join them first") { $0.disk = 1 },
    ZipChange("with a locator past the end", "the offset of the 64-bit end record") {
      ($0.hasEnd64, $0.locatedAt) = (true, .max)
    },
    ZipChange("with a locator of something else", "a 64-bit end record of") {
      ($0.hasEnd64, $0.locatedAt) = (true, 0)
    },
    ZipChange("with different counts", "two end records with the same numbers") {
      ($0.hasEnd64, $0.count64) = (true, 1)
    },
    ZipChange("with different offsets", "two end records with the same numbers") {
      ($0.hasEnd64, $0.offset64) = (true, 0)
    },
    // The directory.
    ZipChange("with bytes before it", "several archives follow each other") {
      $0.before = ZipBuilder(arrays: ["c": [4]]).bytes
    },
    ZipChange("with bytes before it that its offsets do not count", "several archives") {
      let first = ZipBuilder(arrays: ["c": [4]]).bytes
      $0.before = first
      $0.entries[0].offset = 0
      // The end record and two entries of the directory.
      $0.offset = UInt64($0.bytes.count - 22 - 2 * (46 + 5) - first.count)
    },
    ZipChange("with bytes after the directory", "the end record, found 1 other bytes") {
      $0.afterDirectory = [0]
    },
    ZipChange("with a directory past the end", "a directory before byte") { $0.offset = 10_000 },
    ZipChange("with an overflowing directory", "a directory before byte") {
      ($0.hasEnd64, $0.offset, $0.offset64) = (true, 0xFFFF_FFFF, .max)
    },
    ZipChange("with fewer entries than counted", "another entry of the directory") {
      $0.entries[0].extra = [9, 9, 60, 0] + [UInt8](repeating: 0, count: 60)
      $0.count = 3
    },
    ZipChange("with far fewer entries than counted", "a directory of 9 entries") { $0.count = 9 },
    ZipChange("with more entries than counted", "the end of the directory after 1 entries") {
      $0.count = 1
    },
    ZipChange("with too many entries", "at most 1000000 entries") {
      ($0.hasEnd64, $0.count, $0.count64) = (true, 0xFFFF, 1_000_001)
    },
    // Names.
    ZipChange("with two entries of one name", "one entry of this name, found two") {
      $0.entries[1].name = $0.entries[0].name
    },
    ZipChange("with names that look the same", "one entry of this name, found two") {
      $0.entries[0].name = Array("\u{E9}.npy".utf8)
      $0.entries[1].name = Array("e\u{301}.npy".utf8)
    },
    ZipChange("with a name that is not UTF-8", "in UTF-8") { $0.entries[0].name = [0xFF] },
    ZipChange("with an empty name", "of 1 to 4096 bytes") { $0.entries[0].name = [] },
    ZipChange("with a long name", "of 1 to 4096 bytes") {
      $0.entries[0].name = [UInt8](repeating: 65, count: 4097)
    },
    ZipChange("with a zero byte in a name", "without empty components") {
      $0.entries[0].name = Array("a\0.npy".utf8)
    },
    ZipChange("with a backslash in a name", "without empty components") {
      $0.entries[0].name = Array("a\\b.npy".utf8)
    },
    ZipChange("with the parent in a name", "without empty components") {
      $0.entries[0].name = Array("a/../../b.npy".utf8)
    },
    ZipChange("with an absolute name", "without empty components") {
      $0.entries[0].name = Array("/a.npy".utf8)
    },
    ZipChange("with an empty component in a name", "without empty components") {
      $0.entries[0].name = Array("a//b.npy".utf8)
    },
    ZipChange("with data in a folder", "a folder without data") {
      $0.entries[0].name = Array("a/".utf8)
    },
    // Both headers.
    ZipChange("with another signature", "the header of the entry, PK") {
      $0.entries[1].localSignature = [0x50, 0x4B, 3, 5]
    },
    ZipChange("with another local name", "the same name, method and flags") {
      $0.entries[0].localName = Array("c.npy".utf8)
    },
    ZipChange("with another local method", "the same name, method and flags") {
      $0.entries[0].local = [\.method: 8]
    },
    ZipChange("with other local flags", "the same name, method and flags") {
      $0.entries[0].local = [\.flags: 0x0800]
    },
    ZipChange("with another local size", "the same sizes and checksum") {
      $0.entries[0].local = [\.size: 4]
    },
    ZipChange("with another local stored size", "the same sizes and checksum") {
      $0.entries[0].local = [\.stored: 4]
    },
    ZipChange("with another local checksum", "the same sizes and checksum") {
      $0.entries[0].local = [\.checksum: 4]
    },
    ZipChange("without local sizes", "the same sizes and checksum") {
      $0.entries[0].local = [\.stored: 0, \.size: 0]
    },
    ZipChange("without 64-bit local sizes", "the same sizes and checksum") {
      $0.entries[0].local = [\.stored: 0xFFFF_FFFF, \.size: 0xFFFF_FFFF]
    },
    ZipChange("with other 64-bit local sizes", "the same sizes and checksum") {
      $0.entries[0].local = [\.stored: 0xFFFF_FFFF, \.size: 0xFFFF_FFFF]
      $0.entries[0].localExtra = number(1, 2) + number(16, 2) + number(4, 8) + number(4, 8)
    },
    ZipChange("without 64-bit sizes", "64-bit sizes in the extra field") {
      $0.entries[0].both.size = 0xFFFF_FFFF
    },
    ZipChange("with only one 64-bit size", "64-bit sizes in the extra field") {
      ($0.entries[0].both.size, $0.entries[0].both.stored) = (0xFFFF_FFFF, 0xFFFF_FFFF)
      $0.entries[0].extra = number(1, 2) + number(8, 2) + number(136, 8)
    },
    ZipChange("with two 64-bit fields", "64-bit sizes in the extra field") {
      $0.entries[0].extra = number(1, 2) + number(0, 2) + number(1, 2) + number(0, 2)
    },
    ZipChange("with an extra field that is too short", "64-bit sizes in the extra field") {
      $0.entries[0].extra = number(1, 2) + number(16, 2) + number(136, 8)
    },
    ZipChange("without a descriptor", "a descriptor with the same sizes") {
      $0.entries[0].both.flags = 8
    },
    ZipChange("with another descriptor", "a descriptor with the same sizes") {
      $0.entries[0].both.flags = 8
      $0.entries[0].descriptor = [0x50, 0x4B, 7, 8] + number(0, 12)
    },
    ZipChange("with an entry on another disk", "found another disk") { $0.entries[0].disk = 1 },
    // Overlaps.
    ZipChange("with two entries at one offset", "ends before byte 0") {
      $0.entries[1].offset = 0
    },
    ZipChange("with an entry inside another", "ends before byte 5") { $0.entries[1].offset = 5 },
    ZipChange("with an entry in the directory", "an entry that ends before byte") {
      $0.entries[1].offset = UInt64($0.bytes.count - 22)
    },
    ZipChange("with an entry past the end", "an entry within the file") {
      $0.entries[1].offset = 100_000
    },
    ZipChange("with data that reach into the directory", "an entry that ends before byte") {
      ($0.entries[1].both.size, $0.entries[1].both.stored) = (200, 200)
    },
    ZipChange("with an entry of four gigabytes", "an entry within the file") {
      let size: UInt64 = 0xFFFF_FFFE
      ($0.entries[1].both.size, $0.entries[1].both.stored) = (size, size)
    },
    ZipChange("with an entry of 2⁶⁴ bytes", "an entry within the file") {
      ($0.entries[1].both.size, $0.entries[1].both.stored) = (0xFFFF_FFFF, 0xFFFF_FFFF)
      $0.entries[1].extra = number(1, 2) + number(16, 2) + number(.max, 8) + number(.max, 8)
    },
    // Sizes and methods.
    ZipChange("with a stored entry of two sizes", "an entry within the file") {
      $0.entries[0].both.size = 4
    },
    ZipChange("compressed too well", "an entry within the file") {
      $0.entries[0] = .deflated("a.npy", [1, 2, 3])
      $0.entries[0].both.size = 1032 * $0.entries[0].both.stored + 65
    },
    ZipChange("encrypted", "the entry is encrypted") { $0.entries[0].both.flags = 1 },
    ZipChange("encrypted strongly", "the entry is encrypted") { $0.entries[0].both.flags = 0x40 },
    ZipChange("with unknown flags", "flags in 0x080e") { $0.entries[0].both.flags = 0x20 },
    ZipChange("compressed by bzip2", "compression by bzip2") { $0.entries[0].both.method = 12 },
    ZipChange("compressed by another method", "compression by method 77") {
      $0.entries[0].both.method = 77
    },
    // Data.
    ZipChange("with another checksum", "data with the CRC-32 checksum 0x7,") {
      $0.entries[0].both.checksum = 7
    },
    ZipChange("without one of the checksums", "saved without the values") {
      $0.entries[0].both.checksum = 0
    },
    ZipChange("with another checksum of compressed data", "data with the CRC-32 checksum 0x7,") {
      $0.entries[0] = .deflated("a.npy", $0.entries[0].data)
      $0.entries[0].both.checksum = 7
    },
    ZipChange("with fewer compressed data", "found 136") {
      $0.entries[0] = .deflated("a.npy", $0.entries[0].data)
      $0.entries[0].both.size = 137
    },
    ZipChange("with more compressed data", "bytes of decompressed data, found more") {
      $0.entries[0] = .deflated("a.npy", $0.entries[0].data)
      $0.entries[0].both.size = 135
    },
    ZipChange("with bytes after compressed data", "the end of the compressed data") {
      $0.entries[0] = .deflated("a.npy", $0.entries[0].data)
      $0.entries[0].data += [0]
      $0.entries[0].both.stored += 1
    },
    ZipChange("with incomplete compressed data", "more compressed data, found their end") {
      $0.entries[0] = .deflated("a.npy", $0.entries[0].data)
      $0.entries[0].data.removeLast()
      $0.entries[0].both.stored -= 1
    },
    ZipChange("with damaged compressed data", "the deflate format, found: invalid block type") {
      $0.entries[0] = .deflated("a.npy", $0.entries[0].data)
      $0.entries[0].data[0] = 7
    },
  ]

  @Test(arguments: invalid)
  func `is rejected`(change: ZipChange) throws {
    var builder = base
    change.change(&builder)
    let error = #expect(throws: CheckpointError.self) { try values(open(builder)) }
    #expect(error?.file == "some.npz")
    #expect(error?.problem.contains(change.problem) == true, "\(error?.description ?? "")")
  }

  @Test func `is rejected if it would be decompressed to more than four gigabytes`() throws {
    // Each of the entries could have this size.
    let entries = (0..<9).map { index in
      var entry = ZipBuilder.Entry("\(index).npy", [])
      entry.data = [UInt8](repeating: 0, count: 500_000)
      (entry.both.method, entry.both.stored, entry.both.size) = (8, 500_000, 500_000_000)
      return entry
    }
    let error = #expect(throws: CheckpointError.self) { try open(ZipBuilder(entries)) }
    #expect(error?.entry == "8.npy")
    #expect(error?.problem.contains("decompressed to more than 4294967296 bytes") == true)
  }

  @Test func `is named in the error, with the entry and the byte`() throws {
    var builder = base
    builder.entries[1].localName = Array("c.npy".utf8)
    let offset = 30 + 5 + builder.entries[0].data.count
    let error = #expect(throws: CheckpointError.self) { try open(builder) }
    #expect(
      error?.description == "some.npz, b.npy, byte \(offset): expected the same name, method and"
        + " flags as in the directory, found others")
  }

  // The entries that are recognized, and what the format is called.
  static let foreign: [([String], String)] = [
    (["m/archive_format", "m/models/model.json", "m/data/weights/w"], "a program of torch.export"),
    (["version", "serialized_exported_program.json"], "a program of torch.export"),
    (["p/.data/extern_modules", "p/model/model.pkl"], "an archive of torch.package"),
    (["m/model.json", "m/tensors/0"], "a TorchScript archive of PyTorch before 1.4"),
    (["metadata.json", "config.json", "model.weights.h5"], "a Keras model"),
    (["a.txt", "b.txt", "c", "d"], "a zip archive with a.txt, b.txt, c, …"),
  ]

  @Test(arguments: foreign)
  func `of another format is rejected by its name`(names: [String], found: String) {
    let builder = ZipBuilder(names.map { ZipBuilder.Entry($0, [1]) })
    let error = #expect(throws: CheckpointError.self) { try open(builder) }
    #expect(error?.problem.contains("found " + found) == true, "\(error?.description ?? "")")
  }
}
