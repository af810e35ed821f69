internal import Backflow
internal import ComplexModule
internal import RealModule

extension SelfTest {
  /// Fixed points and cycles.
  static let fixedPoints = [flipFlop, nilpotent, reluCycles]

  private static let flipFlop = SelfTestCase(
    "three bits, h′ = tanh(2h)", source: "3³ points: 8 stable, 12, 6 and 1 with 1, 2 and 3 unstable"
  ) {
    var random = RandomSource(seed: 1)
    let found = try FixedPoints(of: KnownMaps.network(.identity(3) * 2), using: &random)
    let counts = (0...3).map { unstable in found.points.count { $0.unstableCount == unstable } }
    let stable = found.points.first { $0.unstableCount == 0 }
    return zip(counts, [8, 12, 6, 1]).enumerated().map { unstable, pair in
      .init(
        "points with \(unstable) unstable directions", Double(pair.0), expected: Double(pair.1),
        within: 0)
    } + [
      .init("sum of the indices", Double(found.indexSum), expected: 1, within: 0),
      .init(
        "|h| of a stable point", stable?.state[0].magnitude ?? .nan, expected: 0.9575040241,
        within: 1e-10),
      .init(
        "its eigenvalue", stable?.modes.first?.modulus ?? .nan, expected: 0.166372, within: 5e-7),
    ]
  }

  private static let nilpotent = SelfTestCase(
    "tanh network with ρ = 0", source: "five fixed points, three of them stable: Newton by NumPy"
  ) {
    var random = RandomSource(seed: 4)
    let found = try FixedPoints(
      of: KnownMaps.network(KnownMatrices.nilpotent), using: &random)
    let outer = found.points.first { $0.unstableCount == 0 && $0.state[0] > 0.1 }
    let saddle = found.points.first { $0.unstableCount == 1 && $0.state[0] > 0.1 }
    let expected: [(FixedPoint?, [Double], [Double])] = [
      (
        outer, [0.905986885557, -0.991323368368, 0.837666711734],
        [-0.681568701704, 0.443315267994]
      ),
      (
        saddle, [0.390299289631, -0.824559792069, 0.640337032738],
        [1.457261729212, -0.941865769193]
      ),
    ]
    var figures: [SelfTestCase.Figure] = [
      .init("points", Double(found.points.count), expected: 5, within: 0),
      .init("stable points", Double(found.stablePoints.count), expected: 3, within: 0),
      .init("sum of the indices", Double(found.indexSum), expected: 1, within: 0),
    ]
    for (name, (point, state, values)) in zip(["stable point", "saddle"], expected) {
      for (index, value) in state.enumerated() {
        figures.append(
          .init(
            "\(name), h_\(index + 1)", point?.state[index] ?? .nan, expected: value, within: 1e-11)
        )
      }
      for (index, value) in values.enumerated() {
        figures.append(
          .init(
            "\(name), eigenvalue \(index + 1)",
            point?.modes.dropFirst(index).first?.real ?? .nan, expected: value, within: 1e-11))
      }
    }
    return figures
  }

  private static let reluCycles = SelfTestCase(
    "ReLU network with cycles of 16 steps", source: "SCYFI (NeurIPS 2023): one stable, one saddle"
  ) {
    let network = KnownMaps.planarReLU(0.8377689, 0.96461297, -0.64375, 0.52505308)
    var random = RandomSource(seed: 2)
    let found = try Cycles(of: network, period: 16, using: &random).cycles
    let stable = found.first { $0.stability == .stable }
    let saddle = found.first { $0.stability == .unstable }
    return [
      .init("cycles", Double(found.count), expected: 2, within: 0),
      .init(
        "multiplier of the stable one", stable?.point.modes.first?.modulus ?? .nan,
        expected: 0.518900, within: 6e-7),
      .init("its λ_1", stable?.growthRate ?? .nan, expected: -0.0410028, within: 6e-8),
      .init(
        "multiplier of the saddle", saddle?.point.modes.first?.modulus ?? .nan,
        expected: 1.610218, within: 6e-7),
    ]
  }
}
