internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

// The caches and traces of a recurrent network, cell by cell: "lstm.l0", "lstm.l0_reverse", "lstm.l1".
extension StepObservation {
  /// Shows a vanilla recurrence: its units at all time steps, and what flowed back.
  public mutating func recurrent(
    _ name: String, _ network: RNN<Scalar>, _ cache: RNN<Scalar>.Cache,
    traces: [BackwardTrace<Scalar>] = []
  ) {
    for (cell, cache, place) in cells(name, network.cells, cache.cells) {
      activation(
        place, cell.nonlinearity == .tanh ? .tanh : .relu, output: cache.hidden,
        running: cache.active)
    }
    show(name, network.cells, traces)
  }

  /// Shows an LSTM: each gate and the cell's output at all time steps, and what flowed back.
  public mutating func recurrent(
    _ name: String, _ network: LSTM<Scalar>, _ cache: LSTM<Scalar>.Cache,
    traces: [BackwardTrace<Scalar>] = []
  ) {
    for (cell, cache, place) in cells(name, network.cells, cache.cells) {
      gates(
        [("input", .sigmoid), ("forget", .sigmoid), ("candidate", .tanh), ("output", .sigmoid)],
        of: cache.gates, size: cell.hiddenSize, cache.active, place)
      append(
        Activation(
          layer: place, function: .tanh, output: cache.kept ?? cache.hidden, features: 0..<cell.hiddenSize,
          running: cache.active), covered: true)
      output(place, cache.hidden)
    }
    show(name, network.cells, traces)
  }

  /// Shows a GRU: each gate at all time steps, and what flowed back.
  public mutating func recurrent(
    _ name: String, _ network: GRU<Scalar>, _ cache: GRU<Scalar>.Cache,
    traces: [BackwardTrace<Scalar>] = []
  ) {
    for (cell, cache, place) in cells(name, network.cells, cache.cells) {
      gates(
        [("reset", .sigmoid), ("update", .sigmoid), ("candidate", .tanh)], of: cache.gates,
        size: cell.hiddenSize, cache.active, place)
      output(place, cache.hidden)
    }
    show(name, network.cells, traces)
  }

  private mutating func gates(
    _ kinds: [(name: String, function: ActivationFunction)], of gates: Tensor<Scalar>, size: Int,
    _ running: ActiveSamples, _ place: String
  ) {
    for (index, gate) in kinds.enumerated() {
      append(
        Activation(
          layer: place, gate: gate.name, function: gate.function, output: gates,
          features: index * size..<(index + 1) * size, running: running), covered: true)
    }
  }

  private mutating func show<Cell: RecurrentCell<Scalar>>(
    _ name: String, _ cells: [[Cell]], _ traces: [BackwardTrace<Scalar>]
  ) {
    require(
      traces.isEmpty || traces.count == cells.joined().count,
      "\(traces.count) traces for \(cells.joined().count) cells")
    for (place, trace) in zip(names(name, cells), traces) {
      recurrence(RecurrentSignal(layer: place, trace: trace))
    }
  }

  private func cells<Cell: RecurrentCell<Scalar>>(
    _ name: String, _ cells: [[Cell]], _ caches: [[Cell.Cache]]
  ) -> [(cell: Cell, cache: Cell.Cache, place: String)] {
    zip(zip(cells.joined(), caches.joined()), names(name, cells)).map { ($0.0, $0.1, $1) }
  }

  private func names<Cell>(_ name: String, _ cells: [[Cell]]) -> [String] {
    cells.indices.flatMap { layer in
      cells[layer].indices.map { "\(name).l\(layer)" + ($0 == 1 ? "_reverse" : "") }
    }
  }
}
