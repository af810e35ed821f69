internal import CProcessors
internal import Dispatch
internal import Synchronization

/// A thread that stays and runs parts of divided work, one at a time.
///
/// A caller posts a part to an idle worker, and later claims it back unless the worker has started
/// it. So nobody waits for a worker that is late, because it is waking up or because its processor
/// runs another program.
///
/// After a part, a worker looks for the next one for a short time before it sleeps, because waking
/// a thread takes longer (25 to 50 µs) than many a part.
@safe final class Worker: @unchecked Sendable {
  /// What this worker does. The worker itself leaves `starting`, `posted` and `running`, and enters
  /// `asleep`. A caller leaves `idle`, `asleep` and, to claim, `posted`; `reserved` is that of one
  /// caller, or of the worker before it sleeps.
  private enum State: UInt8, AtomicRepresentable {
    case starting, idle, asleep, reserved, posted, running
  }

  private let before = CacheLines()
  private let state = Atomic<State>(.starting)
  private let after = CacheLines()
  private let wake = DispatchSemaphore(value: 0)
  // The following belong to the one that has left `idle`, `asleep` or `posted`.
  private var part = 0
  private var work: UnsafePointer<DividedWork>?
  private var wasAsleep = false
  private var wakePolicy = WakePolicy()
  /// The processor of the last caller.
  private let processorOfCaller = Atomic<Int32>(-1)
  /// The number of parts in a row that came while this worker was awake and were claimed back.
  private let lateStarts = Atomic<Int>(0)
  /// How long this worker has run parts since it was last woken. It belongs to the thread.
  private var workTime = Duration.zero

  /// Starts the thread. Without one, if the system refuses it, this worker never becomes idle.
  init() { startThread { [self] in run() } }

  /// How long this worker looks for a part. Longer would cost energy and other programs more than
  /// it gains here.
  static let spinTime = Duration.microseconds(50)
  /// The number of late starts in a row after which a worker takes itself for disturbed.
  private static let acceptedLateStarts = 4

  // MARK: - The caller's side

  /// Posts a part to this worker, if it is idle. The caller must claim it back or wait until it is
  /// finished before `work` ends.
  ///
  /// - Parameter isLong: Whether the part alone takes longer than waking this worker.
  func post(_ part: Int, of work: UnsafePointer<DividedWork>, isLong: Bool) -> Bool {
    let isAwake = exchange(.idle, .reserved)
    if !isAwake {
      guard exchange(.asleep, .reserved) else { return false }
      guard wakePolicy.wakes(forLongPart: isLong) else {
        state.store(.asleep, ordering: .releasing)
        return false
      }
    }
    (self.part, wasAsleep) = (part, !isAwake)
    processorOfCaller.store(backflow_current_processor(), ordering: .relaxed)
    unsafe self.work = work
    state.store(.posted, ordering: .releasing)
    if !isAwake { wake.signal() }
    return true
  }

  /// Takes back the part of `work` that was posted to this worker, and returns it, unless the
  /// worker has started it.
  func claim(_ work: UnsafePointer<DividedWork>) -> Int? {
    guard exchange(.posted, .reserved) else { return nil }
    if unsafe self.work != work {
      // This worker has a part of another caller.
      state.store(.posted, ordering: .releasing)
      return nil
    }
    if !wasAsleep { lateStarts.add(1, ordering: .relaxed) }
    let part = part
    state.store(.idle, ordering: .releasing)
    return part
  }

  /// Changes the state if it is `old`. A first look without changing it leaves the cache line to
  /// the others.
  private func exchange(_ old: State, _ new: State) -> Bool {
    state.load(ordering: .relaxed) == old
      && state.compareExchange(expected: old, desired: new, ordering: .acquiring).exchanged
  }

  // MARK: - The thread's side

  private var clock: ContinuousClock { ContinuousClock() }

  private func run() -> Never {
    state.store(.idle, ordering: .releasing)
    while true {
      wait()
      guard exchange(.posted, .running), let work = unsafe work else { continue }
      let part = part
      lateStarts.store(0, ordering: .relaxed)
      let start = clock.now
      let finished = unsafe work.pointee.run(from: part)
      workTime += clock.now - start
      state.store(.idle, ordering: .releasing)
      unsafe work.pointee.note(finished: finished)
    }
  }

  /// Returns when a part may have been posted.
  private func wait() {
    // A worker that is late again and again is on a processor that does other work. On that of the
    // caller, it would keep the caller from working.
    let isDisturbed =
      lateStarts.load(ordering: .relaxed) >= Self.acceptedLateStarts
      || backflow_current_processor() == processorOfCaller.load(ordering: .relaxed)
    let end = clock.now + Self.spinTime
    while !isDisturbed && clock.now < end {
      for _ in 0..<64 {
        if state.load(ordering: .relaxed) == .posted { return }
        backflow_pause()
      }
    }
    guard exchange(.idle, .reserved) else { return }
    wakePolicy.note(workTime: workTime)
    state.store(.asleep, ordering: .releasing)
    wake.wait()
    workTime = .zero
    lateStarts.store(0, ordering: .relaxed)
    // Linux tends to wake a thread on the processor of a caller that has slept itself.
    let processor = processorOfCaller.load(ordering: .relaxed)
    if backflow_current_processor() == processor { backflow_leave_processor(processor) }
  }
}

/// Memory between values that different threads write: two cache lines, because some processors
/// fetch them in pairs.
private struct CacheLines {
  private typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
  private let words: (Words, Words) = ((0, 0, 0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0))
}
