import Backflow
import TestSupport
import Testing

@Suite struct `The adding problem` {
  @Test(arguments: [2, 3, 10, 51])
  func `has a mark in each half and the sum of the marked numbers`(steps: Int) {
    var random = RandomSource(seed: 1)
    let task = AddingProblem<Double>(steps: steps, batch: 200, using: &random)
    #expect(task.sequence.shape == [steps, 200, 2] && task.targets.shape == [200, 1])
    var marked: Set<Int> = []
    for sample in 0..<200 {
      let marks = (0..<steps).filter { task.sequence[$0, sample, 1] != 0 }
      #expect(marks.count == 2 && marks[0] < steps / 2 && marks[1] >= steps / 2)
      #expect(marks.allSatisfy { task.sequence[$0, sample, 1] == 1 })
      #expect(
        task.targets[sample, 0]
          == task.sequence[marks[0], sample, 0] + task.sequence[marks[1], sample, 0])
      marked.formUnion(marks)
    }
    // Each step is marked with a probability of at least 1/26, so that it is not in 200 samples
    // with less than 4e-4; the seed is one of the others.
    #expect(marked.count == steps)
    let numbers = task.sequence.slice(0..<1, axis: 2)
    #expect(numbers.min() >= 0 && numbers.max() < 1)
  }

  // The squared error of the answer 1 has the mean 1/6 and the variance 1/15 − 1/36.
  @Test func `has the error of a constant answer`() {
    var random = RandomSource(seed: 2)
    let count = 20_000
    let task = AddingProblem<Double>(steps: 4, batch: count, using: &random)
    let error = meanSquaredError(task.targets, .ones([count, 1])).loss
    let deviation = ((1.0 / 15 - 1.0 / 36) / Double(count)).squareRoot()
    #expect((error - AddingProblem<Double>.baselineError).magnitude < 5 * deviation)
  }

  @Test func `is the same for a seed, in both precisions`() {
    var (a, b) = (RandomSource(seed: 7), RandomSource(seed: 7))
    let double = AddingProblem<Double>(steps: 9, batch: 4, using: &a)
    let single = AddingProblem<Float>(steps: 9, batch: 4, using: &b)
    #expect(single.sequence == Tensor<Float>(double.sequence))
    #expect(single.targets == Tensor<Float>(double.targets))
    #expect(AddingProblem<Float>(steps: 9, batch: 4, using: &b).sequence != single.sequence)
  }
}

@Suite struct `The copy task` {
  @Test(arguments: [(1, 1, 1), (5, 3, 4), (20, 10, 8)])
  func `asks for the symbols after the delimiter`(delay: Int, length: Int, symbols: Int) {
    var random = RandomSource(seed: 3)
    let task = CopyTask(
      delay: delay, batch: 50, length: length, symbolCount: symbols, using: &random)
    let steps = delay + 2 * length
    #expect(task.shape == [steps, 50] && task.classCount == symbols + 2)
    var used: Set<Int> = []
    for sample in 0..<50 {
      let input = (0..<steps).map { task.inputs[$0 * 50 + sample] }
      let target = (0..<steps).map { task.targets[$0 * 50 + sample] }
      let word = Array(input[..<length])
      let blanks = { [Int](repeating: symbols, count: $0) }
      #expect(word.allSatisfy { (0..<symbols).contains($0) })
      #expect(input == word + blanks(delay - 1) + [symbols + 1] + blanks(length))
      #expect(target == blanks(delay + length) + word)
      used.formUnion(word)
    }
    #expect(used.count == symbols)
  }

  // Arjovsky et al.: 10 log 8/(T + 20).
  @Test func `has the loss of a network without memory`() {
    var random = RandomSource(seed: 4)
    let task = CopyTask(delay: 100, batch: 3, using: &random)
    expectClose(
      [task.baselineLoss], [10 * 2.0794415416798357 / 120],
      Tolerance(Double.self, length: 1, scale: 1))
    // Such a network answers blanks first, and then each symbol with the same probability.
    var logits = Tensor<Double>(repeating: -1000, shape: [120, 3, 10])
    for step in 0..<120 {
      for sample in 0..<3 {
        for symbol in step < 110 ? 8..<9 : 0..<8 { logits[step, sample, symbol] = 0 }
      }
    }
    expectClose(
      [softmaxCrossEntropy(logits, task.targets).loss], [task.baselineLoss],
      Tolerance(Double.self, length: 360, scale: 1))
  }

  @Test func `has one-hot inputs`() {
    var random = RandomSource(seed: 5)
    let task = CopyTask(delay: 2, batch: 2, length: 2, symbolCount: 3, using: &random)
    let x: Tensor<Float> = task.oneHotInputs()
    #expect(x.shape == [6, 2, 5])
    #expect(x.argmaxOfRows() == task.inputs && x.sum() == 12 && x.max() == 1 && x.min() == 0)
  }
}

@Suite struct `Digits as sequences of pixels` {
  @Test func `have one pixel for each step`() throws {
    let digits = try Digits.load().samples(at: [0, 5, 9])
    let sequence = digits.pixelsAsSequence()
    #expect(sequence.shape == [64, 3, 1])
    for step in 0..<64 {
      for sample in 0..<3 {
        #expect(sequence[step, sample, 0] == digits.images[sample, step / 8, step % 8])
      }
    }
    var random = RandomSource(seed: 6)
    let order = random.permutation(64)
    let permuted = digits.pixelsAsSequence(in: order)
    for step in 0..<64 { #expect(permuted.select(step) == sequence.select(order[step])) }
  }

  @Test func `have every pixel once`() async {
    await #expect(processExitsWith: .failure) {
      _ = try Digits.load().pixelsAsSequence(in: [Int](repeating: 0, count: 64))
    }
  }
}
