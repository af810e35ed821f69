import Backflow
import TestSupport
import Testing

/// A case of scripts/fixtures/pytorch_recurrent.py.
struct RecurrentFixture: CustomStringConvertible, Sendable {
  let name: String

  var description: String { name }

  static let all = ((try? FixtureFolder.cases(of: "recurrent")) ?? []).sorted()
    .map(RecurrentFixture.init)

  func tensor(_ file: String) throws -> Tensor<Double> {
    try FixtureFolder("recurrent/\(name)").tensor(file)
  }

  var isBidirectional: Bool { name.contains("_bi_") }
  var layers: Int { name.contains("2layer") ? 2 : 1 }

  func lengths() throws -> [Int]? {
    name.hasSuffix("lengths") ? try tensor("lengths").elements.map { Int($0) } : nil
  }

  /// The rows of PyTorch's tensor [layers·D, B, H], one for each cell.
  func states(_ file: String) throws -> [Tensor<Double>] {
    let stacked = try tensor(file)
    return (0..<stacked.shape[0]).map { stacked.select($0) }
  }
}

@Suite struct `A recurrent network agrees with PyTorch` {
  @Test func `in all cases`() {
    #expect(RecurrentFixture.all.count == 32)
  }

  @Test(arguments: RecurrentFixture.all)
  func `in values and gradients`(fixture: RecurrentFixture) throws {
    var random = RandomSource(seed: 1)
    func make<Cell>(
      _ cell: (_ inputSize: Int, inout RandomSource) -> Cell
    ) throws -> Recurrent<Cell> where Cell.Scalar == Double {
      let directions = fixture.isBidirectional ? 2 : 1
      return Recurrent(
        cells: (0..<fixture.layers).map { layer in
          (0..<directions).map { _ in cell(layer == 0 ? 4 : 3 * directions, &random) }
        })
    }
    switch fixture.name.split(separator: "_").prefix(2).joined(separator: "_") {
    case "rnn_tanh", "rnn_relu":
      let nonlinearity: Nonlinearity =
        fixture.name.hasPrefix("rnn_tanh") ? .tanh : .relu
      try compare(
        make {
          VanillaCell(inputSize: $0, hiddenSize: 3, nonlinearity: nonlinearity, using: &$1)
        }, fixture, states: ["h"])
    case let kind where kind.hasPrefix("lstm"):
      try compare(
        make { LSTMCell(inputSize: $0, hiddenSize: 3, using: &$1) }, fixture, states: ["h", "c"])
    default:
      try compare(
        make { GRUCell(inputSize: $0, hiddenSize: 3, using: &$1) }, fixture, states: ["h"])
    }
  }

  private func compare<Cell>(
    _ network: Recurrent<Cell>, _ fixture: RecurrentFixture, states letters: [String]
  ) throws where Cell.Scalar == Double {
    var network = network
    for (name, parameter) in network.namedParameters {
      #expect(try fixture.tensor("parameter.\(name)").shape == parameter.shape)
    }
    let parameters = try network.namedParameters.map { try fixture.tensor("parameter.\($0.name)") }
    var remaining = parameters[...]
    network.visitParameters { _, parameter in parameter = remaining.removeFirst() }

    func states(_ suffix: String) throws -> [Cell.State] {
      let parts = try letters.map { try fixture.states($0 + suffix) }
      return parts[0].indices.map { cell in Cell.State(tensors: parts.map { $0[cell] }) }
    }
    func expectStates(_ actual: [Cell.State], _ suffix: String) throws {
      for (index, letter) in letters.enumerated() {
        let expected = try fixture.states(letter + suffix)
        for (cell, state) in actual.enumerated() {
          expectAgreement(
            state.tensors[index], expected[cell], "\(letter)\(suffix) of cell \(cell)")
        }
      }
    }

    let (output, finalState, cache) = network.forward(
      try fixture.tensor("input"), initialState: try states("0"), lengths: try fixture.lengths())
    expectAgreement(output, try fixture.tensor("output"), "output")
    try expectStates(finalState, "n")

    let (byInput, byState, gradients) = network.backward(
      try fixture.tensor("output_gradient"), finalStateGradient: try states("n_gradient"), cache)
    expectAgreement(byInput, try fixture.tensor("input_gradient"), "input gradient")
    try expectStates(byState, "0_gradient")
    for (name, gradient) in gradients.namedParameters {
      expectAgreement(gradient, try fixture.tensor("gradient.\(name)"), "gradient of \(name)")
    }
  }

  private func expectAgreement(
    _ actual: Tensor<Double>, _ expected: Tensor<Double>, _ what: String
  ) {
    #expect(actual.shape == expected.shape, "\(what)")
    let scale = expected.maxMagnitude()
    #expect(scale > 0, "\(what)")
    expectClose(actual.elements, expected.elements, Tolerance(1e-10 * scale, scale: scale), what)
  }
}
