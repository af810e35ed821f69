import Backflow
import TestSupport
import Testing

@Suite struct `A recurrent network of several layers` {
  @Test func `has PyTorch's parameter names, order and shapes`() {
    var random = RandomSource(seed: 1)
    let network = LSTM<Float>(
      inputSize: 3, hiddenSize: 5, layers: 2, bidirectional: true, using: &random)
    let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    #expect(
      network.namedParameters.map(\.name)
        == ["_l0", "_l0_reverse", "_l1", "_l1_reverse"].flatMap { suffix in
          names.map { $0 + suffix }
        })
    #expect(
      network.namedParameters.map(\.value.shape)
        == [[20, 3], [20, 5], [20], [20]] + [[20, 3], [20, 5], [20], [20]]
        + [[20, 10], [20, 5], [20], [20]] + [[20, 10], [20, 5], [20], [20]])
  }

  @Test func `initializes only the biases of its forget gates to nonzero values`() {
    var random = RandomSource(seed: 1)
    let cell = LSTMCell<Float>(inputSize: 2, hiddenSize: 3, forgetBias: 1.5, using: &random)
    #expect(cell.weights.inputBias == Tensor([0, 0, 0, 1.5, 1.5, 1.5, 0, 0, 0, 0, 0, 0]))
    #expect(cell.weights.recurrentBias == .zeros([12]))
    let usual = LSTM<Float>(inputSize: 2, hiddenSize: 1, using: &random)
    #expect(usual.cells[0][0].weights.inputBias == Tensor([0, 1, 0, 0]))
  }

  @Test func `returns the same step by step as for the whole sequence`() {
    var random = RandomSource(seed: 2)
    func check<Cell: RecurrentCell<Double>>(_ network: Recurrent<Cell>) {
      let network = network.drawn(using: &random)
      let x: Tensor<Double> = random.normal([5, 3, 2])
      let (output, finalState, _) = network.forward(x, initialState: nil)
      var stream = network.stream(batch: 3)
      for t in 0..<5 {
        let step = stream.step(x.select(t))
        expectClose(
          step.elements, output.select(t).elements, Tolerance(Double.self, length: 20, scale: 1))
      }
      for (one, two) in zip(stream.states, finalState) {
        for (a, b) in zip(one.tensors, two.tensors) {
          expectClose(a.elements, b.elements, Tolerance(Double.self, length: 20, scale: 1))
        }
      }
    }
    check(RNN(inputSize: 2, hiddenSize: 4, layers: 2, using: &random))
    check(LSTM(inputSize: 2, hiddenSize: 4, layers: 2, using: &random))
    check(GRU(inputSize: 2, hiddenSize: 4, layers: 2, using: &random))
    check(OriginalGRU(inputSize: 2, hiddenSize: 4, layers: 2, using: &random))
  }

  @Test func `does not change the outputs of earlier steps of a stream`() {
    var random = RandomSource(seed: 6)
    func check<Cell: RecurrentCell<Double>>(_ network: Recurrent<Cell>) {
      let x: Tensor<Double> = random.normal([3, 2, 2])
      var stream = network.stream(batch: 2)
      let outputs = (0..<3).map { stream.step(x.select($0)) }
      var again = network.stream(batch: 2)
      for (t, output) in outputs.enumerated() { #expect(again.step(x.select(t)) == output) }
    }
    check(RNN(inputSize: 2, hiddenSize: 4, nonlinearity: .relu, using: &random))
    check(LSTM(inputSize: 2, hiddenSize: 4, layers: 2, using: &random))
    check(GRU(inputSize: 2, hiddenSize: 4, using: &random))
  }

  @Test func `ignores the padding, even if it is not finite`() {
    var random = RandomSource(seed: 3)
    let x: Tensor<Double> = random.normal([4, 2, 2])
    let upstream: Tensor<Double> = random.normal([4, 2, 6])
    var (dirtyX, dirtyUpstream) = (x, upstream)
    for t in 2..<4 {
      dirtyX[t, 1, 0] = .nan
      dirtyUpstream[t, 1, 0] = .nan  // of the forward cells
      dirtyUpstream[t, 1, 3] = .infinity  // of the backward cells
    }
    func check<Cell: RecurrentCell<Double>>(_ network: Recurrent<Cell>) {
      func run(_ x: Tensor<Double>, _ upstream: Tensor<Double>) -> [Tensor<Double>] {
        let (output, states, cache) = network.forward(x, initialState: nil, lengths: [4, 2])
        let (input, byState, gradients) = network.backward(
          upstream, finalStateGradient: nil, cache)
        return [output, input] + (states + byState).flatMap(\.tensors)
          + gradients.namedParameters.map(\.value)
      }
      let clean = run(x, upstream)
      #expect(run(dirtyX, dirtyUpstream) == clean)
      #expect(clean.allSatisfy { $0.isFinite })
      #expect(clean[0].slice(2..<4).select(1, axis: 1) == .zeros([2, 6]))
      #expect(clean[1].slice(2..<4).select(1, axis: 1) == .zeros([2, 2]))
    }
    check(RNN(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random))
    check(LSTM(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random))
    check(GRU(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random))
    check(
      OriginalGRU(
        inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true,
        using: &random))
  }

  @Test func `drops units between layers only in training, as determined by the seed`() {
    var random = RandomSource(seed: 5)
    let network = RNN<Double>(inputSize: 2, hiddenSize: 8, layers: 2, dropout: 0.5, using: &random)
    let x: Tensor<Double> = random.normal([3, 4, 2])
    let evaluated = network(x)
    let trained = network.forward(x, .training(seed: 1)).output
    #expect(trained != evaluated)
    #expect(network.forward(x, .training(seed: 1)).output == trained)
    #expect(network.forward(x, .training(seed: 2)).output != trained)
    #expect(network.forward(x, .evaluation).output == evaluated)
  }

  // The gradient of a window is that of the whole sequence if no gradient comes from later windows.
  @Test func `truncates backpropagation at the boundary of a window`() {
    var random = RandomSource(seed: 6)
    let network = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    let x: Tensor<Double> = random.normal([6, 2, 2])
    let upstream: Tensor<Double> = random.normal([6, 2, 3])

    var (truncated, state) = ([Tensor<Double>](), [Tensor<Double>]?.none)
    for (window, gradient) in zip(x.windows(ofSteps: 4), upstream.windows(ofSteps: 4)) {
      let (_, finalState, cache) = network.forward(window, initialState: state)
      truncated.append(network.backward(gradient, cache).inputGradient)
      state = finalState
    }
    #expect(truncated.map(\.shape) == [[4, 2, 2], [2, 2, 2]])
    let whole = network.backward(upstream, network.forward(x).cache).inputGradient
    expectClose(
      truncated[1].elements, whole[4..<6].elements, Tolerance(Double.self, length: 20, scale: 1))
    var cut = upstream
    cut[4..<6] = .zeros([2, 2, 3])
    let first = network.backward(cut, network.forward(x).cache).inputGradient
    expectClose(
      truncated[0].elements, first[0..<4].elements, Tolerance(Double.self, length: 20, scale: 1))
    #expect(truncated[0] != whole[0..<4])
  }

  @Test func `divides a ragged batch into windows with their own lengths`() {
    var random = RandomSource(seed: 8)
    let network = LSTM<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    let x: Tensor<Double> = random.normal([5, 3, 2])
    let lengths = [5, 1, 3]
    let ownLengths = lengths.windows(ofSteps: 2, of: 5)
    #expect(ownLengths == [[2, 1, 2], [2, 0, 1], [1, 0, 0]])
    let whole = network.forward(x, initialState: nil, lengths: lengths)
    var (outputs, states) = ([Tensor<Double>](), [LSTMState<Double>]?.none)
    for (window, own) in zip(x.windows(ofSteps: 2), ownLengths) {
      let (output, finalState, _) = network.forward(window, initialState: states, lengths: own)
      outputs.append(output)
      states = finalState
    }
    #expect(Tensor.concatenate(outputs) == whole.output)
    #expect(states == whole.finalState)
    #expect([Int]().windows(ofSteps: 2, of: 0).isEmpty)
  }

  @Test func `passes the number of running samples at each step to a cell`() {
    let active = ActiveSamples.all(time: 2, batch: 3)
    #expect([active[0], active[1]] == [3, 3])
  }

  @Test func `has a Jacobian that agrees with finite differences`() {
    var random = RandomSource(seed: 7)
    func check<Cell: RecurrentCell<Double>>(_ cell: Cell) {
      let cell = cell.drawn(using: &random)
      let x: Tensor<Double> = random.normal([2, 2, 3])
      let all = ActiveSamples.all(time: 1, batch: 2)
      let first = cell.forward(
        x[0..<1],
        from: Cell.State(
          tensors: Cell.State.zero(batch: 2, hiddenSize: 4).tensors.map { random.normal($0.shape) }),
        active: all
      ).finalState
      let cache = cell.forward(x[1..<2], from: first, active: all).cache
      let jacobian = cell.stateJacobian(step: 0, sample: 1, cache)
      #expect(jacobian.shape == [cell.stateSize, cell.stateSize])
      let step = 1e-5
      var numeric = Tensor<Double>.zeros(jacobian.shape)
      for column in 0..<cell.stateSize {
        func after(_ displacement: Double) -> [Double] {
          var tensors = first.tensors
          tensors[column / 4][1, column % 4] += displacement
          let state = cell.forward(x[1..<2], from: Cell.State(tensors: tensors), active: all)
            .finalState
          return state.tensors.flatMap { $0.select(1).elements }
        }
        for (row, (above, below)) in zip(after(step), after(-step)).enumerated() {
          numeric[row, column] = (above - below) / (2 * step)
        }
      }
      #expect(jacobian.maxMagnitude() > 0.1)
      expectClose(jacobian.elements, numeric.elements, Tolerance(1e-8, scale: 1))

      // Products that do not form the Jacobian, for fewer and more vectors than dimensions.
      let size = cell.stateSize
      let tolerance = Tolerance(Double.self, length: 4 * size, scale: 4)
      let derivative = cell.linearized(step: 0, sample: 1, cache)
      for count in [1, size + 2] {
        let vectors: Tensor<Double> = random.normal([count, size])
        expectClose(
          cell.multiplyTransposedJacobian(vectors, step: 0, sample: 1, cache).elements,
          matmul(vectors, jacobian).elements, tolerance)
        expectClose(
          derivative.multiply(vectors.transpose()).elements,
          matmul(jacobian, vectors.transposed).elements, tolerance)
        expectClose(
          derivative.multiplyTransposed(vectors.transpose()).elements,
          matmul(jacobian.transposed, vectors.transposed).elements, tolerance)
        let inputs: Tensor<Double> = random.normal([3, count])
        expectClose(
          derivative.multiply(vectors.transpose(), inputs: inputs).elements,
          (matmul(jacobian, vectors.transposed) + matmul(derivative.inputMatrix, inputs)).elements,
          tolerance)
        expectClose(
          derivative.multiplyTransposedInput(vectors.transpose()).elements,
          matmul(derivative.inputMatrix.transposed, vectors.transposed).elements, tolerance)
      }
      for feature in 0..<3 {
        func after(_ displacement: Double) -> Tensor<Double> {
          var input = Tensor<Double>(x[1..<2])
          input[0, 1, feature] += displacement
          let state = cell.forward(input, from: first, active: all).finalState
          return .concatenate(state.tensors.map { $0.select(1) })
        }
        expectClose(
          derivative.inputMatrix.select(feature, axis: 1).elements,
          ((after(step) - after(-step)) / (2 * step)).elements, Tolerance(1e-8, scale: 1))
      }

      // The paths of a gradient add up to what the step passes back.
      let gradient: Tensor<Double> = random.normal([size])
      if let paths = derivative.gradientPaths(gradient) {
        var sum = paths.carried
        for gate in paths.gates {
          sum.replaceSlice(0..<4, with: sum[0..<4] + gate)
        }
        expectClose(sum.elements, matvec(jacobian.transposed, gradient).elements, tolerance)
        expectClose(
          matvec(cell.weights.input.transposed, .concatenate(paths.preactivations)).elements,
          matvec(derivative.inputMatrix.transposed, gradient).elements, tolerance)
      } else {
        Issue.record("a cell of the library states its derivative in factors")
      }
    }
    check(VanillaCell(inputSize: 3, hiddenSize: 4, using: &random))
    check(LSTMCell(inputSize: 3, hiddenSize: 4, using: &random))
    check(GRUCell(inputSize: 3, hiddenSize: 4, using: &random))
    check(OriginalGRUCell(inputSize: 3, hiddenSize: 4, using: &random))
    check(LeakyCell(inputSize: 3, hiddenSize: 4, leak: 0.3, using: &random))
    check(
      LeakyCell(inputSize: 3, hiddenSize: 4, nonlinearity: .sigmoid, leak: 0.7, using: &random))
  }

  @Test func `stops for lengths and states that do not fit`() async {
    let lengths = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      let network = GRU<Float>(inputSize: 2, hiddenSize: 3, using: &random)
      _ = network.forward(.zeros([4, 2, 2]), initialState: nil, lengths: [5, 1])
    }
    #expect(stopMessage(lengths).contains("lengths [5, 1] do not fit a batch of 2 samples"))
    let states = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      let network = GRU<Float>(inputSize: 2, hiddenSize: 3, using: &random)
      _ = network.forward(.zeros([4, 2, 2]), initialState: [.zeros([3, 3])])
    }
    #expect(stopMessage(states).contains("state [3, 3] instead of [2, 3]"))
  }
}
