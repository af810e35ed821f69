import Backflow
import TestSupport
import Testing

/// Random weights of a small cell, some of them small enough for the conditions to hold.
struct SmallCell {
  let weights: GateWeights<Double>
  let inputBound: Double

  init(gates: Int, seed: UInt64, scale: Double) {
    var random = RandomSource(seed: seed)
    let (hidden, inputs) = (1 + Int(seed % 4), 1 + Int(seed % 3))
    func draw(_ shape: Shape, _ scale: Double) -> Tensor<Double> {
      random.uniform(shape, in: -scale..<scale)
    }
    inputBound = [0, 0.5, 1, 2][Int(seed % 4)]
    let hasBias = seed % 5 != 0
    let rows = gates * hidden
    weights = GateWeights(
      input: draw([rows, inputs], 0.5 * scale), recurrent: draw([rows, hidden], scale),
      inputBias: hasBias ? draw([rows], 2 * scale) : nil,
      recurrentBias: hasBias ? draw([rows], 2 * scale) : nil)
  }

  /// Random numbers of at most `bound`, half of them at the bound.
  static func extreme(
    _ shape: Shape, _ bound: Double, _ random: inout RandomSource
  ) -> Tensor<Double> {
    let numbers = (0..<shape.reduce(1, *)).map { _ -> Double in
      let value = 2 * random.uniform() - 1
      return bound * (random.uniform() < 0.5 ? value : value < 0 ? -1 : 1)
    }
    return Tensor(numbers, shape: shape)
  }

  /// c̄ of an LSTM, unit by unit.
  var cellBound: [Double] {
    func largest(_ gate: Int, _ unit: Int, magnitude: Bool) -> Double {
      let row = gate * weights.hiddenSize + unit
      let sum =
        (0..<weights.inputSize).reduce(0.0) { $0 + weights.input[row, $1].magnitude } * inputBound
        + (0..<weights.hiddenSize).reduce(0.0) { $0 + weights.recurrent[row, $1].magnitude }
      let bias = weights.biasSum[row]
      return sum + (magnitude ? bias.magnitude : bias)
    }
    return (0..<weights.hiddenSize).map { unit in
      let i = sigmoid(Tensor(scalar: largest(0, unit, magnitude: false))).scalar
      let f = sigmoid(Tensor(scalar: largest(1, unit, magnitude: false))).scalar
      return i * tanh(Tensor(scalar: largest(2, unit, magnitude: true))).scalar / (1 - f)
    }
  }
}

/// A Jacobian at random points of the box of a cell, and the errors of a report about it.
func violations<Cell: RecurrentCell<Double>>(
  of report: ContractionReport, by cell: Cell, _ small: SmallCell, samples: Int = 6
) throws -> Int {
  var random = RandomSource(seed: 77)
  let (input, state) = box(of: cell, small, time: 1, batch: samples, &random)
  let cache = cell.forward(input, from: state, active: .all(time: 1, batch: samples)).cache
  let conditions = report.conditions.filter { $0.property == .contraction }
  let slack = 1 + 64 * Double.ulpOfOne
  var count = 0
  for sample in 0..<samples {
    let J = cell.stateJacobian(step: 0, sample: sample, cache)
    let rows = J.magnitude.sum(axis: 1).max()
    let length = try singularValues(of: J)[0]
    if rows > slack * report.infinityNormBound || length > slack * report.euclideanNormBound {
      count += 1
    }
    for (condition, norm) in zip(conditions, [maximumNorm, euclideanNorm]) {
      let comparison = try #require(condition.comparison)
      let size = cell.hiddenSize
      let blocks = try J.blocks(of: size).map { try norm($0) }
      let bounds = [
        comparison.hiddenFromHidden, comparison.hiddenFromCell, comparison.cellFromHidden,
        comparison.cellFromCell,
      ]
      if zip(blocks, bounds).contains(where: { $0 > slack * $1 + 1e-300 }) { count += 1 }
      // The norm with weights of any Jacobian contracts at the rate of M.
      guard condition.holds else { continue }
      let (ratio, rate) = comparison.contraction
      let weighted =
        blocks.count == 1
        ? blocks[0] : max(blocks[0] + ratio * blocks[1], blocks[2] / ratio + blocks[3])
      if weighted > rate * (1 + 1e-12) { count += 1 }
    }
  }
  return count
}

/// Inputs and a state in the box of a cell.
func box<Cell: RecurrentCell<Double>>(
  of cell: Cell, _ small: SmallCell, time: Int, batch: Int, _ random: inout RandomSource
) -> (input: Tensor<Double>, state: Cell.State) {
  let input = SmallCell.extreme(
    [time, batch, cell.inputSize], small.inputBound, &random)
  let hidden = SmallCell.extreme([batch, cell.hiddenSize], 1, &random)
  let parts =
    Cell.State.tensorCount == 1
    ? [hidden]
    : [
      hidden,
      SmallCell.extreme([batch, cell.hiddenSize], 1, &random) * Tensor(small.cellBound),
    ]
  return (input, Cell.State(tensors: parts))
}

private func maximumNorm(_ block: Tensor<Double>) throws -> Double {
  block.magnitude.sum(axis: 1).max()
}

private func euclideanNorm(_ block: Tensor<Double>) throws -> Double {
  try singularValues(of: block)[0]
}

extension Tensor<Double> {
  /// The blocks of a Jacobian, row by row: one, or four of an LSTM.
  fileprivate func blocks(of size: Int) -> [Tensor<Double>] {
    if shape[0] == size { return [self] }
    return [0, size].flatMap { row in
      [0, size].map { column in
        self[row..<row + size].slice(column..<column + size, axis: 1)
      }
    }
  }
}
