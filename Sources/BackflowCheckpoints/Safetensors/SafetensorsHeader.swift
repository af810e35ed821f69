internal import OrderedCollections

/// The header of a safetensors file: a JSON object with the type, the shape and the range of bytes
/// of each tensor, and metadata.
///
/// Format: https://github.com/huggingface/safetensors. Where it leaves a choice, this reader is
/// strict: a name that occurs twice is an error.
struct SafetensorsHeader {
  struct Entry {
    let type: String
    let shape: [Int]
    /// The bytes, counted from the end of the header.
    let range: Range<Int>
  }

  private(set) var entries: OrderedDictionary<String, Entry> = [:]
  private(set) var metadata: OrderedDictionary<String, String> = [:]
  /// The offset of the first byte after the header.
  let dataStart: Int

  /// The largest number of bytes that the reference implementation reads.
  static let maximumLength = 100_000_000

  init(_ source: ByteSource) throws(CheckpointError) {
    var reader = ByteReader(source)
    let length = try reader.littleEndian(size: 8, "the length of the header")
    guard length <= SafetensorsHeader.maximumLength else {
      throw source.failure(
        at: 0,
        "expected a header of at most \(SafetensorsHeader.maximumLength) bytes, found \(length)")
    }
    let text = try reader.take(Int(length), "the header")
    dataStart = reader.offset
    do throws(JSONScanner.Problem) {
      try parse(text)
    } catch {
      throw source.failure(at: 8 + error.position, error.description)
    }
    try checkCoverage(source)
  }

  private mutating func parse(_ text: [UInt8]) throws(JSONScanner.Problem) {
    var scanner = JSONScanner(text)
    var hasMetadata = false
    try scanner.object { scanner, name throws(JSONScanner.Problem) in
      if name == "__metadata__" {
        guard !hasMetadata else { throw scanner.problem("expected one __metadata__, found two") }
        hasMetadata = true
        if !scanner.take(word: "null") { try parseMetadata(&scanner) }
      } else {
        guard entries[name] == nil else {
          throw scanner.problem("expected one tensor \(escaped(name)), found two")
        }
        entries[name] = try SafetensorsHeader.entry(&scanner, name)
      }
    }
    guard scanner.isAtEnd else { throw scanner.problem("expected the end of the header") }
  }

  private mutating func parseMetadata(_ scanner: inout JSONScanner) throws(JSONScanner.Problem) {
    try scanner.object { scanner, key throws(JSONScanner.Problem) in
      guard metadata[key] == nil else {
        throw scanner.problem("expected one text \(escaped(key)), found two")
      }
      metadata[key] = try scanner.string()
    }
  }

  private static func entry(
    _ scanner: inout JSONScanner, _ name: String
  ) throws(JSONScanner.Problem) -> Entry {
    var (type, shape, offsets) = (String?.none, [Int]?.none, [Int]?.none)
    let start = scanner.position
    try scanner.object { scanner, field throws(JSONScanner.Problem) in
      // Made only where it is thrown: there may be millions of fields.
      func again(_ scanner: JSONScanner) -> JSONScanner.Problem {
        scanner.problem("expected \(field) once for \(escaped(name)), found it twice")
      }
      switch field {
      case "dtype":
        guard type == nil else { throw again(scanner) }
        type = try scanner.string()
      case "shape":
        guard shape == nil else { throw again(scanner) }
        shape = try scanner.naturals()
      case "data_offsets":
        guard offsets == nil else { throw again(scanner) }
        offsets = try scanner.naturals()
      default: try scanner.skipValue()
      }
    }
    guard let type, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw JSONScanner.Problem(
        position: start, description: "expected dtype, shape and data_offsets of \(escaped(name))")
    }
    return Entry(type: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  /// Throws an error unless the tensors cover the data without gaps and overlaps.
  private func checkCoverage(_ source: ByteSource) throws(CheckpointError) {
    let size = source.count - dataStart
    var end = 0
    for (name, entry) in entries.elements.sorted(by: {
      ($0.value.range.lowerBound, $0.value.range.upperBound)
        < ($1.value.range.lowerBound, $1.value.range.upperBound)
    }) {
      guard entry.range.upperBound <= size else {
        throw source.part(0..<source.count, entry: name).failure(
          at: source.count,
          "expected data at \(entry.range), found \(size) bytes of data before the end of the file")
      }
      guard entry.range.lowerBound == end else {
        throw source.part(0..<source.count, entry: name).failure(
          at: dataStart + entry.range.lowerBound,
          "expected data that start where those of another tensor end, at \(end), found"
            + " \(entry.range)")
      }
      end = entry.range.upperBound
    }
    guard end == size else {
      throw source.failure(
        at: dataStart + end,
        "expected the end of the file, found \(size - end) bytes without a name")
    }
  }
}
