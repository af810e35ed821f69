import Backflow
import TestSupport
import Testing

@Suite struct `A recurrent network stops for` {
  @Test func `an output gradient of another size`() async {
    let wide = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = drawn(directions: 2)
      _ = network.backward(.zeros([4, 2, 9]), network.forward(.zeros([4, 2, 2])).cache)
    }
    #expect(stopMessage(wide).contains("output gradient [4, 2, 9] instead of [4, 2, 6]"))
    let vector = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = drawn(directions: 1)
      _ = network.backward(.zeros([3]), network.forward(.zeros([4, 2, 2])).cache)
    }
    #expect(stopMessage(vector).contains("output gradient [3] instead of [4, 2, 3]"))
  }

  @Test func `states of another batch size, with and without lengths`() async {
    let states = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = drawn(directions: 1).forward(
        .zeros([4, 2, 2]), initialState: [.zero(batch: 5, hiddenSize: 3)], lengths: [4, 1])
    }
    #expect(stopMessage(states).contains("state [5, 3] instead of [2, 3]"))
    let gradients = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = drawn(directions: 1)
      let cache = network.forward(.zeros([4, 2, 2]), initialState: nil, lengths: [4, 1]).cache
      _ = network.backward(
        .zeros([4, 2, 3]), finalStateGradient: [.zero(batch: 5, hiddenSize: 3)], cache)
    }
    #expect(stopMessage(gradients).contains("final state gradient [5, 3] instead of [2, 3]"))
  }

  @Test func `a gradient of another shape with respect to the final state`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = drawn(directions: 1)
      let gradient = LSTMState<Float>(hidden: .zeros([2, 3]), cell: .zeros([3, 3]))
      _ = network.backward(
        .zeros([4, 2, 3]), finalStateGradient: [gradient], network.forward(.zeros([4, 2, 2])).cache)
    }
    #expect(stopMessage(result).contains("final state gradient [3, 3] instead of [2, 3]"))
  }

  @Test func `a state of a stream if one of its tensors does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let state = LSTMState<Float>(hidden: .zeros([2, 3]), cell: .zeros([4, 3]))
      _ = drawn(directions: 1).stream(batch: 2, from: [state])
    }
    #expect(stopMessage(result).contains("state [4, 3] instead of [2, 3]"))
  }

  @Test func `a state with another number of tensors`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LSTMState<Float>(tensors: [.zeros([2, 3])])
    }
    #expect(stopMessage(result).contains("a state of 2 tensors cannot be made of 1"))
  }

  @Test func `the Jacobian of a sample that has ended`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let network = drawn(directions: 1)
      let cache = network.forward(.zeros([4, 2, 2]), initialState: nil, lengths: [1, 4]).cache
      // Row 0 is the longer sample.
      _ = network.cells[0][0].stateJacobian(step: 3, sample: 0, cache.cells[0][0])
      _ = network.cells[0][0].stateJacobian(step: 1, sample: 1, cache.cells[0][0])
    }
    #expect(stopMessage(result).contains("sample 1 of 2 does not run at step 1 of 4"))
  }

  @Test func `cells that do not fit together`() async {
    let three = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let cell = drawn(directions: 1).cells[0][0]
      _ = Recurrent(cells: [[cell, cell, cell]])
    }
    #expect(stopMessage(three).contains("one or two cells, not 3"))
    let wide = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let cell = drawn(directions: 1).cells[0][0]
      _ = Recurrent(cells: [[cell], [cell]])
    }
    #expect(stopMessage(wide).contains("1 cells of 3 inputs and 3 units, not cells of [2] inputs"))
  }

  @Test func `active samples of another number of steps or samples`() async {
    let short = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let cell = drawn(directions: 1).cells[0][0]
      _ = cell.forward(
        .zeros([5, 3, 2]), from: .zero(batch: 3, hiddenSize: 3), active: .all(time: 2, batch: 3))
    }
    #expect(stopMessage(short).contains("active samples of [2, 3] for an input [5, 3, 2]"))
    let few = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let cell = drawn(directions: 1).cells[0][0]
      _ = cell.forward(
        .zeros([5, 3, 2]), from: .zero(batch: 3, hiddenSize: 3), active: .all(time: 5, batch: 1))
    }
    #expect(stopMessage(few).contains("active samples of [5, 1] for an input [5, 3, 2]"))
  }

  @Test func `the cache of a cell with another number of inputs`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      let other = LSTMCell<Float>(inputSize: 4, hiddenSize: 3, using: &random)
      let state = LSTMState<Float>.zero(batch: 2, hiddenSize: 3)
      let cache = other.forward(
        .zeros([5, 2, 4]), from: state, active: .all(time: 5, batch: 2)
      ).cache
      let cell = drawn(directions: 1).cells[0][0]
      _ = cell.backward(.zeros([5, 2, 3]), finalStateGradient: state, cache)
    }
    #expect(stopMessage(result).contains("a cache of another cell, with input [5, 2, 4]"))
  }

  @Test func `weights that were replaced by those of another number of gates`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      var cell = drawn(directions: 1).cells[0][0]
      cell.weights = GateWeights(gates: 3, inputSize: 2, hiddenSize: 3, using: &random)
      _ = cell.forward(
        .zeros([5, 2, 2]), from: .zero(batch: 2, hiddenSize: 3), active: .all(time: 5, batch: 2))
    }
    #expect(stopMessage(result).contains("W_ih [9, 2], W_hh [9, 3], b_ih [9] and b_hh [9] instead"))
  }
}

/// An LSTM with 2 inputs and 3 units.
private func drawn(directions: Int) -> LSTM<Float> {
  var random = RandomSource(seed: 1)
  return LSTM(inputSize: 2, hiddenSize: 3, bidirectional: directions == 2, using: &random)
}
