internal import Backflow
internal import Dispatch
internal import Synchronization

/// Returns the transformed elements in order, computed on `Threads.count` threads. Each thread
/// takes the next element when it is idle.
func concurrentMap<Element: Sendable, Transformed: Sendable>(
  _ elements: [Element], _ transform: @Sendable (Element) -> Transformed
) -> [Transformed] {
  let next = Atomic<Int>(0)
  let results = Mutex([Transformed?](repeating: nil, count: elements.count))
  DispatchQueue.concurrentPerform(iterations: min(Threads.count, elements.count)) { _ in
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < elements.count else { return }
      let result = transform(elements[index])
      results.withLock { $0[index] = result }
    }
  }
  return results.withLock { $0 }.compactMap { $0 }
}
