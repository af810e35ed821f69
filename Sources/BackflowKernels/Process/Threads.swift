internal import COpenBLAS
internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The number of threads for products and recurrences.
///
/// OpenBLAS itself runs on one thread: it synchronizes at every call, which costs more than it
/// gains for the small products of a recurrence. Backflow divides the work instead, by rows of the
/// result or by samples of the batch.
///
/// The same number gives the same bits on one instruction set. Another number may change rounding,
/// because BLAS adds in a different order at the edge of a part. Another instruction set has other
/// kernels, which round differently.
public enum Threads {
  /// The number of threads, at least 1.
  ///
  /// The initial value is the environment variable `BACKFLOW_NUM_THREADS` or, without it, the
  /// number of processors on which the process may run, limited by the processor quota of its
  /// control group (the limit of a container), by `OMP_NUM_THREADS`, and by `OPENBLAS_NUM_THREADS`.
  public static var count: Int {
    get {
      let count = current.load(ordering: .relaxed)
      return count > 0 ? count : initialCount
    }
    set {
      require(newValue >= 1, "the number of threads must be at least 1, got \(newValue)")
      current.store(newValue, ordering: .relaxed)
    }
  }

  /// 0 until the number is set. The environment is read only if it is needed, so that unused
  /// variables cause no messages.
  private static let current = Atomic<Int>(0)

  private static let initialCount: Int = {
    let limit = ThreadLimit(
      processors: max(1, Int(openblas_get_num_procs())), quota: ProcessorQuota.processors()
    ) { name in
      unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    if let complaint = limit.complaint { complain(complaint) }
    return limit.count
  }()

  static let keepOpenBLASSingleThreaded: Void = openblas_set_num_threads(1)

  /// Runs `body` on consecutive parts of `0..<count`, one on each thread, and returns when all are
  /// done. The parts have about equal lengths, of about `grain` or more, and start at multiples of
  /// `alignment`.
  package static func split(
    _ count: Int, grain: Int, alignment: Int = 1, _ body: (Range<Int>) -> Void
  ) {
    let parts = max(1, min(Threads.count, count / max(grain, 1)))
    if parts == 1 { return body(0..<count) }
    withoutActuallyEscaping(body) { body in
      // The parts are disjoint, and all are done before this function returns.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: parts) { part in
        let start = count * part / parts / alignment * alignment
        let end = part + 1 == parts ? count : count * (part + 1) / parts / alignment * alignment
        unsafe body(start..<end)
      }
    }
  }

  /// Returns the results of `body` on consecutive parts of `0..<count`, in order, with the parts of
  /// `split`.
  package static func map<Part: Sendable>(
    _ count: Int, grain: Int, alignment: Int = 1, _ body: (Range<Int>) -> Part
  ) -> [Part] {
    let parts = Mutex<[(start: Int, part: Part)]>([])
    split(count, grain: grain, alignment: alignment) { range in
      let part = body(range)
      parts.withLock { $0.append((range.lowerBound, part)) }
    }
    return parts.withLock { $0 }.sorted { $0.start < $1.start }.map(\.part)
  }
}
