import BackflowKernels
import Dispatch
import Testing

// The pool belongs to the process, and other tests use it at the same time, so it is measured in a
// process of its own, by an exit test.
@Suite struct `The storage pool` {
  @Test func `asks the system for nothing once it is warm`() async {
    await #expect(processExitsWith: .success) {
      #expect(step() == 18)
      let warm = StoragePool.statistics.systemAllocations
      #expect(warm == 12)
      for _ in 0..<100 { #expect(step() == 18) }
      #expect(StoragePool.statistics.systemAllocations == warm)
    }
  }

  @Test func `hands a released block to the next buffer of its size`() async {
    await #expect(processExitsWith: .success) {
      let first = addressOfNew(1000)
      #expect(addressOfNew(1000) == first)
      #expect(addressOfNew(999) == first)
      #expect(addressOfNew(2000) != first)
      #expect(StoragePool.statistics.systemAllocations == 2)
    }
  }

  @Test func `counts the live and the cached bytes`() async {
    await #expect(processExitsWith: .success) {
      #expect(StoragePool.statistics.liveBytes == 0)
      do {
        let small = Buffer<Float>(repeating: 0, count: 16)
        #expect(StoragePool.statistics.liveBytes == 64)
        let large = Buffer<Float>(repeating: 0, count: 256)
        #expect(StoragePool.statistics.liveBytes == 64 + 1024)
        #expect(StoragePool.statistics.cachedBytes == 0)
        #expect(small.count + large.count == 272)
      }
      let after = StoragePool.statistics
      #expect(after.liveBytes == 0)
      #expect(after.peakLiveBytes == 64 + 1024)
      #expect(after.cachedBytes == 64 + 1024)
      #expect(after.systemAllocations == 2)
    }
  }

  @Test func `returns all memory when drained and continues to work`() async {
    await #expect(processExitsWith: .success) {
      let kept = Buffer<Double>(repeating: 7, count: 100)
      for _ in 0..<3 { _ = Buffer<Double>(repeating: 1, count: 50) }
      #expect(StoragePool.statistics.cachedBytes > 0)
      let before = StoragePool.statistics
      StoragePool.drain()
      #expect(StoragePool.statistics.cachedBytes == 0)
      #expect(StoragePool.statistics.liveBytes == before.liveBytes)
      #expect(kept.elements == [Double](repeating: 7, count: 100))
      #expect(Buffer<Double>(repeating: 1, count: 50).elements.reduce(0, +) == 50)
      #expect(StoragePool.statistics.systemAllocations == before.systemAllocations + 1)
      StoragePool.drain()
      StoragePool.drain()
      #expect(StoragePool.statistics.cachedBytes == 0)
    }
  }

  @Test func `never caches more than four times the peak of live bytes`() async {
    await #expect(processExitsWith: .success) {
      // One block of each size live at a time, in kibibytes. The first five fit into 4096 together,
      // the next three do not beside them, the last one fits exactly.
      let sizes = [1024, 896, 768, 640, 512, 448, 384, 320, 256]
      let kept = [1024, 1920, 2688, 3328, 3840, 3840, 3840, 3840, 4096]
      for (size, kept) in zip(sizes, kept) {
        makeAndRelease(bytes: size << 10)
        #expect(StoragePool.statistics.cachedBytes == kept << 10)
      }
      #expect(StoragePool.statistics.peakLiveBytes == 1024 << 10)
      for round in 1...200 {
        makeAndRelease(bytes: round * 7919 % 300_000)
        #expect(StoragePool.statistics.cachedBytes <= 4096 << 10)
      }
    }
  }

  @Test func `gives no block to two buffers, also from several threads at once`() async {
    await #expect(processExitsWith: .success) {
      DispatchQueue.concurrentPerform(iterations: 8) { worker in
        for round in 0..<50 {
          let buffers = (0..<8).map {
            Buffer<Int>(repeating: (worker * 50 + round) * 8 + $0, count: 100 + $0 * round)
          }
          for (index, buffer) in buffers.enumerated() {
            let expected = (worker * 50 + round) * 8 + index
            #expect(buffer.elements.allSatisfy { $0 == expected })
          }
        }
      }
      let statistics = StoragePool.statistics
      #expect(statistics.liveBytes == 0)
      #expect(statistics.cachedBytes > 0)
    }
  }
}

/// Makes six buffers and a changed copy of each.
private func step() -> Float {
  let live = [1, 10, 100, 1000, 10_000, 100_000].map { Buffer<Float>(repeating: 1, count: $0) }
  var copies = live
  for index in copies.indices {
    var elements = copies[index].mutableSpan
    elements[0] = 2
  }
  return (live + copies).reduce(0) { $0 + $1.span[0] }
}

private func makeAndRelease(bytes: Int) { _ = Buffer<UInt8>(repeating: 0, count: bytes) }

private func addressOfNew(_ count: Int) -> Int {
  Buffer<Double>(uninitialized: count).span.withUnsafeBufferPointer {
    Int(bitPattern: $0.baseAddress)
  }
}

@Suite struct `A size class` {
  @Test func `holds the requested bytes and wastes at most a quarter beyond whole cache lines`() {
    for bytes in 0...100_000 { check(bytes) }
    for exponent in 17...50 {
      for bytes in (1 << exponent) - 70...(1 << exponent) + 70 { check(bytes) }
    }

    func check(_ bytes: Int) {
      let size = SizeClass(holding: bytes)
      let lines = max(1, (bytes + 63) / 64)
      // With `if`, because a quarter of a million passing expectations would be slow.
      if size.bytes < bytes || size.bytes % 64 != 0 || 4 * size.bytes > 5 * 64 * lines {
        Issue.record("\(bytes) bytes in a block of \(size.bytes)")
      }
      if !(0..<SizeClass.count).contains(size.index) {
        Issue.record("\(bytes) bytes in class \(size.index)")
      }
    }
  }

  @Test func `grows with the requested size, one index for each size`() {
    var (previous, classes) = (SizeClass(holding: 0), 1)
    for bytes in 1...100_000 {
      let size = SizeClass(holding: bytes)
      let step = size.index - previous.index
      if step == 0 ? size.bytes != previous.bytes : step != 1 || size.bytes <= previous.bytes {
        Issue.record("\(bytes) bytes: \(previous) is followed by \(size)")
      }
      classes += step
      previous = size
    }
    // 1 … 4 lines, then four classes for each doubling up to 2¹¹ lines = 131,072 bytes, of which
    // the one of 1.75 · 2¹⁰ lines = 114,688 bytes is the last in use.
    #expect(previous.bytes == 114_688)
    #expect(classes == 4 + 8 * 4 + 3)
  }

  @Test func `holds its own size exactly`() {
    var bytes = 64
    while bytes < 1 << 50 {
      let size = SizeClass(holding: bytes)
      #expect(size.bytes == bytes)
      let next = SizeClass(holding: bytes + 1)
      #expect(next.index == size.index + 1)
      bytes = next.bytes
    }
  }
}
