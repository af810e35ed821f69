import Backflow

/// The largest number of bytes of a tensor that is read. A compressed file may hold tensors that
/// are a thousand times larger, whose size is known before they are read.
private let largestTensor = 1 << 24

/// Opens a file with these contents, reads all of it, and reports on it if it is small. Typed
/// errors are expected; traps, hangs and sanitizer reports are not.
public func readEverything(_ bytes: UnsafeBufferPointer<UInt8>, name: String) {
  do throws(CheckpointError) {
    let checkpoint = try Checkpoint(bytes: Array(bytes), name: name)
    // Decompositions of larger matrices would take most of the time.
    if checkpoint.tensors.values.reduce(0, { $0 &+ $1.count }) < 4096 {
      do throws(CheckpointError) {
        _ = try CheckpointReport(of: checkpoint).description
      } catch {
        precondition(!error.problem.isEmpty)
      }
    }
    var total = 0
    for tensor in checkpoint.tensors.values {
      total += tensor.byteCount
      guard tensor.byteCount <= largestTensor, total <= 4 * largestTensor else { continue }
      do throws(CheckpointError) {
        _ = try tensor.elements()
        if tensor.shape.count <= Shape.maximumRank { _ = try tensor.values(as: Float.self) }
      } catch {
        precondition(!error.problem.isEmpty)
      }
    }
  } catch {
    precondition(error.file == name && !error.problem.isEmpty)
  }
}
