internal import Synchronization

/// The decompressed data of the entry of an archive that was read last, unless they are large: many
/// tensors can be views of one entry.
final class ZipCache: Sendable {
  private let last = Mutex<(entry: ObjectIdentifier, data: [UInt8])?>(nil)

  static let maximumSize = 16 << 20

  /// - Precondition: The cache is the one of the archive of `entry`, whose entries all exist before
  ///   the first one is read.
  func data(of entry: ZipEntry) -> [UInt8]? {
    last.withLock { $0?.entry == ObjectIdentifier(entry) ? $0?.data : nil }
  }

  func keep(_ data: [UInt8], of entry: ZipEntry) {
    guard data.count <= ZipCache.maximumSize else { return }
    last.withLock { $0 = (ObjectIdentifier(entry), data) }
  }
}
