internal import BackflowFiles
internal import Synchronization

/// The data of an entry of a zip archive.
///
/// The data are compared with the checksum of the entry before their values are used, rather than
/// when the archive is opened, since that would read the complete file.
final class ZipEntry: Sendable {
  /// The data in the archive, under the name of the entry.
  let stored: ByteSource
  let isDeflated: Bool
  /// The number of bytes of the decompressed data.
  let size: Int
  /// The CRC-32 checksum of the decompressed data, or `nil` if the archive has none.
  private let checksum: UInt32?
  private let isChecked = Atomic(false)
  private let cache: ZipCache

  private static let pieceLength = 1 << 16

  init(
    _ stored: ByteSource, isDeflated: Bool, size: Int, checksum: UInt32?, cache: ZipCache
  ) {
    self.cache = cache
    (self.stored, self.isDeflated) = (stored, isDeflated)
    (self.size, self.checksum) = (size, checksum)
  }

  /// Compares stored data with their checksum, the first time that it is called.
  func check() throws(CheckpointError) {
    guard checksum != nil, !isChecked.load(ordering: .relaxed) else { return }
    var sum = Checksum()
    for start in stride(from: 0, to: stored.count, by: ZipEntry.pieceLength) {
      let end = min(start + ZipEntry.pieceLength, stored.count)
      sum.add(try stored.bytes(start..<end, "the data"))
    }
    try compare(sum)
    isChecked.store(true, ordering: .relaxed)
  }

  private func compare(_ sum: Checksum) throws(CheckpointError) {
    guard let checksum, sum.value != checksum else { return }
    throw stored.failure(
      at: 0,
      checksum == 0
        ? "expected data with a checksum, found none; the file was saved without the values of its"
          + " tensors, as by torch.serialization.skip_data"
        : "expected data with the CRC-32 checksum \(hexadecimal(checksum)), found"
          + " \(hexadecimal(sum.value)); the file is damaged")
  }

  private func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }

  /// Returns all of the data of a compressed entry.
  func decompressed() throws(CheckpointError) -> [UInt8] {
    if let data = cache.data(of: self) { return data }
    let data = try inflated(size, isAll: true)
    var sum = Checksum()
    sum.add(data)
    try compare(sum)
    cache.keep(data, of: self)
    return data
  }

  /// Returns the first `count` bytes of a compressed entry, and perhaps some more.
  func prefix(_ count: Int) throws(CheckpointError) -> [UInt8] {
    if let data = cache.data(of: self) { return data }
    return count == size ? try decompressed() : try inflated(count, isAll: false)
  }

  /// Decompresses `count` bytes or somewhat more, but no more than `size`. The memory grows with
  /// the data, not with the size that the archive states.
  private func inflated(_ count: Int, isAll: Bool) throws(CheckpointError) -> [UInt8] {
    do {
      var inflater = try Inflater()
      var (data, input, position) = ([UInt8](), ArraySlice<UInt8>(), 0)
      var output = [UInt8](
        repeating: 0, count: isAll ? ZipEntry.pieceLength : min(ZipEntry.pieceLength, count + 64))
      while !inflater.isAtEnd, isAll || data.count < count {
        if input.isEmpty, position < stored.count {
          let end = min(position + ZipEntry.pieceLength, stored.count)
          input = try stored.bytes(position..<end, "the compressed data")[...]
          position = end
        }
        let (read, written) = try inflater.inflate(input, into: &output)
        input = input.dropFirst(read)
        guard written <= size - data.count else {
          throw stored.failure("expected \(size) bytes of decompressed data, found more")
        }
        guard read > 0 || written > 0 || inflater.isAtEnd else {
          throw stored.failure(at: position, "expected more compressed data, found their end")
        }
        data += output[..<written]
      }
      guard data.count >= count else {
        throw stored.failure("expected \(size) bytes of decompressed data, found \(data.count)")
      }
      if isAll, !input.isEmpty || position < stored.count {
        throw stored.failure(
          at: position - input.count, "expected the end of the compressed data, found more")
      }
      return data
    } catch let error as Inflater.Problem {
      throw stored.failure("expected data in the deflate format, found: \(error.description)")
    } catch {
      throw error as? CheckpointError ?? stored.failure("\(error)")
    }
  }
}
