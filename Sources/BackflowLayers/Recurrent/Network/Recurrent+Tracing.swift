internal import BackflowKernels
public import BackflowLinearAlgebra

extension Recurrent {
  /// Returns the gates and units of each cell at all time steps, as `forward` computed them, and
  /// the traces of the cells if `tracedBackward` has returned them.
  ///
  /// Cells are called "l0", "l0_reverse", "l1", like the suffixes of their parameters.
  ///
  /// - Parameters:
  ///   - cache: The cache of the forward pass.
  ///   - traces: The traces from `tracedBackward`, one for each cell, or none.
  /// - Precondition: `traces` is empty or has one trace for each cell.
  public func cells(
    in cache: Cache, traces: [BackwardTrace<Cell.Scalar>] = []
  ) -> [CellTrace<Cell.Scalar>] { cells(in: cache, traces) { $0 } }

  private func cells(
    in cache: Cache, _ traces: [BackwardTrace<Cell.Scalar>], _ path: (String) -> String
  ) -> [CellTrace<Cell.Scalar>] {
    let places = cells.indices.flatMap { layer in
      cells[layer].indices.map { (layer: layer, direction: $0) }
    }
    require(
      traces.isEmpty || traces.count == places.count,
      "\(Self.self): \(traces.count) traces instead of \(places.count), one for each cell")
    return places.enumerated().map { index, place in
      let cell = cells[place.layer][place.direction]
      let cellCache = cache.cells[place.layer][place.direction]
      return CellTrace(
        path: path("l\(place.layer)" + (place.direction == 1 ? "_reverse" : "")),
        typeName: plainName(Cell.self), activations: cell.activations(in: cellCache),
        output: cellCache.hidden, running: cellCache.active,
        linearized: { cell.linearized(step: $0, sample: $1, cellCache) },
        backward: traces.isEmpty ? nil : traces[index])
    }
  }

  /// Returns the gradients of `backward` without a tracer, and records every cell if `tracer` is
  /// on.
  public func backward(
    _ outputGradient: Tensor<Cell.Scalar>, _ cache: Cache,
    _ tracer: inout BackwardTracer<Cell.Scalar>
  ) -> (inputGradient: Tensor<Cell.Scalar>, gradients: Recurrent) {
    guard tracer.isOn else { return backward(outputGradient, cache) }
    let (inputGradient, _, gradients, traces) = tracedBackward(
      outputGradient, finalStateGradient: nil, cache)
    tracer.record(cells(in: cache, traces) { tracer.inside($0) })
    return (inputGradient, gradients)
  }

  /// x_1 … x_T of the first layer, [T, B, I]; after a pass with `lengths`, in descending order of
  /// length.
  public func input(in cache: Cache) -> Tensor<Cell.Scalar>? { cache.cells.first?.first?.input }

  /// `.other`, because the signal is multiplied by weights and slopes at every step. The traces of
  /// the cells have the details.
  public var signalKind: SignalKind? { .other }
}

extension RecurrentCell {
  /// Returns the activations of a cell's gates, in order, for `activations(in:)`.
  public func gateActivations(
    _ gates: [(name: String, nonlinearity: Nonlinearity)], in cache: Cache
  ) -> [Activation<Scalar>] {
    gates.enumerated().map { index, gate in
      Activation(
        gate.nonlinearity, output: cache.gates, gate: gate.name,
        features: index * hiddenSize..<(index + 1) * hiddenSize, running: cache.active)
    }
  }
}
