internal import OrderedCollections

/// The directory of a zip archive.
///
/// This reader is strict: where two programs could read an archive differently, it throws an error.
/// The names are unique, the directory and the headers before the data agree, and entries do not
/// overlap. The data themselves are not read; see `ZipEntry`.
///
/// Opening needs memory in proportion to the size of the directory. An entry is decompressed when
/// its bytes are asked for.
struct ZipArchive {
  let source: ByteSource
  /// The contents of the entries by name, in the order of the archive. A compressed entry is
  /// decompressed when its bytes are asked for; see `ByteSource.decompressed`.
  let entries: OrderedDictionary<String, ByteSource>

  static let severalArchives =
    "several archives follow each other, as in the .distcp files of a distributed checkpoint, or the"
    + " archive has been changed; in Python, convert a distributed checkpoint with"
    + " torch.distributed.checkpoint.format_utils.dcp_to_torch_save"

  /// The number of bytes to which the entries may be decompressed in total, unless the archive is
  /// so large that its entries are compressed to less than a sixteenth.
  static let maximumInflatedSize = 4 << 30

  init(_ source: ByteSource) throws(CheckpointError) {
    self.source = source
    let end = try ZipEnd(source)
    let headers = try ZipArchive.headers(source, end)
    let members = try ZipArchive.members(headers, source, before: end.directory.lowerBound)
    // PyTorch can write archives without any checksums.
    let hasChecksums = headers.contains { $0.checksum != 0 }
    var entries: OrderedDictionary<String, ByteSource> = [:]
    entries.reserveCapacity(headers.count)
    let cache = ZipCache()
    for (header, data) in zip(headers, members) where !header.isFolder {
      entries[header.name] = ByteSource(
        ZipEntry(
          source.part(data, entry: header.name), isDeflated: header.isDeflated, size: header.size,
          checksum: hasChecksums ? header.checksum : nil, cache: cache))
    }
    self.entries = entries
  }

  private static func headers(
    _ source: ByteSource, _ end: ZipEnd
  ) throws(CheckpointError) -> [ZipHeader] {
    let start = end.directory.lowerBound
    let directory = try source.bytes(end.directory, "the directory")
    var (position, inflated) = (0, 0)
    var headers: [ZipHeader] = []
    headers.reserveCapacity(end.count)
    var names: Set<String> = []
    for _ in 0..<end.count {
      let begin = start + position
      let header = try ZipHeader(directory, &position, start, source)
      // Two names that differ only in the composition of their characters are also equal.
      guard names.insert(header.name).inserted else {
        throw source.part(0..<source.count, entry: header.name).failure(
          at: begin, "expected one entry of this name, found two")
      }
      if header.isDeflated {
        let (sum, overflow) = inflated.addingReportingOverflow(header.size)
        guard !overflow, sum <= max(maximumInflatedSize, 16 * source.count) else {
          throw source.part(0..<source.count, entry: header.name).failure(
            at: begin, "the entries would be decompressed to more than \(maximumInflatedSize) bytes"
          )
        }
        inflated = sum
      }
      headers.append(header)
    }
    guard position == directory.count else {
      throw source.failure(
        at: start + position,
        "expected the end of the directory after \(end.count) entries, found"
          + " \(directory.count - position) bytes")
    }
    return headers
  }

  /// Returns the ranges of the data, in the order of `headers`.
  private static func members(
    _ headers: [ZipHeader], _ source: ByteSource, before end: Int
  ) throws(CheckpointError) -> [Range<Int>] {
    let order = headers.indices.sorted { headers[$0].offset < headers[$1].offset }
    let first = order.first.map { headers[$0].offset } ?? end
    guard first == 0 else {
      throw source.failure(
        at: 0, "expected the first entry here, found it at byte \(first); " + severalArchives)
    }
    var members = [Range<Int>](repeating: 0..<0, count: headers.count)
    for (place, index) in order.enumerated() {
      let limit = place + 1 < order.count ? headers[order[place + 1]].offset : end
      members[index] = try ZipMember(headers[index], source, before: limit).data
    }
    return members
  }
}
