internal import BackflowFiles
internal import BackflowKernels

/// A reader of a CSV file in pieces.
///
/// All columns whose type is not stated are read as numbers until one of their fields is a text.
/// If only missing values came before it, the column goes on as texts. Otherwise, a second pass
/// reads this column again. So the file is read once or twice, and never kept.
struct CSVReader {
  private let format: CSVFormat
  private let input: CSVInput
  private let pieceSize: Int

  init(_ input: CSVInput, _ format: CSVFormat, pieceSize: Int = 1 << 20) {
    (self.input, self.format, self.pieceSize) = (input, format, pieceSize)
  }

  func table() throws(DataError) -> DataTable {
    let first = try pass(CSVPass(format, file: input.name))
    var columns = first.columns.map(\.values)
    if columns.contains(where: { $0 == nil }) {
      let kinds = columns.map { $0 == nil ? CSVColumn.Kind.text : .skipped }
      let second = try pass(CSVPass(format, file: input.name, kinds: kinds))
      // Another process may have changed the file meanwhile.
      guard second.rowCount == first.rowCount, second.names == first.names else {
        throw DataError.changed(input.name)
      }
      columns = zip(columns, second.columns).map { $0 ?? $1.values }
    }
    return DataTable(
      names: first.names, columns: columns.compactMap { $0 },
      origin: RowOrigin(file: input.name, lines: first.lines), rowCount: first.rowCount)
  }

  /// The number of bytes within which a record must end.
  private static let longestRecord = 64 << 20

  private func pass(_ start: CSVPass) throws(DataError) -> CSVPass {
    var pass = start
    var buffer = [UInt8](repeating: 0, count: min(pieceSize, input.size + 1))
    // `filled` bytes at the start of the buffer are those before `offset` in the file.
    var (filled, offset) = (0, 0)
    var isLast = false
    while !isLast {
      let count = try input.read(into: &buffer, from: filled, at: offset)
      filled += count
      offset += count
      isLast = filled < buffer.count
      let consumed = try pass.read(buffer.span.extracting(0..<filled), isLast: isLast)
      if pass.rowCount > 0, !pass.hasReserved {
        pass.reserve(share: Double(offset - filled + consumed) / Double(max(input.size, 1)))
      }
      if consumed == 0 {
        // A quotation mark without its second one would keep the rest of the file in memory.
        guard isLast || buffer.count < Self.longestRecord else {
          throw DataError(
            input.name, line: pass.line,
            "expected the record to end within \(Self.longestRecord >> 20) MiB; a quotation mark may"
              + " lack its second one")
        }
        buffer += [UInt8](repeating: 0, count: buffer.count)
      } else {
        for index in consumed..<filled { buffer[index - consumed] = buffer[index] }
        filled -= consumed
      }
    }
    try pass.finish()
    return pass
  }
}

/// The bytes of a CSV file.
struct CSVInput {
  private enum Contents {
    case file(InputFile)
    case bytes([UInt8])
  }

  /// The path of the file, for messages.
  let name: String?
  /// The number of bytes.
  let size: Int
  private let contents: Contents

  init(path: String) throws(DataError) {
    do throws(FileError) {
      let file = try InputFile(path)
      (name, size, contents) = (path, file.size, .file(file))
    } catch {
      throw DataError(error.path, error.problem)
    }
  }

  init(_ bytes: [UInt8]) { (name, size, contents) = (nil, bytes.count, .bytes(bytes)) }

  /// Fills `buffer` from `start` on with the bytes at `offset`, and returns their number, which is
  /// less than what fits only at the end.
  func read(into buffer: inout [UInt8], from start: Int, at offset: Int) throws(DataError) -> Int {
    switch contents {
    case .bytes(let bytes):
      let count = min(buffer.count - start, bytes.count - offset)
      for index in 0..<count { buffer[start + index] = bytes[offset + index] }
      return count
    case .file(let file):
      do throws(FileError) {
        var span = buffer.mutableSpan
        var rest = span._mutatingExtracting(start..<span.count)
        return try file.read(into: &rest, at: offset)
      } catch {
        throw DataError(error.path, error.problem)
      }
    }
  }
}
