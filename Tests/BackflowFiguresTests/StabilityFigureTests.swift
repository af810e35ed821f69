import Backflow
import Foundation
import Testing

@Suite struct `The figures of a stability report` {
  /// A network whose recurrent weights are multiplied by a gain.
  private func network<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, gain: Double
  ) -> Recurrent<Cell> {
    var network = network
    for layer in network.cells.indices {
      for direction in network.cells[layer].indices {
        let weight = network.cells[layer][direction].weights.recurrent
        network.cells[layer][direction].weights.recurrent = weight * gain
      }
    }
    return network
  }

  private func report<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, steps: Int = 20
  ) throws -> StabilityReport {
    var random = RandomSource(seed: 4)
    var options = Stability.Options()
    options.samples = 2
    return try Stability.report(
      of: network, along: random.normal([steps, 2, network.inputSize]), options: options,
      using: &random)
  }

  private func figures<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, steps: Int = 20
  ) throws -> [String: String] {
    let all = try StabilityFigures(report: report(network, steps: steps)).all
    for (name, svg) in all {
      #expect(try elements(svg).first == "svg", "\(name)")
      #expect(!svg.contains("nan") && !svg.contains("inf"), "\(name)")
    }
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.svg) })
  }

  private func network(
    _ weight: Tensor<Double>, _ nonlinearity: Nonlinearity = .tanh
  ) -> RNN<Double> {
    let weights = GateWeights(input: .zeros([weight.shape[0], 1]), recurrent: weight)
    return RNN(cells: [[VanillaCell(weights, nonlinearity: nonlinearity)]])
  }

  private let kinds = ["exponents", "horizon", "paths", "powers", "spectrum"]

  #if DEBUG
    private static let gains = [4.0]
  #else
    private static let gains = [0.5, 4]
  #endif

  private var names: [String] { kinds.map { "weight_hh_l0-\($0).svg" } }

  @Test(arguments: gains)
  func `are well-formed for contracting and expanding vanilla cells and GRUs`(
    gain: Double
  ) throws {
    var random = RandomSource(seed: 3)
    let vanilla = RNN<Double>(inputSize: 2, hiddenSize: 2, using: &random)
    let gru = GRU<Double>(inputSize: 2, hiddenSize: 1, using: &random)
    #expect(try figures(network(vanilla, gain: gain)).keys.sorted() == names)
    #expect(try figures(network(gru, gain: gain)).keys.sorted() == names)
  }

  @Test(arguments: gains)
  func `have a panel or a curve for each gate of an LSTM`(gain: Double) throws {
    var random = RandomSource(seed: 3)
    let lstm = LSTM<Double>(inputSize: 2, hiddenSize: 1, using: &random)
    let figures = try figures(network(lstm, gain: gain))
    #expect(figures.keys.sorted() == names)
    let spectrum = try #require(figures["weight_hh_l0-spectrum.svg"])
    let powers = try #require(figures["weight_hh_l0-powers.svg"])
    for gate in ["gate i", "gate f", "gate g", "gate o", "last Jacobian"] {
      #expect(spectrum.contains(">\(gate): ρ"), "\(gate)")
      #expect(powers.contains(">\(gate)"), "\(gate)")
    }
    let paths = try #require(figures["weight_hh_l0-paths.svg"])
    for name in ["whole step", "state, elementwise", "gate i", "gate o"] {
      #expect(paths.contains(">\(name)<"), "\(name)")
    }
  }

  @Test func `have names for each direction, without a path`() throws {
    var random = RandomSource(seed: 3)
    let network = RNN<Double>(inputSize: 1, hiddenSize: 1, bidirectional: true, using: &random)
    let names = try figures(network).keys
    #expect(names.count == 2 * kinds.count)
    #expect(names.contains("weight_hh_l0_reverse-horizon.svg"))
    #expect(names.allSatisfy { !$0.contains("/") })
  }

  @Test func `show each eigenvalue, and the circles of a sigmoid`() throws {
    let weight = Tensor<Double>(rows: [[3, -4], [4, 3]])
    let spectrum = try #require(
      try figures(network(weight, .sigmoid))["weight_hh_l0-spectrum.svg"])
    #expect(spectrum.contains("λ = 3 + 4i, |λ| = 5"))
    #expect(spectrum.contains("λ = 3 − 4i, |λ| = 5"))
    #expect(spectrum.contains(">circle of radius 1/γ = 4<"))
    #expect(spectrum.contains(">2 eigenvalues outside the circle of radius 1/γ<"))
    #expect(spectrum.contains(">2 eigenvalues in the unit circle<"))
  }

  @Test func `label the pseudospectra of a normal matrix with their radii`() throws {
    let spectrum = try #require(
      try figures(network(Tensor([0.0], shape: [1, 1])))["weight_hh_l0-spectrum.svg"])
    // σ_min(zI − 0) = |z|: circles about 0.
    for level in ["0.3", "1"] { #expect(spectrum.contains(">\(level)</text>"), "\(level)") }
    let widths = spectrum.matches(of: /<polyline points="([^"]*)"[^>]*stroke="#e0a100"/).map {
      let x = $0.1.split(separator: " ").compactMap {
        $0.split(separator: ",").first.flatMap { Double($0) }
      }
      return (x.max() ?? 0) - (x.min() ?? 0)
    }
    let unit = 290 / 1.18 / 2
    for radius in [0.3, 1] {
      // A chord of a cell of the grid is inside the circle by less than 0.2 pixels.
      #expect(widths.contains { abs($0 - 2 * radius * unit) < 0.5 }, "\(radius): \(widths)")
    }
  }

  @Test func `show a nilpotent weight, whose powers end, with arrows`() throws {
    let shift = Tensor<Double>(rows: [[0, 0, 0], [1.1, 0, 0], [0, 1.1, 0]])
    let figures = try figures(network(shift, .relu))
    let powers = try #require(figures["weight_hh_l0-powers.svg"])
    #expect(powers.contains(">W_hh: ρ = 0<"))
    #expect(powers.contains(">‖Aᵏ‖; arrow: exactly 0<"))
    let exponents = try #require(figures["weight_hh_l0-exponents.svg"])
    #expect(exponents.contains(">exponents with standard errors; arrows: 3 of −∞<"))
    // The arrowheads are the only polygons: three exponents, and the running means.
    #expect(try elements(exponents).count { $0 == "polygon" } >= 3)
    #expect(try #require(figures["weight_hh_l0-horizon.svg"]).contains("arrow: exactly 0<"))
  }

  // The powers of a rotation have the norm 1 up to rounding, which the axis does not magnify.
  @Test func `label an axis once for each value`() throws {
    let rotation = Tensor<Double>(rows: [[0.6, -0.8], [0.8, 0.6]])
    let powers = try #require(try figures(network(rotation))["weight_hh_l0-powers.svg"])
    let ticks = powers.matches(of: /text-anchor="end">([^<]*)</).map { String($0.1) }
    // Two panels.
    #expect(ticks.contains("1") && ticks.count { $0 == "1" } <= 2)
  }

  @Test func `show the horizon and its prediction`() throws {
    let weight = Tensor<Double>([0.5], shape: [1, 1])
    let figures = try figures(network(weight), steps: 40)
    let horizon = try #require(figures["weight_hh_l0-horizon.svg"])
    // The state stays 0, where a step back multiplies by ½: 2⁻²⁰ < 10⁻⁶ < 2⁻¹⁹.
    #expect(horizon.contains(">reached after 20 steps<"))
    #expect(horizon.contains(">exp(λ₁k), λ₁ = −0.693<"))
    #expect(horizon.contains(">factor 1e−6<"))
  }

  @Test func `have different names for all layers`() throws {
    var random = RandomSource(seed: 4)
    var options = Stability.Options()
    (options.names, options.steps, options.samples) = (["a/b", "A_b", "c"], 20, 1)
    let report = try Stability.report(
      of: RNN<Double>(inputSize: 1, hiddenSize: 2, layers: 3, using: &random), options: options,
      using: &random)
    let names = try StabilityFigures(report: report).all.map(\.name)
    #expect(Set(names.map { $0.lowercased() }).count == 15)
    #expect(names.contains("1-a_b-paths.svg") && names.contains("c-paths.svg"))
  }

  @Test func `of a decoded report lack only the pseudospectra`() throws {
    let report = try report(network(Tensor<Double>(rows: [[0.5, 1], [0, 0.5]])))
    let decoded = try JSONDecoder().decode(
      StabilityReport.self, from: JSONEncoder().encode(report))
    let (whole, rest) = try (
      StabilityFigures(report: report).all, StabilityFigures(report: decoded).all
    )
    #expect(whole.map(\.name) == rest.map(\.name))
    let differing = zip(whole, rest).filter { $0.svg != $1.svg }.map(\.0.name)
    #expect(differing == ["weight_hh_l0-spectrum.svg"])
    #expect(whole[0].svg.contains("ε-pseudospectra") && !rest[0].svg.contains("ε-pseudospectra,"))
  }
}
