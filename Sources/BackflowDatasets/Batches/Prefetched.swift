internal import BackflowKernels
internal import Dispatch
internal import Synchronization

extension Sequence where Self: Sendable, Element: Sendable {
  /// Returns the results of `prepare` for each element, in order, prepared on a thread in the
  /// background while the program uses the one before:
  ///
  ///     for batch in batches.epoch(epoch).prefetched({ images.selectRows($0) }) { … }
  ///
  /// The results do not depend on when the thread runs: one element after the other is prepared, in
  /// order, with the number of threads (`Threads.count`) of the task that starts the iteration.
  /// A loop that ends early leaves at most `depth` results unused.
  ///
  /// - Parameters:
  ///   - depth: The number of results that are prepared ahead.
  ///   - prepare: A closure that runs on the other thread.
  /// - Precondition: The depth is positive.
  public func prefetched<Prepared: Sendable>(
    depth: Int = 1, _ prepare: @escaping @Sendable (Element) -> Prepared
  ) -> Prefetched<Self, Prepared> {
    require(depth > 0, "Prefetched: a depth of \(depth)")
    return Prefetched(base: self, depth: depth, prepare: prepare)
  }
}

/// A sequence whose elements are prepared in the background; see `prefetched(depth:_:)`.
public struct Prefetched<Base: Sequence & Sendable, Prepared: Sendable>: Sequence, Sendable
where Base.Element: Sendable {
  let base: Base
  let depth: Int
  let prepare: @Sendable (Base.Element) -> Prepared

  /// Starts to prepare the first elements.
  public func makeIterator() -> Iterator { Iterator(Pipeline(self)) }

  /// An iterator over prepared elements.
  public struct Iterator: IteratorProtocol {
    private let pipeline: Pipeline

    fileprivate init(_ pipeline: Pipeline) { self.pipeline = pipeline }

    /// Returns the next element, after waiting for it if it is not ready, or `nil` after the last.
    public mutating func next() -> Prepared? { pipeline.next() }
  }

  /// A queue of jobs, of which each prepares one element, and the results that nobody has taken.
  fileprivate final class Pipeline: Sendable {
    private struct State {
      /// The results in order, with `nil` for the end.
      var results: [Prepared?] = []
      var hasEnded = false
    }

    private let state = Mutex(State())
    private let ready = DispatchSemaphore(value: 0)
    /// Runs one job at a time, in order.
    private let queue = DispatchQueue(label: "backflow.prefetched")
    private let source: Source<Base>
    private let prepare: @Sendable (Base.Element) -> Prepared
    private let threads = Threads.count

    init(_ sequence: Prefetched) {
      prepare = sequence.prepare
      source = Source(sequence.base)
      for _ in 0..<sequence.depth { start() }
    }

    /// Starts a job for one more element.
    private func start() {
      queue.async { [self] in
        let result = Threads.withCount(threads) { source.next().map(prepare) }
        state.withLock { $0.results.append(result) }
        ready.signal()
      }
    }

    func next() -> Prepared? {
      if state.withLock({ $0.hasEnded }) { return nil }
      ready.wait()
      let result = state.withLock { state in
        let result = state.results.removeFirst()
        if result == nil { state.hasEnded = true }
        return result
      }
      if result != nil { start() }
      return result
    }
  }
}

/// The elements of a sequence, which the jobs of one queue take. The iterator is made by the first
/// of them, and never leaves the lock.
private final class Source<Base: Sequence & Sendable>: Sendable where Base.Element: Sendable {
  private let base: Base
  private let iterator = Mutex<Base.Iterator?>(nil)

  init(_ base: Base) { self.base = base }

  func next() -> Base.Element? {
    iterator.withLock { iterator in
      if iterator == nil { iterator = base.makeIterator() }
      return iterator?.next()
    }
  }
}
