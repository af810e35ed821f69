import Backflow
import TestSupport
import Testing

/// The bounds against Jacobians and trajectories of the layers themselves.
@Suite struct `The bounds of gated cells` {
  #if DEBUG
    private let seeds: [UInt64] = Array(1...100)
  #else
    private let seeds: [UInt64] = Array(1...600)
  #endif

  /// Scales from cells whose conditions hold to cells that grow.
  private func scale(_ seed: UInt64) -> Double { [0.1, 0.3, 0.6, 2][Int(seed / 4 % 4)] }

  private func lstm(_ seed: UInt64) throws -> (SmallCell, ContractionReport) {
    let small = SmallCell(gates: 4, seed: seed, scale: scale(seed))
    return (small, try .lstm(small.weights, inputBound: small.inputBound))
  }

  private func gru(
    _ seed: UInt64, _ reset: ResetGatePlacement
  ) throws -> (SmallCell, ContractionReport) {
    let small = SmallCell(gates: 3, seed: seed, scale: scale(seed))
    return (small, try .gru(small.weights, reset: reset, inputBound: small.inputBound))
  }

  @Test func `hold for every sampled Jacobian of an LSTM`() throws {
    var proven = 0
    for seed in seeds {
      let (small, report) = try lstm(seed)
      if report.mustVanish { proven += 1 }
      #expect(try violations(of: report, by: LSTMCell(small.weights), small) == 0)
    }
    #expect(proven > seeds.count / 4 && proven < seeds.count)
  }

  @Test func `hold for every sampled Jacobian of a GRU`() throws {
    var proven = 0
    for seed in seeds {
      let (small, report) = try gru(seed, .afterProduct)
      if report.mustVanish { proven += 1 }
      #expect(try violations(of: report, by: GRUCell(small.weights), small) == 0)
    }
    #expect(proven > seeds.count / 4 && proven < seeds.count)
  }

  @Test func `hold for every sampled Jacobian of an original GRU`() throws {
    var proven = 0
    for seed in seeds {
      let (small, report) = try gru(seed, .beforeProduct)
      if report.mustVanish { proven += 1 }
      #expect(try violations(of: report, by: OriginalGRUCell(small.weights), small) == 0)
    }
    #expect(proven > seeds.count / 4 && proven < seeds.count)
  }

  /// With one number for all units, ¼ for every slope of a gate and |b| for b, the same derivation
  /// gives M = [[a, ō f̄], [k, f̄]], and for the GRU z̄ + (1 − z̄) K + (1 + n̄) ‖U_z‖ / 4.
  @Test func `are at most those by the norms of whole matrices`() throws {
    func norms(_ small: SmallCell, _ gate: Int) -> (U: Double, all: Double) {
      let weights = small.weights
      func norm(_ matrix: Tensor<Double>) -> Double { matrix.magnitude.sum(axis: 1).max() }
      let bias = weights.gates(gate..<gate + 1, of: weights.biasSum).maxMagnitude()
      let input = norm(weights.gates(gate..<gate + 1, of: weights.input)) * small.inputBound
      let recurrent = norm(weights.recurrent(gate: gate))
      return (recurrent, input + recurrent + bias)
    }
    func σ(_ x: Double) -> Double { sigmoid(Tensor(scalar: x)).scalar }
    func tanh(_ x: Double) -> Double { Backflow.tanh(Tensor(scalar: x)).scalar }
    var smaller = 0
    for seed in seeds {
      let (small, report) = try lstm(seed)
      let gates = (0..<4).map { norms(small, $0) }
      let (i, f, o) = (σ(gates[0].all), σ(gates[1].all), σ(gates[3].all))
      let (g, u) = (tanh(gates[2].all), gates.map(\.U))
      let c = i * g / (1 - f)
      let k = c * u[1] / 4 + g * u[0] / 4 + i * u[2]
      let a = tanh(c) * u[3] / 4 + o * k
      let root = ((a - f) * (a - f) + 4 * o * f * k).squareRoot()
      let left = report.conditions[2].leftSide
      #expect(left <= (a + f + root) / 2 * (1 + 1e-12))
      if left < 0.98 * (a + f + root) / 2 { smaller += 1 }

      let (unit, gru) = try gru(seed, .afterProduct)
      let (r, z, n) = (norms(unit, 0), norms(unit, 1), norms(unit, 2))
      let hidden = unit.weights.recurrentBias.map {
        unit.weights.gates(2..<3, of: $0).maxMagnitude()
      }
      let K = σ(r.all) * n.U + (n.U + (hidden ?? 0)) * r.U / 4
      guard K < 1 else { continue }
      // tanh grows, so 1 is a bound of n̄ whatever the bias.
      #expect(
        gru.conditions[1].leftSide
          <= (σ(z.all) + (1 - σ(z.all)) * K + 2 * z.U / 4) * (1 + 1e-12))
    }
    #expect(smaller > seeds.count / 2)
  }

  /// b_hn is inside the product with the reset gate in one convention only.
  @Test func `are violated by the other convention of a GRU`() throws {
    var count = 0
    for seed in seeds where seed % 5 != 0 {
      let (small, _) = try gru(seed, .beforeProduct)
      var weights = small.weights
      let candidate = 2 * weights.hiddenSize..<3 * weights.hiddenSize
      for unit in candidate {
        weights.inputBias?[unit] -= 4
        weights.recurrentBias?[unit] += 4
      }
      let original = try ContractionReport.gru(
        weights, reset: .beforeProduct, inputBound: small.inputBound)
      count += try violations(of: original, by: GRUCell(weights), small)
      #expect(try violations(of: original, by: OriginalGRUCell(weights), small) == 0)
    }
    #expect(count > seeds.count / 10)
  }

  @Test func `are violated by cells with larger weights`() throws {
    var count = 0
    for seed in seeds {
      let (small, report) = try lstm(seed)
      var weights = small.weights
      weights.recurrent *= 3
      count += try violations(of: report, by: LSTMCell(weights), small)
    }
    #expect(count > seeds.count)
  }

  /// Follows two trajectories under the same input, and returns the first step from which their
  /// difference is at most 10⁻³ times that at the start.
  private func recovery<Cell: RecurrentCell<Double>>(
    _ cell: Cell, _ small: SmallCell, steps: Int
  ) -> Int {
    var random = RandomSource(seed: 9)
    let (input, first) = box(of: cell, small, time: steps, batch: 1, &random)
    let (_, second) = box(of: cell, small, time: 1, batch: 1, &random)
    let active = ActiveSamples.all(time: steps, batch: 1)
    let caches = [first, second].map { cell.forward(input, from: $0, active: active).cache }
    func difference(_ t: Int) -> Double {
      let hidden = (caches[0].hidden.select(t) - caches[1].hidden.select(t)).maxMagnitude()
      guard let c = caches[0].cellState, let d = caches[1].cellState else { return hidden }
      return max(hidden, (c.select(t) - d.select(t)).maxMagnitude())
    }
    let start = zip(first.tensors, second.tensors).map { ($0 - $1).maxMagnitude() }.max() ?? 0
    let last = (0..<steps).last { difference($0) > 1e-3 * start }
    return last.map { $0 + 2 } ?? 1
  }

  @Test func `give a recovery time that is not exceeded`() throws {
    var count = 0
    func check<Cell: RecurrentCell<Double>>(
      _ cell: Cell, _ small: SmallCell, _ report: ContractionReport
    ) throws {
      guard let bound = report.recoverySteps, bound < 150 else { return }
      count += 1
      #expect(recovery(cell, small, steps: bound + 20) <= bound)
    }
    for seed in seeds where scale(seed) < 1 {
      let lstm = SmallCell(gates: 4, seed: seed, scale: scale(seed))
      try check(
        LSTMCell(lstm.weights), lstm,
        .lstm(lstm.weights, inputBound: lstm.inputBound, factor: 1e-3))
      let gru = SmallCell(gates: 3, seed: seed, scale: scale(seed))
      for reset in ResetGatePlacement.allCases {
        let report = try ContractionReport.gru(
          gru.weights, reset: reset, inputBound: gru.inputBound, factor: 1e-3)
        switch reset {
        case .afterProduct: try check(GRUCell(gru.weights), gru, report)
        case .beforeProduct: try check(OriginalGRUCell(gru.weights), gru, report)
        }
      }
    }
    #expect(count > seeds.count / 2)
  }
}
