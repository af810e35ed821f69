internal import CProcessors
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Work in parts that a caller and idle workers run.
///
/// Each worker gets a part of its own, the same one every time, so that what the part reads is in
/// the cache of its processor. Parts for which there is no worker are taken by whoever has time.
@safe struct DividedWork: ~Copyable {
  private let parts: Int
  /// Whether a part takes longer than waking a worker.
  private let isLong: Bool
  private let body: (_ part: Int) -> Void
  /// The number of threads that the caller has set for its task, which holds inside the parts too.
  private let countOfTask: Int?
  /// The first part that nobody has taken, once the workers have theirs.
  private let next: Atomic<Int>
  private let unfinished: Atomic<Int>

  init(parts: Int, isLong: Bool, countOfTask: Int?, _ body: @escaping (_ part: Int) -> Void) {
    (self.parts, self.isLong, self.countOfTask, self.body) = (parts, isLong, countOfTask, body)
    next = Atomic(parts)
    unfinished = Atomic(parts)
  }

  /// Runs all parts, and returns when they are finished. Each of `workers` that is idle gets one.
  /// This thread runs others, and also those that a worker has not started by then.
  ///
  /// - Returns: Whether the parts have run. They have not if `onlyIfShared` is set and no worker is
  ///   idle.
  borrowing func run(on workers: [Worker], onlyIfShared: Bool) -> Bool {
    unsafe withUnsafePointer(to: self) { work in
      var posted = 1
      for worker in workers where posted < parts {
        if unsafe worker.post(posted, of: work, isLong: isLong) { posted += 1 }
      }
      if onlyIfShared && posted == 1 { return false }
      next.store(posted, ordering: .relaxed)
      var finished = runParts(from: 0)
      for worker in workers where posted > 1 {
        guard let part = unsafe worker.claim(work) else { continue }
        body(part)
        finished += 1
      }
      note(finished: finished)
      wait()
      return true
    }
  }

  /// Runs a part and those that nobody has taken, on a worker, and returns their number. Not
  /// inlined, so that no reference to `body` is left afterward.
  @inline(never)
  borrowing func run(from part: Int) -> Int {
    guard let countOfTask else { return runParts(from: part) }
    return Threads.withCount(countOfTask) { runParts(from: part) }
  }

  private borrowing func runParts(from first: Int) -> Int {
    var (part, finished) = (first, 0)
    repeat {
      body(part)
      finished += 1
      part = next.load(ordering: .relaxed)
      if part < parts { part = next.add(1, ordering: .relaxed).oldValue }
    } while part < parts
    return finished
  }

  /// Notes that this many parts are finished. After the last one, the caller may end this value.
  borrowing func note(finished: Int) {
    unfinished.subtract(finished, ordering: .acquiringAndReleasing)
  }

  /// Waits for the parts that workers have started.
  private borrowing func wait() {
    var rounds = 0
    while unfinished.load(ordering: .acquiring) > 0 {
      // A worker may have lost its processor, possibly to this thread.
      if rounds < 200 { backflow_pause() } else { sched_yield() }
      rounds += 1
    }
  }
}
