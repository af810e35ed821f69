internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// The samples of a network on their way from layer to layer. Only the input of the next layer is
/// kept.
struct NetworkRun<Cell: RecurrentCell<Double>> {
  private let network: Recurrent<Cell>
  /// The input of the next layer of each sample, [T, I].
  private var inputs: [Tensor<Double>]
  /// The states before the first step of each sample, [S], by layer and direction.
  private let initialStates: [[Tensor<Double>]]
  private var layer = 0

  /// - Parameters:
  ///   - inputs: The input of the network of each sample, [T, I].
  ///   - initialStates: The states of each sample, [S], by layer and direction.
  init(
    _ network: Recurrent<Cell>, reading inputs: [Tensor<Double>],
    from initialStates: [[Tensor<Double>]]
  ) {
    (self.network, self.inputs, self.initialStates) = (network, inputs, initialStates)
  }

  /// Runs the cells of the next layer, and returns the runs of the samples by direction.
  mutating func nextLayer() -> [[SampleRun]] {
    let cells = network.cells[layer]
    let isLast = layer == network.cells.count - 1
    var outputs = inputs.map { input in
      // The next layer finds where the output of this one ends.
      isLast
        ? nil
        : Tensor<Double>(
          repeating: .infinity, shape: [input.shape[0], cells.count * network.hiddenSize])
    }
    var runs: [[SampleRun]] = []
    for (direction, cell) in cells.enumerated() {
      let columns = direction * network.hiddenSize..<(direction + 1) * network.hiddenSize
      let place = layer * network.directionCount + direction
      runs.append(
        inputs.indices.map { sample in
          let (input, isReversed) = (inputs[sample], direction == 1)
          let time = input.shape[0]
          return SampleRun(
            cell, reading: isReversed ? input.selectRows((0..<time).reversed()) : input,
            from: initialStates[place][sample]
          ) { start, output in
            let (count, end) = (output.shape[0], time - start)
            outputs[sample]?.replaceSlice(
              isReversed ? end - count..<end : start..<start + count, columns,
              with: isReversed ? output.selectRows((0..<count).reversed()) : output)
          }
        })
    }
    inputs = outputs.compactMap(\.self)
    layer += 1
    return runs
  }
}

extension Tensor {
  /// Replaces the elements of a matrix in these rows and columns.
  fileprivate mutating func replaceSlice(
    _ rows: Range<Int>, _ columns: Range<Int>, with matrix: Tensor
  ) {
    var band = self[rows]
    band.replaceSlice(columns, axis: 1, with: matrix)
    replaceSlice(rows, with: band)
  }
}
