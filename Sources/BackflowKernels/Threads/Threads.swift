internal import COpenBLAS
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The number of threads for products, recurrences and whatever else is large enough to divide.
///
/// OpenBLAS itself runs on one thread: it synchronizes at every call, which costs more than it
/// gains for the small products of a recurrence. Backflow divides the work instead, by rows of the
/// result or by samples of the batch, among the calling thread and threads of its own. These stay
/// from one piece of work to the next, and sleep when there has been none for 50 µs. Where none is
/// idle, because other tasks of the program use them, the calling thread does all of its work
/// itself. So tasks that run at the same time share the threads instead of multiplying them.
///
/// The same number gives the same bits on one instruction set. Another number may change rounding,
/// because sums are divided elsewhere. Another instruction set has other kernels, which round
/// differently.
public enum Threads {
  /// The number of threads, at least 1: that of the task if `withCount` has set one, otherwise that
  /// of the process.
  ///
  /// The initial value is the environment variable `BACKFLOW_NUM_THREADS` or, without it, the
  /// number of processors on which the process may run, limited by the processor quota of its
  /// control group (the limit of a container), by `OMP_NUM_THREADS`, and by `OPENBLAS_NUM_THREADS`.
  ///
  /// Setting it changes the number of the process, which every task without a number of its own
  /// uses.
  public static var count: Int {
    get { countOfTask ?? countOfProcess }
    set {
      requirePositive(newValue)
      current.store(newValue, ordering: .relaxed)
    }
  }

  /// Runs `body` with this number of threads, for the current task and the child tasks that it
  /// starts. A server that answers several requests at once runs each with one thread this way.
  ///
  ///     let output = Threads.withCount(1) { model(input) }
  ///
  /// - Precondition: `count` is at least 1.
  public static func withCount<Result>(
    _ count: Int, _ body: () throws -> Result
  ) rethrows -> Result {
    requirePositive(count)
    return try $countOfTask.withValue(count, operation: body)
  }

  /// Runs an asynchronous `body` with this number of threads, for the current task and the child
  /// tasks that it starts.
  ///
  /// - Precondition: `count` is at least 1.
  public static func withCount<Result>(
    _ count: Int, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async rethrows -> Result {
    requirePositive(count)
    return try await $countOfTask.withValue(count, operation: body, isolation: isolation)
  }

  @TaskLocal private static var countOfTask: Int?

  private static var countOfProcess: Int {
    let count = current.load(ordering: .relaxed)
    return count > 0 ? count : initialCount
  }

  private static func requirePositive(_ count: Int) {
    require(count >= 1, "the number of threads must be at least 1, got \(count)")
  }

  /// 0 until the number is set. The environment is read only if it is needed, so that unused
  /// variables cause no messages.
  private static let current = Atomic<Int>(0)

  private static let initialCount: Int = {
    let limit = ThreadLimit(
      processors: processors, quota: ProcessorQuota.processors()
    ) { name in
      unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    if let complaint = limit.complaint { complain(complaint) }
    return limit.count
  }()

  static let keepOpenBLASSingleThreaded: Void = openblas_set_num_threads(1)

  /// The number of multiply-adds that justifies a thread: 4 µs of work, where dividing it costs
  /// half a microsecond, and the other processor has to fetch the operands.
  package static var leastWork: Int { 250_000 }

  /// The number of grains of a part that is worth waking a thread for, whatever follows it: 100 µs
  /// of work, where waking a thread takes 25 to 50 µs.
  private static var grainsToWake: Int { 25 }

  /// Returns the grain of `split` for items of so many multiply-adds each.
  package static func grain(work: Int) -> Int { max(1, leastWork / max(1, work)) }

  /// Runs `body` on consecutive parts of `0..<count`, one on each thread, and returns when all are
  /// done. The parts have about equal lengths, of about `grain` or more, and start at multiples of
  /// `alignment`.
  ///
  /// - Parameter mayStayWhole: Whether `body` may get `0..<count` instead, if no thread is free.
  ///   The results must have the same bits then.
  package static func split(
    _ count: Int, grain: Int, alignment: Int = 1, mayStayWhole: Bool = false,
    _ body: (Range<Int>) -> Void
  ) {
    let parts = max(1, min(Threads.count, count / max(grain, 1)))
    if parts == 1 { return body(0..<count) }
    withoutActuallyEscaping(body) { body in
      let isLong = count / max(grain, 1) >= grainsToWake * parts
      let work = DividedWork(parts: parts, isLong: isLong, countOfTask: countOfTask) { part in
        let start = count * part / parts / alignment * alignment
        let end = part + 1 == parts ? count : count * (part + 1) / parts / alignment * alignment
        body(start..<end)
      }
      if !work.run(on: workers(parts - 1), onlyIfShared: mayStayWhole) { body(0..<count) }
    }
  }

  /// Returns the workers, of which those up to `count` are started now if they have not been. With
  /// the calling thread, there are no more than processors: a worker that had to share one would
  /// only disturb.
  private static func workers(_ count: Int) -> [Worker] {
    pool.withLock { pool in
      while pool.count < min(count, processors - 1) { pool.append(Worker()) }
      return pool
    }
  }

  /// The processors on which the process may run.
  private static let processors = max(1, Int(openblas_get_num_procs()))

  private static let pool = Mutex<[Worker]>([])

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
