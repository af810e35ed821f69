import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Sufficient conditions of stability` {
  private func σ(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  /// Weights of gates with one unit and one input.
  private func unit(_ recurrent: [Double], _ bias: [Double]) -> GateWeights<Double> {
    GateWeights(
      input: .ones([bias.count, 1]), recurrent: Tensor(recurrent, shape: [bias.count, 1]),
      inputBias: Tensor(bias), recurrentBias: .zeros([bias.count]))
  }

  private let tolerance = Tolerance(Double.self, length: 4, scale: 1)

  // MARK: - Closed forms

  /// With U_g alone, M is attained at the zero state, and ρ(M) is the eigenvalue f + o i μ there.
  @Test(arguments: [0.0, 1, 2])
  func `are exact for an LSTM with a recurrent candidate only`(forgetBias: Double) throws {
    let μ = 0.3
    let report = try ContractionReport.lstm(unit([0, 0, μ, 0], [0.5, forgetBias, 0, -0.5]))
    let expected = σ(forgetBias) + σ(-0.5) * σ(0.5) * μ
    for condition in report.conditions where condition.name != "bounded response, published form" {
      expectClose([condition.leftSide], [expected], tolerance)
      #expect(condition.holds && condition.costliest?.part == "memory")
      let rate = try #require(condition.comparison).spectralRadius
      let (ratio, _) = try #require(condition.comparison).contraction
      let steps = (log(1e-6) - abs(log(ratio))) / log(rate)
      #expect(condition.recoverySteps == Int(steps.rounded(.up)))
    }
    let published = report.conditions[1]
    // Here the gates are at σ(|b|).
    expectClose([published.leftSide], [σ(forgetBias) + σ(0.5) * μ], tolerance)
  }

  /// With U_n alone and b_hn = 0, the bound is attained at the zero state: the eigenvalue
  /// z + (1 − z) r μ.
  @Test(arguments: ResetGatePlacement.allCases)
  func `are exact for a GRU with a recurrent candidate only`(reset: ResetGatePlacement) throws {
    let (μ, r, z) = (0.8, 0.4, 1.5)
    let report = try ContractionReport.gru(unit([0, 0, μ], [r, z, 0]), reset: reset)
    let expected = σ(z) + (1 - σ(z)) * σ(r) * μ
    for condition in report.conditions {
      expectClose([condition.leftSide], [expected], tolerance)
      #expect(
        condition.holds && condition.recoverySteps == Int((log(1e-6) / log(expected)).rounded(.up)))
    }
    expectClose(
      [report.infinityNormBound, report.euclideanNormBound], [expected, expected], tolerance)
    // A candidate that amplifies breaks all conditions at once: z + (1 − z) K ≥ 1 for K ≥ 1.
    let growing = try ContractionReport.gru(unit([0, 0, 1.01 / σ(r)], [r, z, 0]), reset: reset)
    #expect(growing.conditions.allSatisfy { !$0.holds && $0.recoverySteps == nil })
    #expect(!growing.mustVanish && growing.recoverySteps == nil)
  }

  @Test func `compare γ σ_max with 1 for a vanilla and a leaky cell`() throws {
    let q = orthogonal(6)
    let vanilla = try ContractionReport.vanilla(recurrentWeight: q * 0.99, slopeBound: 1)
    let wide = Tolerance(Double.self, length: 36, scale: 1)
    expectClose(
      [vanilla.conditions[0].leftSide, vanilla.conditions[0].margin], [0.99, 0.01], wide)
    // ln 10⁻⁶ / ln 0.99 = 1374.6
    #expect(vanilla.conditions[0].holds && vanilla.recoverySteps == 1375 && vanilla.mustVanish)
    #expect(!vanilla.conditions[1].holds && vanilla.infinityNormBound > 1)
    let sigmoid = try ContractionReport.vanilla(recurrentWeight: q * 3.9, slopeBound: 0.25)
    expectClose([sigmoid.conditions[0].leftSide], [0.975], wide)
    #expect(try !ContractionReport.vanilla(recurrentWeight: q * 4.1, slopeBound: 0.25).mustVanish)
    // An orthogonal matrix is at the limit, whichever way it is rounded.
    #expect(try !ContractionReport.vanilla(recurrentWeight: q, slopeBound: 1).mustVanish)
    let leaky = try ContractionReport.leaky(recurrentWeight: q * 0.99, slopeBound: 1, leak: 0.1)
    expectClose([leaky.conditions[0].leftSide], [0.999], wide)
    expectClose(leaky.conditions[0].contributions.map(\.value), [0.9, 0.099], wide)
    // Above 1, a leak overshoots: |1 − 2| + 2 · 0.2 = 1.4.
    let overshooting = try ContractionReport.leaky(
      recurrentWeight: q * 0.2, slopeBound: 1, leak: 2)
    expectClose([overshooting.conditions[0].leftSide], [1.4], wide)
  }

  // MARK: - Figures

  #if DEBUG
    private static let published = [(4, 2.04), (8, 2.54), (16, 3.31), (64, 5.63)]
  #else
    private static let published = [(4, 2.04), (8, 2.54), (16, 3.31), (64, 5.63), (128, 7.40)]
  #endif

  /// PyTorch's default initialization with one input of at most 1, 50 draws for each size.
  @Test(arguments: published)
  func `never hold for PyTorch's default LSTM in the published form`(
    size: Int, published: Double
  ) throws {
    var random = RandomSource(seed: UInt64(size))
    let limit = 1 / Double(size).squareRoot()
    func draw(_ shape: Shape) -> Tensor<Double> { random.uniform(shape, in: -limit..<limit) }
    let conditions = try (0..<50).map { _ in
      try ContractionReport.lstm(
        GateWeights(
          input: draw([4 * size, 1]), recurrent: draw([4 * size, size]),
          inputBias: draw([4 * size]), recurrentBias: draw([4 * size])),
        inputBound: 1
      ).conditions[1]
    }
    #expect(conditions.allSatisfy { !$0.holds })
    let sides = conditions.map(\.leftSide)
    let mean = sides.reduce(0, +) / 50
    let deviation = (sides.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 49).squareRoot()
    // The difference of two means of 50 draws, with the rounding of the published figure.
    let error = deviation * (2.0 / 50).squareRoot()
    #expect((mean - published).magnitude < 3 * error + 0.005, "\(mean) ± \(error)")
    #expect(3 * error < 0.15)
  }

  // MARK: - Extreme and bad weights

  @Test func `do not hold for a saturated forget gate`() throws {
    for bias in [40.0, 800, 1e6] {
      let report = try ContractionReport.lstm(unit([0.1, 0, 0.1, 0.1], [0, bias, 0, 0]))
      #expect(report.conditions.allSatisfy { !$0.holds && !$0.leftSide.isNaN })
      #expect(!report.infinityNormBound.isNaN && report.largestValues.allSatisfy { $0.value >= 0 })
    }
    let unbounded = try ContractionReport.lstm(unit([0.1, 0, 0.1, 0.1], [0, 800, 0, 0]))
    #expect(unbounded.largestValues.last?.value == .infinity)
    // The weight of a forget gate passes an unbounded c̄ on.
    let growing = try ContractionReport.lstm(
      unit([0.1, 1000, 0.1, 0.1], [0, 1000, 0, 0]))
    #expect(growing.infinityNormBound == .infinity && growing.description.contains("∞"))
  }

  @Test func `hold for a cell without recurrent weights`() throws {
    let report = try ContractionReport.lstm(unit([0, 0, 0, 0], [0, 1, 2, 0]), inputBound: 1)
    let comparison = try #require(report.conditions[2].comparison)
    #expect(comparison.cellFromHidden == 0 && comparison.contraction.rate < 1)
    #expect(report.mustVanish && (report.recoverySteps ?? 0) > 40)
    let still = try ContractionReport.vanilla(recurrentWeight: .zeros([2, 2]), slopeBound: 1)
    #expect(still.recoverySteps == 1)
  }

  @Test func `need finite weights and arguments in range`() throws {
    let good = unit([0, 0, 0], [0, 0, 0])
    for index in 0..<4 {
      var weights = good
      switch index {
      case 0: weights.input[1, 0] = .nan
      case 1: weights.recurrent[2, 0] = .infinity
      case 2: weights.inputBias?[1] = .nan
      default: weights.recurrentBias?[0] = -.infinity
      }
      let part = ["W_ih", "W_hh", "b_ih", "b_hh"][index]
      #expect(throws: StabilityError.notFinite("\(part) of the GRU")) {
        try ContractionReport.gru(weights)
      }
    }
    for bound in [-1, Double.infinity] {
      #expect(throws: StabilityError.inputBoundInvalid(bound)) {
        try ContractionReport.gru(good, inputBound: bound)
      }
    }
    #expect(throws: StabilityError.factorOutOfRange(1)) {
      try ContractionReport.gru(good, factor: 1)
    }
    #expect(throws: StabilityError.leakNotPositive(0)) {
      try ContractionReport.leaky(recurrentWeight: .ones([1, 1]), slopeBound: 1, leak: 0)
    }
    #expect(throws: StabilityError.notSquare([2, 1])) {
      try ContractionReport.vanilla(recurrentWeight: .ones([2, 1]), slopeBound: 1)
    }
    #expect(throws: StabilityError.notFinite("W_hh of the vanilla cell")) {
      try ContractionReport.vanilla(recurrentWeight: Tensor(rows: [[.nan]]), slopeBound: 1)
    }
  }

  // MARK: - Reports

  @Test func `say what follows, and which gate costs most`() throws {
    let report = try ContractionReport.lstm(unit([0.1, 4, 0.1, 0.1], [0, 1, 1, 0]), inputBound: 1)
    let condition = report.conditions[2]
    #expect(!condition.holds && condition.costliest?.part == "f")
    #expect(condition.description.contains("Nothing follows: the condition is sufficient only"))
    #expect(condition.description.contains("The costliest part is f."))
    #expect(report.description.contains("whether gradients vanish is not decided by this"))
    let proven = try ContractionReport.gru(unit([0, 0, 0.5], [0, 0, 0])).description
    #expect(proven.contains("GRU, reset gate after the product, no input"))
    #expect(proven.contains("every gradient must vanish") && proven.contains("margin 0.375"))
    #expect(proven.contains("after 30 steps it is at most 1e-06 times what it was"))
  }

  @Test func `are the same after encoding and decoding`() throws {
    let reports = [
      try ContractionReport.lstm(unit([0.1, 1000, 0.1, 0.1], [0, 1000, 0, 0])),
      try .gru(unit([0, 0, 0.5], [0, 0, 0]), inputBound: 2),
      try .leaky(recurrentWeight: orthogonal(3), slopeBound: 1, leak: 0.5),
    ]
    for report in reports {
      let data = try JSONEncoder().encode(report)
      #expect(try JSONDecoder().decode(ContractionReport.self, from: data) == report)
      let text = String(decoding: data, as: UTF8.self)
      #expect(text.contains("\"left_side\"") && text.contains("\"euclidean_norm_bound\""))
    }
  }
}
