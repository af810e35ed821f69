internal import BackflowCheckpoints
public import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

extension RecurrentNetworkWeights {
  /// Returns the parameters by layer and direction, in double precision, for the cells of a
  /// `Recurrent` network.
  ///
  /// A missing bias counts as zero. The gates remain in the order of the file.
  ///
  /// - Throws: `RecurrentNetworkError` if a layer or a W_ih is missing, a tensor has a shape that
  ///   does not fit or an element that is NaN or infinite, or cannot be read.
  public func parameters() throws(RecurrentNetworkError) -> [[GateWeights<Double>]] {
    guard isComplete else { throw .incomplete(network: name, layers: recurrentNames) }
    var rows: [[GateWeights<Double>]] = []
    for (index, layer) in layers.enumerated() {
      guard layer.count == directionCount else {
        throw .incomplete(network: name, layers: recurrentNames)
      }
      var row: [GateWeights<Double>] = []
      for weights in layer {
        try weights.check(
          hiddenSize: hiddenSize, inputSize: index == 0 ? inputSize : directionCount * hiddenSize)
        row.append(try weights.parameters())
      }
      rows.append(row)
    }
    return rows
  }
}

extension RecurrentWeights {
  /// G·H
  private var rows: Int { kind.gates.count * hiddenSize }

  /// Checks the shapes of all tensors.
  fileprivate func check(hiddenSize: Int, inputSize: Int?) throws(RecurrentNetworkError) {
    if let misfit = misfits.first {
      throw .mismatch(tensor: misfit.name, shape: misfit.shape, expected: misfit.expected)
    }
    let gates = kind.gates.count
    guard self.hiddenSize == hiddenSize else {
      throw .mismatch(
        tensor: recurrent.name, shape: recurrent.tensor.shape,
        expected: "[\(gates * hiddenSize), \(hiddenSize)], as in the first layer")
    }
    guard let input else {
      throw .missingInputWeight(
        beside: recurrent.name, expected: "[\(rows), \(inputSize.map { "\($0)" } ?? "I")]")
    }
    if let inputSize, input.tensor.shape[1] != inputSize {
      throw .mismatch(
        tensor: input.name, shape: input.tensor.shape,
        expected: "[\(rows), \(inputSize)], to read the layer below")
    }
  }

  /// Returns the parameters in double precision; without W_ih, those of a cell with one input whose
  /// weight is zero.
  func parameters() throws(RecurrentNetworkError) -> GateWeights<Double> {
    var first = try inputBias?.finiteValues()
    var second = try recurrentBias?.finiteValues()
    if let first, second == nil { second = .zeros(first.shape) }
    if let second, first == nil { first = .zeros(second.shape) }
    return GateWeights(
      input: try input?.finiteValues() ?? .zeros([rows, 1]),
      recurrent: try recurrent.finiteValues(), inputBias: first, recurrentBias: second)
  }
}

extension RecurrentWeights.Named {
  /// Returns the values after checking that they are finite.
  func finiteValues() throws(RecurrentNetworkError) -> Tensor<Double> {
    let values: Tensor<Double>
    do {
      values = try tensor.values()
    } catch {
      throw .unreadable(error.reading(name))
    }
    if let place = values.firstNonFiniteElement {
      throw .notFinite(tensor: name, element: place.indices, value: place.value)
    }
    return values
  }
}

extension Tensor<Double> {
  /// The first element that is NaN or infinite, with its indices.
  var firstNonFiniteElement: (indices: [Int], value: Double)? {
    guard !isFinite, let position = elements.firstIndex(where: { !$0.isFinite }) else { return nil }
    var (indices, rest) = ([Int](), position)
    for extent in shape.reversed() {
      indices.append(rest % extent)
      rest /= extent
    }
    return (indices.reversed(), elements[position])
  }
}
