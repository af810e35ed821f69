import Backflow
import TestSupport
import Testing

/// The kinds of cell whose backward pass can be traced.
private enum Kind: CaseIterable {
  case tanh, relu, lstm, gru, gruResettingState
}

@Suite struct `The trace of a backward pass` {
  @Test(arguments: Kind.allCases, [(1, 1), (1, 3), (4, 1), (4, 3)])
  fileprivate func `has the gradients at every step`(
    kind: Kind, sizes: (time: Int, batch: Int)
  ) throws {
    var random = RandomSource(seed: 11)
    func check<Cell: RecurrentCell<Double>>(_ cell: Cell) throws {
      let pass = try Pass(cell, time: sizes.time, batch: sizes.batch, using: &random)
      pass.expectSameBitsUntraced()
      pass.expectEnds()
      pass.expectEntriesOfShorterPasses()
      pass.expectChain()
    }
    switch kind {
    case .tanh: try check(VanillaCell(inputSize: 2, hiddenSize: 3, using: &random))
    case .relu:
      var cell = VanillaCell<Double>(
        inputSize: 2, hiddenSize: 3, nonlinearity: .relu, using: &random)
      // Otherwise all units of a sample could be off, and all gradients zero.
      cell.weights.inputBias = Tensor(repeating: 2, shape: [3])
      try check(cell)
    case .lstm: try check(LSTMCell(inputSize: 2, hiddenSize: 3, using: &random))
    case .gru: try check(GRUCell(inputSize: 2, hiddenSize: 3, using: &random))
    case .gruResettingState:
      try check(OriginalGRUCell(inputSize: 2, hiddenSize: 3, using: &random))
    }
  }

  // W̄_hh = Σ_t ā_t h_{t−1}ᵀ for each unit.
  @Test func `has the gradient with respect to the products with the recurrent weight`() throws {
    var random = RandomSource(seed: 12)
    func check<Cell: RecurrentCell<Double>>(
      _ cell: Cell, weight: KeyPath<Cell, Tensor<Double>>
    ) throws {
      let pass = try Pass(cell, time: 4, batch: 3, using: &random)
      let a = pass.trace.preactivationGradient
      let gradient = pass.gradients[keyPath: weight]
      #expect(a.shape == [4, 3, gradient.shape[0]])
      var expected = Tensor<Double>.zeros(gradient.shape)
      for t in 0..<4 {
        let previous = pass.states[t].hidden
        for sample in 0..<3 {
          expected += outer(a.select(t).select(sample), previous.select(sample))
        }
      }
      expectAgreement(gradient, expected)
    }
    try check(VanillaCell(inputSize: 2, hiddenSize: 3, using: &random), weight: \.weights.recurrent)
    try check(
      VanillaCell(inputSize: 2, hiddenSize: 3, nonlinearity: .relu, using: &random),
      weight: \.weights.recurrent)
    try check(LSTMCell(inputSize: 2, hiddenSize: 3, using: &random), weight: \.weights.recurrent)
    try check(GRUCell(inputSize: 2, hiddenSize: 3, using: &random), weight: \.weights.recurrent)
  }

  @Test func `has the gradient with respect to the final state after the end of a sample`() {
    var random = RandomSource(seed: 13)
    func check<Cell: RecurrentCell<Double>>(_ network: Recurrent<Cell>) {
      let x: Tensor<Double> = random.normal([5, 3, 2])
      let upstream: Tensor<Double> = random.normal([5, 3, 3])
      let final = drawState(Cell.State.self, batch: 3, using: &random)
      // No sample runs at the last step.
      let (lengths, sorted) = ([2, 4, 0], [1, 0, 2])
      let (_, _, cache) = network.forward(x, initialState: nil, lengths: lengths)
      let (_, byState, _, traces) = network.tracedBackward(
        upstream, finalStateGradient: [final], cache)

      for (row, sample) in sorted.enumerated() {
        let length = lengths[sample]
        for (index, entries) in traces[0].stateGradients.enumerated() {
          let atFinal = final.tensors[index].select(sample)
          #expect(entries.shape == [6, 3, 3])
          for t in 0...5 {
            #expect((entries.select(t).select(row) == atFinal) == (t >= length), "entry \(t)")
          }
          #expect(entries.select(0).select(row) == byState[0].tensors[index].select(sample))
        }
        for t in 0..<5 {
          let (y, a) = (traces[0].outputGradient, traces[0].preactivationGradient)
          #expect((y.select(t).select(row).maxMagnitude() == 0) == (t >= length))
          #expect((a.select(t).select(row).maxMagnitude() == 0) == (t >= length))
        }
      }
    }
    check(RNN(inputSize: 2, hiddenSize: 3, using: &random))
    check(LSTM(inputSize: 2, hiddenSize: 3, using: &random))
    check(GRU(inputSize: 2, hiddenSize: 3, using: &random))
    check(OriginalGRU(inputSize: 2, hiddenSize: 3, using: &random))
    check(LeakyRNN(inputSize: 2, hiddenSize: 3, leak: 0.4, using: &random))
  }

  @Test(arguments: [nil, [2, 4, 3]])
  func `is returned for each cell, layer by layer, forward before backward`(lengths: [Int]?) {
    var random = RandomSource(seed: 14)
    let network = LSTM<Double>(
      inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random)
    let x: Tensor<Double> = random.normal([4, 3, 2])
    let upstream: Tensor<Double> = random.normal([4, 3, 6])
    let final = (0..<4).map { _ in drawState(LSTMState<Double>.self, batch: 3, using: &random) }
    let (_, _, cache) = network.forward(x, initialState: nil, lengths: lengths)
    let (byInput, byState, gradients, traces) = network.tracedBackward(
      upstream, finalStateGradient: final, cache)

    let untraced = network.backward(upstream, finalStateGradient: final, cache)
    #expect(byInput == untraced.inputGradient)
    #expect(byState == untraced.initialStateGradient)
    #expect(
      gradients.namedParameters.map(\.value) == untraced.gradients.namedParameters.map(\.value))
    #expect(traces.count == 4)
    let order = lengths == nil ? [0, 1, 2] : [1, 2, 0]
    for (cell, trace) in traces.enumerated() {
      expectOwnNorms(trace)
      for (index, entries) in trace.stateGradients.enumerated() {
        #expect(entries.select(4) == final[cell].tensors[index].selectRows(order))
        #expect(entries.select(0) == byState[cell].tensors[index].selectRows(order))
      }
    }
    if lengths == nil {
      let backwards = Tensor.stack((0..<4).reversed().map { upstream.select($0) })
      #expect(traces[2].outputGradient == upstream.slice(0..<3, axis: 2))
      #expect(traces[3].outputGradient == backwards.slice(3..<6, axis: 2))
    }
  }

  @Test func `of an empty sequence has only the gradient with respect to the final state`() throws {
    var random = RandomSource(seed: 15)
    func check<Cell: RecurrentCell<Double>>(_ cell: Cell) throws {
      let pass = try Pass(cell, time: 0, batch: 2, using: &random)
      pass.expectSameBitsUntraced()
      pass.expectEnds()
    }
    try check(VanillaCell(inputSize: 2, hiddenSize: 3, using: &random))
    try check(LSTMCell(inputSize: 2, hiddenSize: 3, using: &random))
    try check(GRUCell(inputSize: 2, hiddenSize: 3, using: &random))
    try check(OriginalGRUCell(inputSize: 2, hiddenSize: 3, using: &random))
    try check(LeakyCell(inputSize: 2, hiddenSize: 3, leak: 0.4, using: &random))
  }

  // The threads divide the samples among them.
  @Test func `has the norms of all steps for any number of threads`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 16)
      for threads in [1, 2, 3] {
        Threads.count = threads
        expectOwnNorms(of: VanillaCell(inputSize: 2, hiddenSize: 100, using: &random), &random)
        expectOwnNorms(of: LSTMCell(inputSize: 2, hiddenSize: 100, using: &random), &random)
        expectOwnNorms(of: GRUCell(inputSize: 2, hiddenSize: 100, using: &random), &random)
      }
    }
  }

  @Test func `stops if the shapes of the gradients do not fit together`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (y, a) = (Tensor<Float>.zeros([4, 2, 3]), Tensor<Float>.zeros([4, 2, 12]))
      _ = BackwardTrace(y, a, states: [y])
    }
    #expect(stopMessage(result).contains("outputs [4, 2, 3], pre-activations [4, 2, 12]"))
  }
}

/// A traced backward pass of one cell with two inputs and three units and with random values.
private struct Pass<Cell: RecurrentCell<Double>> {
  let cell: Cell
  let input, outputGradient: Tensor<Double>
  let finalStateGradient: Cell.State
  /// The states after 0 … T steps.
  let states: [Cell.State]
  let cache: Cell.Cache
  let inputGradient: Tensor<Double>
  let initialStateGradient: Cell.State
  let gradients: Cell
  let trace: BackwardTrace<Double>

  var time: Int { input.shape[0] }
  var batch: Int { input.shape[1] }

  init(_ cell: Cell, time: Int, batch: Int, using random: inout RandomSource) throws {
    self.cell = cell
    input = random.normal([time, batch, 2])
    outputGradient = random.normal([time, batch, 3])
    finalStateGradient = drawState(Cell.State.self, batch: batch, using: &random)
    var states = [drawState(Cell.State.self, batch: batch, using: &random)]
    for t in 0..<time {
      let step = cell.forward(
        input[t..<t + 1], from: states[t], active: .all(time: 1, batch: batch))
      states.append(step.finalState)
    }
    self.states = states
    cache = cell.forward(input, from: states[0], active: .all(time: time, batch: batch)).cache
    let traced = cell.backward(
      outputGradient, finalStateGradient: finalStateGradient, cache, traced: true)
    (inputGradient, initialStateGradient) = (traced.inputGradient, traced.initialStateGradient)
    (gradients, trace) = (traced.gradients, try #require(traced.trace))
  }

  func expectSameBitsUntraced() {
    let untraced = cell.backward(
      outputGradient, finalStateGradient: finalStateGradient, cache, traced: false)
    #expect(untraced.trace == nil)
    #expect(untraced.inputGradient == inputGradient)
    #expect(untraced.initialStateGradient.tensors == initialStateGradient.tensors)
    #expect(
      untraced.gradients.namedParameters.map(\.value) == gradients.namedParameters.map(\.value))
  }

  func expectEnds() {
    #expect(trace.outputGradient == outputGradient)
    #expect(trace.stateGradients.count == finalStateGradient.tensors.count)
    for (index, entries) in trace.stateGradients.enumerated() {
      #expect(entries.shape == [time + 1, batch, 3])
      #expect(entries.select(time) == finalStateGradient.tensors[index])
      #expect(entries.select(0) == initialStateGradient.tensors[index])
    }
  }

  /// Entry t is the gradient with respect to the initial state of a pass that begins with step t.
  func expectEntriesOfShorterPasses() {
    for t in 0..<time {
      let (_, _, cache) = cell.forward(
        input[t..<time], from: states[t], active: .all(time: time - t, batch: batch))
      let (_, byState, _, _) = cell.backward(
        outputGradient[t..<time], finalStateGradient: finalStateGradient, cache)
      for (index, entries) in trace.stateGradients.enumerated() {
        expectAgreement(entries.select(t), byState.tensors[index])
      }
    }
  }

  /// Entry t is Jᵀ (entry t + 1 + (ȳ_t, 0)), where J is the Jacobian of step t.
  func expectChain() {
    let sample = batch - 1
    func entry(_ t: Int) -> [Tensor<Double>] {
      trace.stateGradients.map { $0.select(t).select(sample) }
    }
    for t in 0..<time {
      var later = entry(t + 1)
      later[0] += outputGradient.select(t).select(sample)
      let jacobian = cell.stateJacobian(step: t, sample: sample, cache)
      expectAgreement(
        .concatenate(entry(t)), matvec(jacobian.transposed, .concatenate(later)))
    }
  }
}

private func drawState<State: RecurrentState<Double>>(
  _: State.Type, batch: Int, using random: inout RandomSource
) -> State {
  State(
    tensors: State.zero(batch: batch, hiddenSize: 3).tensors.map { random.normal($0.shape) })
}

private func expectAgreement(
  _ actual: Tensor<Double>, _ expected: Tensor<Double>,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.shape == expected.shape, sourceLocation: sourceLocation)
  #expect(actual.maxMagnitude() > 0, sourceLocation: sourceLocation)
  expectClose(
    actual.elements, expected.elements,
    Tolerance(Double.self, length: 40, scale: max(1, expected.maxMagnitude())),
    sourceLocation: sourceLocation)
}

private func expectOwnNorms(_ trace: BackwardTrace<Double>) {
  let steps = 0..<trace.preactivationGradient.shape[0]
  let expected = steps.map { trace.preactivationGradient.select($0).norm() }
  expectClose(
    trace.preactivationNorms, expected,
    Tolerance(Double.self, length: 8, scale: expected.max() ?? 1))
}

private func expectOwnNorms<Cell: RecurrentCell<Double>>(
  of cell: Cell, _ random: inout RandomSource
) {
  let network = Recurrent(cells: [[cell]])
  let (output, _, cache) = network.forward(
    random.normal([60, 6, 2]), initialState: nil, lengths: [60, 3, 60, 59, 1, 20])
  let traces = network.tracedBackward(random.normal(output.shape), cache).traces
  for trace in traces { expectOwnNorms(trace) }
}
