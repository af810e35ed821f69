import Backflow
import Dispatch
import Synchronization
import Testing

@Suite struct `Prefetched elements` {
  @Test(arguments: [1, 2, 5], [0, 1, 2, 50])
  func `are those of a plain loop, in order`(depth: Int, count: Int) {
    let batches = Batches(count: 3 * count, size: 3, seed: 5).epoch(1)
    let x = Tensor<Float>((0..<3 * count).map { Float($0) }, shape: [3 * count, 1])
    let prepared = batches.prefetched(depth: depth) { (indices: $0, rows: x.selectRows($0)) }
    for _ in 0..<3 {
      var found: [[Int]] = []
      for (indices, rows) in prepared {
        #expect(rows.elements == indices.map { Float($0) })
        found.append(indices)
      }
      #expect(found == Array(batches))
    }
  }

  @Test func `end once and for all`() {
    var iterator = [1, 2].prefetched(depth: 4) { 10 * $0 }.makeIterator()
    #expect(iterator.next() == 10 && iterator.next() == 20)
    for _ in 0..<5 { #expect(iterator.next() == nil) }
  }

  // The second element is prepared before anyone asks for it. The time limit is only reached if
  // there is no prefetching.
  @Test func `are prepared in the background`() {
    let prepared = DispatchSemaphore(value: 0)
    var iterator = (0..<10).prefetched(depth: 2) { element in
      prepared.signal()
      return element
    }.makeIterator()
    for _ in 0..<2 { #expect(prepared.wait(timeout: .now() + 60) == .success) }
    #expect(iterator.next() == 0)
    #expect(prepared.wait(timeout: .now() + 60) == .success)
    #expect(iterator.next() == 1)
  }

  @Test func `are prepared only so far ahead`() {
    let calls = Counter()
    var iterator = (0..<100).prefetched(depth: 3) { element in
      calls.increment()
      return element
    }.makeIterator()
    for taken in 1...20 {
      #expect(iterator.next() == taken - 1)
      #expect(calls.value >= taken && calls.value <= taken + 3)
    }
  }

  @Test func `are prepared with the number of threads of the caller`() {
    let counts = Threads.withCount(3) {
      Array([0, 0, 0].prefetched { _ in Threads.count })
    }
    #expect(counts == [3, 3, 3])
  }

  private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
  }
}
