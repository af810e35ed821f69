internal import Backflow
internal import ComplexModule
internal import RealModule

extension SelfTest {
  /// Figures of networks with many units, and of gated cells.
  static let networks = [meanField, gruAtZero, lstmAtZero]

  private static let meanField = SelfTestCase(
    "random tanh network, N = 1000, g = 3", source: "mean-field theory: ½ ln(g² E sech⁴)"
  ) {
    var random = RandomSource(seed: 9)
    let weight = KnownMatrices.gaussian(1000, gain: 3, seed: 1)
    let network = KnownMaps.network(weight, from: random.normal([1000]))
    let spectrum = try LyapunovSpectrum(
      along: Trajectory(of: network, steps: 1500, discarding: 300), count: 1, using: &random)
    return [.init("λ_1", spectrum.largest, expected: 0.310249, within: 0.01)]
  }

  /// The weights of gates with zero input weights and a constant bias for each gate.
  private static func gates(
    _ recurrent: [Tensor<Double>], biases: [Double]
  ) -> GateWeights<Double> {
    let units = recurrent[0].shape[0]
    return GateWeights(
      input: .zeros([recurrent.count * units, 1]), recurrent: .concatenate(recurrent),
      inputBias: .concatenate(biases.map { Tensor<Double>.zeros([units]) + $0 }),
      recurrentBias: .zeros([recurrent.count * units]))
  }

  /// The eigenvalues of ∂s′/∂s at s = 0.
  private static func eigenvaluesAtZero<R: Recurrence>(
    _ recurrence: R
  ) throws -> [Complex<Double>] {
    let step = recurrence.linearize(0..<1, from: .zeros([recurrence.stateSize]))[0]
    return try eigenvalues(of: step.derivative.matrix)
  }

  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + Double.exp(-x)) }

  private static let gruAtZero = SelfTestCase(
    "GRU at the zero state", source: "eigenvalues σ(b_z) + (1 − σ(b_z)) σ(b_r) μ, μ of U_n"
  ) {
    let u = (0..<3).map { KnownMatrices.orthogonal(12, seed: UInt64($0)) }
    let (r, z) = (sigmoid(0.7), sigmoid(-0.4))
    let cell = GRUCell(gates(u, biases: [0.7, -0.4, 0]))
    let measured = try eigenvaluesAtZero(CellRecurrence(cell))
    let expected = try eigenvalues(of: u[2]).map { Complex(z) + $0.multiplied(by: (1 - z) * r) }
    let distance = expected.map { value in
      measured.map { ($0 - value).length }.min() ?? .infinity
    }.max()
    // With zero biases and an orthogonal U_n with the eigenvalue 1: ½ + ¼.
    let plain = GRUCell(gates([u[0], u[1], .identity(12)], biases: [0, 0, 0]))
    let radius = try eigenvaluesAtZero(CellRecurrence(plain)).map(\.length).max()
    return [
      .init("largest distance of an eigenvalue", distance ?? .nan, expected: 0, within: 1e-12),
      .init("ρ for U_n = I, zero biases", radius ?? .nan, expected: 0.75, within: 1e-14),
    ]
  }

  private static let lstmAtZero = SelfTestCase(
    "LSTM at the zero state", source: "ρ = 1 at U_g = g·I with g = 4(1 − σ(b_f)): closed form"
  ) {
    let u = (0..<4).map { KnownMatrices.orthogonal(12, seed: UInt64($0)) }
    return try [0.0, 1, 2].map { bias in
      let gain = 4 * (1 - sigmoid(bias))
      let cell = LSTMCell(
        gates([u[0], u[1], .identity(12) * gain, u[3]], biases: [0, bias, 0, 0]))
      let radius = try eigenvaluesAtZero(CellRecurrence(cell)).map(\.length).max()
      return .init("ρ at b_f = \(bias)", radius ?? .nan, expected: 1, within: 1e-12)
    }
  }
}
