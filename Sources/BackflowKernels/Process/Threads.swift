internal import COpenBLAS
internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How many threads Backflow's products and recurrences may use.
///
/// OpenBLAS itself is kept at one thread: it synchronizes at every call, which costs more than it
/// gains on the small products of a recurrence. Backflow splits the work above it instead, by rows
/// of the result or by samples of the batch.
///
/// The same count gives the same bits on one instruction set. Another count may round differently, for
/// at the edge of a part BLAS forms its sums in another order; so may another instruction set, whose
/// kernels and whose OpenBLAS round differently.
public enum Threads {
  /// The number of threads, at least 1.
  ///
  /// It starts as the environment's `BACKFLOW_NUM_THREADS`, or else as the number of processors that
  /// this process may run on, limited by the processor quota of its control group (a container's
  /// limit), by `OMP_NUM_THREADS` and by `OPENBLAS_NUM_THREADS`.
  public static var count: Int {
    get {
      let count = current.load(ordering: .relaxed)
      return count > 0 ? count : initialCount
    }
    set {
      require(newValue >= 1, "the number of threads must be at least 1, not \(newValue)")
      current.store(newValue, ordering: .relaxed)
    }
  }

  /// 0 until the number is set. The environment is read only if it never is, so that a variable that
  /// is not used causes no complaint.
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

  /// Runs `body` on consecutive parts of `0..<count`, one part a thread, about equal and about
  /// `grain` long or longer, each starting at a multiple of `alignment`. Returns when all are done.
  package static func split(
    _ count: Int, grain: Int, alignment: Int = 1, _ body: (Range<Int>) -> Void
  ) {
    let parts = max(1, min(Threads.count, count / max(grain, 1)))
    if parts == 1 { return body(0..<count) }
    withoutActuallyEscaping(body) { body in
      // The parts are disjoint and all done before this returns.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: parts) { part in
        let start = count * part / parts / alignment * alignment
        let end = part + 1 == parts ? count : count * (part + 1) / parts / alignment * alignment
        unsafe body(start..<end)
      }
    }
  }

  /// The results of `body` on consecutive parts of `0..<count`, in their order; the parts are those
  /// of `split`.
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
