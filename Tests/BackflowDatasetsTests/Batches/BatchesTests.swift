import Backflow
import Testing

@Suite struct `The batches of an epoch` {
  @Test(arguments: [(0, 3), (1, 3), (3, 3), (10, 3), (12, 4), (5, 100), (7, 1)])
  func `have every sample once`(count: Int, size: Int) {
    for epoch in 0..<5 {
      let all = Batches(count: count, size: size, seed: 3).epoch(epoch)
      #expect(all.flatMap { $0 }.sorted() == Array(0..<count))
      #expect(all.dropLast().allSatisfy { $0.count == size })
      let full = Batches(count: count, size: size, dropsLast: true, seed: 3)
      #expect(full.batchCount == count / size && full.epoch(epoch).count == count / size)
      #expect(full.epoch(epoch).allSatisfy { $0.count == size })
      // The same order, without the rest.
      #expect(Array(full.epoch(epoch)) == all.filter { $0.count == size })
    }
  }

  @Test func `are in order without shuffling`() {
    let batches = Batches(count: 7, size: 3, shuffles: false)
    #expect(Array(batches.epoch(4)) == [[0, 1, 2], [3, 4, 5], [6]])
    #expect(batches.batchCount == 3)
  }

  // A training that resumes anywhere goes on with the same samples.
  @Test func `are the same after a resume at any batch`() {
    let batches = Batches(count: 23, size: 4, seed: 9)
    let undisturbed = (0..<4).flatMap { Array(batches.epoch($0)) }
    for epoch in 0..<4 {
      for batch in 0..<6 {
        let resumed = Batches(count: 23, size: 4, seed: 9)
        var rest = Array(resumed.epoch(epoch).dropFirst(batch))
        for later in epoch + 1..<max(4, epoch + 1) { rest += Array(resumed.epoch(later)) }
        #expect(rest == Array(undisturbed[(6 * epoch + batch)...]))
      }
    }
  }

  @Test func `are others for every seed and epoch`() {
    var orders: Set<[[Int]]> = []
    for seed: UInt64 in 0..<30 {
      let batches = Batches(count: 40, size: 7, seed: seed)
      for epoch in 0..<30 { orders.insert(Array(batches.epoch(epoch))) }
    }
    #expect(orders.count == 900)
  }

  // The first sample of an epoch is uniform: 4 of 4000 epochs in 1000 are 1000 ± 27, so that 6
  // standard deviations are 165.
  @Test func `begin with any sample`() {
    let batches = Batches(count: 4, size: 1, seed: 1)
    var counts = [0, 0, 0, 0]
    for epoch in 0..<4000 { counts[batches.epoch(epoch)[0][0]] += 1 }
    #expect(counts.allSatisfy { abs($0 - 1000) < 165 })
  }

  @Test func `have a positive size`() async {
    await #expect(processExitsWith: .failure) { _ = Batches(count: 3, size: 0) }
    await #expect(processExitsWith: .failure) { _ = Batches(count: 3, size: 1).epoch(-1) }
    await #expect(processExitsWith: .failure) { _ = Batches(count: 3, size: 1).epoch(0)[3] }
  }
}
