import Backflow
import TestSupport
import Testing

@Suite struct `Padded sequences` {
  @Test func `have the steps of each sequence, and padding after its end`() {
    let a = Tensor<Float>(rows: [[1, 2], [3, 4], [5, 6]])
    let b = Tensor<Float>(rows: [[7, 8]])
    let batch = pad([a, b, Tensor<Float>.zeros([0, 2])], with: -1)
    #expect(batch.lengths == [3, 1, 0])
    #expect(
      batch.values
        == Tensor(
          [1, 2, 7, 8, -1, -1, 3, 4, -1, -1, -1, -1, 5, 6, -1, -1, -1, -1], shape: [3, 3, 2]))
    #expect(pad([b], to: 4).values.shape == [4, 1, 2])
    #expect(pad([b]).values == Tensor([7, 8], shape: [1, 1, 2]))
  }

  @Test func `can be indices`() {
    let (indices, lengths) = pad([[1, 2, 3], [], [4]], with: 9)
    #expect(indices == [1, 9, 4, 2, 9, 9, 3, 9, 9] && lengths == [3, 0, 1])
    #expect(pad([[5]], to: 3, with: 0).indices == [5, 0, 0])
  }

  // A recurrent network that gets the lengths sees what it sees of each sequence alone.
  @Test func `give each sequence the output that it has alone`() {
    var random = RandomSource(seed: 2)
    let network = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    let sequences: [Tensor<Double>] = [4, 1, 6].map { random.normal([$0, 2]) }
    let batch = pad(sequences, with: .nan)
    let output = network.forward(batch.values, initialState: nil, lengths: batch.lengths).output
    for (sample, sequence) in sequences.enumerated() {
      let steps = sequence.shape[0]
      let alone = network(sequence.reshaped(to: [steps, 1, 2]))
      expectClose(
        output.select(sample, axis: 1)[0..<steps].elements, alone.elements,
        Tolerance(Double.self, length: 8, scale: 1))
    }
  }

  @Test func `fit the number of steps and features`() async {
    await #expect(processExitsWith: .failure) { _ = pad([Tensor<Float>.zeros([3, 2])], to: 2) }
    await #expect(processExitsWith: .failure) {
      _ = pad([Tensor<Float>.zeros([3, 2]), .zeros([3, 1])])
    }
  }
}

@Suite struct `A sequence mask` {
  private let mask = SequenceMask(lengths: [2, 0, 3], time: 3)

  @Test func `has ones where there are steps`() {
    #expect(mask.ones(as: Float.self) == Tensor(rows: [[1, 0, 1], [1, 0, 1], [0, 0, 1]]))
    #expect(mask.stepCount == 5 && mask.batch == 3)
  }

  @Test func `gives means over the steps of each sequence`() {
    // x_tbf = 10 t + b, and 100 more for the second feature.
    var x = Tensor<Double>.zeros([3, 3, 2])
    for t in 0..<3 {
      for b in 0..<3 {
        for f in 0..<2 { x[t, b, f] = Double(10 * t + b + 100 * f) }
      }
    }
    x[2, 0, 0] = .nan
    x[0, 1, 1] = .infinity
    #expect(mask.mean(x) == Tensor(rows: [[5, 105], [0, 0], [12, 112]]))
    let gradient = mask.meanBackward(Tensor<Double>(rows: [[2, 4], [8, 8], [3, 9]]))
    #expect(gradient.shape == [3, 3, 2])
    #expect(gradient.select(0, axis: 1) == Tensor(rows: [[1, 2], [1, 2], [0, 0]]))
    #expect(gradient.select(1, axis: 1) == .zeros([3, 2]))
    #expect(
      gradient.select(2, axis: 1).isApproximatelyEqual(
        to: Tensor(rows: [[1, 3], [1, 3], [1, 3]])))
  }

  // The mean is linear, so that its backward pass is its adjoint: ⟨ȳ, mean(x)⟩ = ⟨x̄, x⟩.
  @Test(arguments: UInt64(0)..<20)
  func `has the gradient of its mean`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let (time, batch, features) = (
      1 + random.integer(below: 6), 1 + random.integer(below: 4), 1 + random.integer(below: 3)
    )
    let mask = SequenceMask(
      lengths: (0..<batch).map { _ in random.integer(below: time + 1) }, time: time)
    let x: Tensor<Double> = random.normal([time, batch, features])
    let y: Tensor<Double> = random.normal([batch, features])
    expectClose(
      [(y * mask.mean(x)).sum()], [(mask.meanBackward(y) * x).sum()],
      Tolerance(Double.self, length: 24, scale: 1))
  }

  @Test func `gives the mean of losses over all steps`() {
    let losses = Tensor<Double>(rows: [[1, 50, 2], [3, 50, 4], [.nan, 50, 5]])
    let (loss, gradient) = mask.mean(ofLosses: losses)
    expectClose([loss], [3], Tolerance(Double.self, length: 5, scale: 5))
    #expect(gradient == mask.ones() / 5)
    let none = SequenceMask(lengths: [0, 0], time: 2).mean(ofLosses: Tensor<Float>.ones([2, 2]))
    #expect(none.loss == 0 && none.gradient == .zeros([2, 2]))
  }

  @Test func `fits the sequence`() async {
    await #expect(processExitsWith: .failure) { _ = SequenceMask(lengths: [4], time: 3) }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SequenceMask(lengths: [1], time: 3).mean(Tensor<Float>.zeros([2, 1, 5]))
    }
    #expect(stopMessage(result).contains("[2, 1, 5] instead of [3, 1, F]"))
  }
}
