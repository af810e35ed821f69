import Backflow
import TestSupport
import Testing

@Suite struct `Windows of parallel streams` {
  // 12 elements, of which 11 have a successor: two streams of 5 steps.
  @Test func `are consecutive in each stream`() {
    let windows = StreamWindows(count: 12, batch: 2, steps: 3)
    let tokens = Array(100..<112)
    #expect(windows.count == 2 && windows.streamLength == 5)
    #expect(windows[0].shape == [3, 2] && windows[1].shape == [2, 2])
    #expect(windows[0].inputs(of: tokens) == [100, 105, 101, 106, 102, 107])
    #expect(windows[0].targets(of: tokens) == [101, 106, 102, 107, 103, 108])
    #expect(windows[1].inputs(of: tokens) == [103, 108, 104, 109])
    #expect(windows[1].targets(of: tokens) == [104, 109, 105, 110])
    #expect(StreamWindows(count: 12, batch: 2, steps: 3, dropsLast: true).count == 1)
  }

  @Test(arguments: UInt64(0)..<40)
  func `cover each stream once`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let (count, batch, steps) = (
      random.integer(below: 60), 1 + random.integer(below: 5), 1 + random.integer(below: 9)
    )
    let (shift, offset) = (random.integer(below: 3), random.integer(below: 4))
    let windows = StreamWindows(
      count: count, batch: batch, steps: steps, shift: shift, offset: offset)
    var streams = [[Int]](repeating: [], count: batch)
    for window in windows {
      let (inputs, targets) = (window.inputPositions, window.targetPositions)
      #expect(inputs.count == window.shape[0] * batch)
      #expect(targets == inputs.map { $0 + shift })
      #expect(targets.allSatisfy { $0 < count })
      for (place, position) in inputs.enumerated() { streams[place % batch].append(position) }
    }
    let length = max(count - offset - shift, 0) / batch
    let all = streams.flatMap { $0 }
    #expect(all == Array(offset..<offset + batch * length))
    #expect(windows.dropLast().allSatisfy { $0.steps.count == steps })
  }

  @Test func `are rows of a series of features`() {
    let series = Tensor<Float>((0..<14).map { Float($0) }, shape: [7, 2])
    let window = StreamWindows(count: 7, batch: 2, steps: 2)[1]
    // Streams of 3 steps, of which the second window has the last one.
    #expect(window.inputs(of: series) == Tensor([4, 5, 10, 11], shape: [1, 2, 2]))
    #expect(window.targets(of: series) == Tensor([6, 7, 12, 13], shape: [1, 2, 2]))
  }

  // A network that carries its state through the windows computes what it does in one pass.
  @Test func `continue with the state of the window before`() {
    var random = RandomSource(seed: 4)
    let network = LSTM<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    let series: Tensor<Double> = random.normal([21, 2])
    let windows = StreamWindows(count: 21, batch: 2, steps: 4)
    let whole = StreamWindows(count: 21, batch: 2, steps: 10)[0]
    let expected = network.forward(whole.inputs(of: series), initialState: nil)
    var outputs: [Tensor<Double>] = []
    var state: [LSTMState<Double>]?
    for window in windows {
      let result = network.forward(window.inputs(of: series), initialState: state)
      state = result.finalState
      outputs.append(result.output)
    }
    expectClose(
      Tensor.concatenate(outputs).elements, expected.output.elements,
      Tolerance(Double.self, length: 8, scale: 1))
  }

  @Test func `have positive sizes`() async {
    await #expect(processExitsWith: .failure) { _ = StreamWindows(count: 9, batch: 0, steps: 3) }
    await #expect(processExitsWith: .failure) { _ = StreamWindows(count: 9, batch: 1, steps: 3)[3] }
  }
}
