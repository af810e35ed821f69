import Backflow
import Testing

@Suite struct `A split of the data` {
  @Test(arguments: [
    (0, 0.2, 0.1), (1, 0.5, 0), (10, 0.2, 0.1), (150, 0.15, 0.15), (101, 0.5, 0.5), (7, 0, 1),
  ])
  func `is disjoint and complete, with the sizes of the shares`(
    count: Int, validation: Double, test: Double
  ) {
    for seed: UInt64 in 0..<20 {
      let split = DataSplit(count: count, validation: validation, test: test, seed: seed)
      #expect((split.training + split.validation + split.test).sorted() == Array(0..<count))
      #expect(split.test.count == Int((test * Double(count)).rounded()))
      let wanted = Int((validation * Double(count)).rounded())
      #expect(split.validation.count == min(wanted, count - split.test.count))
      #expect(split == DataSplit(count: count, validation: validation, test: test, seed: seed))
    }
  }

  @Test func `is another one for another seed, and in random order`() {
    let splits = (0..<50).map { DataSplit(count: 60, validation: 0.3, seed: UInt64($0)) }
    #expect(Set(splits.map(\.validation)).count == 50)
    #expect(Set(splits.map { Set($0.validation) }).count == 50)
    #expect(splits.allSatisfy { $0.training != $0.training.sorted() && $0.test.isEmpty })
    // Every sample is chosen for the validation in about 30 % of the seeds: more than 6 standard
    // deviations away is a defect.
    for sample in 0..<60 {
      let chosen = splits.count { $0.validation.contains(sample) }
      #expect(chosen > 0 && chosen < 35)
    }
  }

  @Test(arguments: UInt64(0)..<30)
  func `has the same share of every label in each part`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let classes = 1 + random.integer(below: 5)
    let labels = (0..<20 + random.integer(below: 300)).map { _ in
      // Classes of very different sizes, and labels that are not 0, 1, 2….
      3 * min(random.integer(below: classes), random.integer(below: classes)) - 2
    }
    let (validation, test) = (0.5 * random.uniform(), 0.5 * random.uniform())
    let split = DataSplit(stratifying: labels, validation: validation, test: test, seed: seed)
    #expect((split.training + split.validation + split.test).sorted() == Array(labels.indices))
    for label in Set(labels) {
      let all = Double(labels.count { $0 == label })
      for (part, share) in [(split.validation, validation), (split.test, test)] {
        let found = Double(part.count { labels[$0] == label })
        #expect((found - share * all).magnitude < 1)
      }
    }
    #expect(split.test.count == Int((test * Double(labels.count)).rounded()))
    // Mixed, not label by label.
    let ordered = split.training.map { labels[$0] }
    if Set(ordered).count > 1, ordered.count > 40 { #expect(ordered != ordered.sorted()) }
  }

  @Test func `rejects shares of more than everything`() async {
    await #expect(processExitsWith: .failure) {
      _ = DataSplit(count: 10, validation: 0.6, test: 0.5, seed: 1)
    }
    await #expect(processExitsWith: .failure) {
      _ = DataSplit(count: 10, validation: -0.1, seed: 1)
    }
  }
}
