import BackflowKernels
import Foundation
import Synchronization
import TestSupport
import Testing

// `Threads.count` is global, so tests that set it run in a separate process.
@Suite struct `The threads` {
  @Test func `cover a range exactly once, in aligned parts`() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 3] {
        Threads.count = threads
        for count in [0, 1, 7, 64, 100, 1001] {
          for grain in [0, 1, 16, 40] {
            for alignment in [1, 8, 16] {
              let parts = parts(count, grain: grain, alignment: alignment)
              #expect(parts.flatMap { Array($0) } == Array(0..<count))
              #expect(parts.count <= threads)
              #expect(parts.allSatisfy { $0.lowerBound % alignment == 0 })
            }
          }
        }
      }
    }
  }

  @Test func `divide evenly what is large enough, and nothing else`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 3
      #expect(parts(64, grain: 1) == [0..<21, 21..<42, 42..<64])
      #expect(parts(64, grain: 1, alignment: 8) == [0..<16, 16..<40, 40..<64])
      #expect(parts(64, grain: 32) == [0..<32, 32..<64])
      #expect(parts(64, grain: 33) == [0..<64])
      #expect(parts(2, grain: 1) == [0..<1, 1..<2])
      #expect(parts(0, grain: 1) == [0..<0])
      Threads.count = 1
      #expect(parts(64, grain: 1) == [0..<64])
    }
  }

  @Test func `have finished when the split returns`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 4
      for _ in 0..<200 {
        let sum = Atomic<Int>(0)
        Threads.split(1000, grain: 1) { part in
          sum.add(part.reduce(0, +), ordering: .relaxed)
        }
        #expect(sum.load(ordering: .relaxed) == 499_500)
      }
    }
  }

  @Test func `return their results in the order of the parts`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 4
      for _ in 0..<50 {
        let ranges = Threads.map(1000, grain: 1) { $0 }
        #expect(ranges.count == 4 && ranges.flatMap { Array($0) } == Array(0..<1000))
      }
      #expect(Threads.map(0, grain: 1) { $0 } == [0..<0])
    }
  }

  @Test func `together count the same as one`() async {
    await #expect(processExitsWith: .success) {
      var x = samples(300_000 * 2, seed: 3, as: Float.self)
      (x[5], x[400_001]) = (.nan, .infinity)
      let alone = counts(x, threads: 1)
      #expect(alone.nonfinite == 2 && alone.below.allSatisfy { $0 > 0 })
      #expect(counts(x, threads: 3) == alone)
    }
  }

  @Test func `have the number of BACKFLOW_NUM_THREADS`() async {
    await #expect(processExitsWith: .success) {
      setenv("BACKFLOW_NUM_THREADS", "5", 1)
      #expect(Threads.count == 5)
      Threads.count = 2
      #expect(Threads.count == 2)
    }
  }

  @Test(arguments: ["", "0", "-3", "many"])
  func `have the number of processors without BACKFLOW_NUM_THREADS`(text: String) async {
    await #expect(processExitsWith: .success) { [text] in
      setenv("BACKFLOW_NUM_THREADS", text, 1)
      #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(Threads.count))
    }
  }

  @Test(arguments: ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
  func `are limited by the variables of other libraries`(name: String) async {
    await #expect(processExitsWith: .success) { [name] in
      unsetenv("BACKFLOW_NUM_THREADS")
      setenv(name, "1", 1)
      #expect(Threads.count == 1)
    }
  }

  @Test func `report an invalid BACKFLOW_NUM_THREADS once`() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      setenv("BACKFLOW_NUM_THREADS", "many", 1)
      for _ in 0..<3 { _ = Threads.count }
    }
    let lines = stopMessage(result).split(separator: "\n").filter { $0.contains("NUM_THREADS") }
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("backflow: BACKFLOW_NUM_THREADS is \"many\"") == true)
  }

  @Test func `finish parts inside parts`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 3
      for _ in 0..<100 {
        let sum = Atomic<Int>(0)
        Threads.split(30, grain: 1) { outer in
          for i in outer {
            Threads.split(100, grain: 1) { inner in
              sum.add(inner.reduce(0) { $0 + i * $1 }, ordering: .relaxed)
            }
          }
        }
        #expect(sum.load(ordering: .relaxed) == 435 * 4950)
      }
    }
  }

  @Test func `serve several callers at once`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 4
      let sum = Atomic<Int>(0)
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        for _ in 0..<500 {
          let own = Atomic<Int>(0)
          Threads.split(100, grain: 1) { own.add($0.reduce(0, +), ordering: .relaxed) }
          sum.add(own.load(ordering: .relaxed), ordering: .relaxed)
        }
      }
      #expect(sum.load(ordering: .relaxed) == 8 * 500 * 4950)
    }
  }

  @Test func `of a task are its own, also in its parts`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 2
      Threads.withCount(3) {
        #expect(Threads.count == 3)
        #expect(parts(90, grain: 1) == [0..<30, 30..<60, 60..<90])
        #expect(Threads.map(90, grain: 1) { _ in Threads.count } == [3, 3, 3])
        Threads.withCount(1) { #expect(parts(90, grain: 1) == [0..<90]) }
        Threads.count = 5
        #expect(Threads.count == 3)
      }
      #expect(Threads.count == 5)
      let counts = await Threads.withCount(4) {
        await withTaskGroup(of: Int.self) { group in
          for _ in 0..<3 { group.addTask { Threads.count } }
          return await group.reduce(into: []) { $0.append($1) }
        }
      }
      #expect(counts == [4, 4, 4])
      #expect(Threads.map(2, grain: 1) { _ in Threads.count } == [5, 5])
    }
  }

  @Test func `of a task cannot be zero`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Threads.withCount(0) {} }
    #expect(stopMessage(result).contains("the number of threads must be at least 1, got 0"))
  }

  // Workers that are busy for long, and later are free again.
  @Test func `leave to a caller what workers do not start`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 2
      let (started, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      let blocking = Thread {
        Threads.split(2, grain: 1) { _ in
          started.signal()
          released.wait()
        }
      }
      blocking.start()
      started.wait()
      for _ in 0..<100 {
        #expect(parts(64, grain: 1) == [0..<32, 32..<64])
      }
      released.signal()
      released.signal()
      for _ in 0..<100 {
        #expect(parts(64, grain: 1) == [0..<32, 32..<64])
      }
    }
  }

  @Test func `cannot be zero`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { Threads.count = 0 }
    #expect(stopMessage(result).contains("the number of threads must be at least 1, got 0"))
  }

  @Test func `in equal number give equal results, and otherwise equal up to rounding`() async {
    await #expect(processExitsWith: .success) {
      // About two and three times the work of a thread, with rows, columns, and long sums divided.
      let sizes = [
        (101, 203, 100), (128, 129, 127), (131, 77, 211), (33, 1000, 65),
        (16, 4096, 40), (50, 40, 2000),
      ]
      for (m, n, k) in sizes {
        expectSameProducts(Float.self, m: m, n: n, k: k)
        expectSameProducts(Double.self, m: m, n: n, k: k)
      }
    }
  }

  /// Such a product stays whole if no thread is free, which must not show in its bits.
  @Test func `in any number give equal products by the package's kernels`() async {
    await #expect(processExitsWith: .success) {
      for (m, n, k, aTransposed, bTransposed) in [
        (192, 64, 100, true, false), (50, 331, 1100, true, false),  // by columns of A
        (32, 256, 128, false, true), (16, 1000, 700, false, true),  // with A packed
        (101, 203, 100, false, false), (130, 77, 900, false, true),  // with B packed
        (16, 40, 20_000, true, false),  // with a sum of several parts
      ] {
        expectEqualBits(Float.self, m, n, k, aTransposed, bTransposed)
        expectEqualBits(Double.self, m, n, k, aTransposed, bTransposed)
      }
    }
  }
}

private struct Counts: Equatable {
  let below, above: [Int]
  let nonfinite: Int
}

private func counts(_ x: [Float], threads: Int) -> Counts {
  Threads.count = threads
  let beyond = VectorKernels.countBeyond(x.span, lower: [-0.5, 0], upper: [0.25, 0.75])
  return Counts(
    below: beyond.below, above: beyond.above, nonfinite: VectorKernels.nonfiniteCount(x.span))
}

/// The parts of a range, in order.
private func parts(_ count: Int, grain: Int, alignment: Int = 1) -> [Range<Int>] {
  let visited = Mutex<[Range<Int>]>([])
  Threads.split(count, grain: grain, alignment: alignment) { part in
    visited.withLock { $0.append(part) }
  }
  return visited.withLock { $0 }.sorted {
    ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
  }
}

private func expectSameProducts<S: RealScalar>(_: S.Type, m: Int, n: Int, k: Int) {
  let (a, b) = (samples(m * k, seed: 1, as: S.self), samples(k * n, seed: 2, as: S.self))
  // α = 1 may use our own kernel, and α = −1 uses OpenBLAS.
  for (alpha, aTransposed, bTransposed) in [
    (1, false, false), (1, false, true), (1, true, false), (-1, false, true), (-1, true, false),
  ] as [(S, Bool, Bool)] {
    let product = { (threads: Int) in
      multiplied(threads: threads, m, n, k, alpha, a, aTransposed, b, bTransposed)
    }
    let one = product(1)
    #expect(product(1) == one)
    for threads in [2, 3] {
      let several = product(threads)
      #expect(product(threads) == several)
      expectClose(
        numbers(several), numbers(one), Tolerance(S.self, length: k, scale: 1),
        "\(S.self) \(m)×\(n)×\(k) on \(threads), α \(alpha), \(aTransposed), \(bTransposed)")
    }
  }
}

private func expectEqualBits<S: RealScalar>(
  _: S.Type, _ m: Int, _ n: Int, _ k: Int, _ aTransposed: Bool, _ bTransposed: Bool
) {
  let (a, b) = (samples(m * k, seed: 1, as: S.self), samples(k * n, seed: 2, as: S.self))
  let product = { (threads: Int) in
    multiplied(threads: threads, m, n, k, 1, a, aTransposed, b, bTransposed)
  }
  let one = product(1)
  for threads in [2, 3, 4] {
    #expect(product(threads) == one, "\(S.self) \(m)×\(n)×\(k) on \(threads)")
  }
}

private func multiplied<S: RealScalar>(
  threads: Int, _ m: Int, _ n: Int, _ k: Int, _ alpha: S, _ a: [S], _ aTransposed: Bool,
  _ b: [S], _ bTransposed: Bool
) -> [S] {
  Threads.count = threads
  var c = Buffer<S>(repeating: .nan, count: m * n)
  BLAS.gemm(
    m: m, n: n, k: k, alpha: alpha, a.span, transposed: aTransposed, b.span,
    transposed: bTransposed, into: c.mutableSpan)
  return c.elements
}
