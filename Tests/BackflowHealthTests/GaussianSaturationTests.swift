import Backflow
import Foundation
import TestSupport
import Testing

/// What normal pre-activations of standard deviation s do to a nonlinearity. The figures are
/// integrals over the normal density, rounded to four digits.
private struct Row: Sendable {
  let s: Double
  let beyond97: Double
  let beyond99: Double
  let tanhSlope: (mean: Double, rootMeanSquare: Double)
  let sigmoidSlope: (mean: Double, rootMeanSquare: Double)

  static let all = [
    Row(
      s: 0.5, beyond97: 0, beyond99: 0, tanhSlope: (0.8265, 0.8470),
      sigmoidSlope: (0.2360, 0.2367)),
    Row(
      s: 1, beyond97: 0.0364, beyond99: 0.0081, tanhSlope: (0.6057, 0.6815),
      sigmoidSlope: (0.2066, 0.2117)),
    Row(
      s: 5.0 / 3, beyond97: 0.2093, beyond99: 0.1123, tanhSlope: (0.4233, 0.5498),
      sigmoidSlope: (0.1677, 0.1822)),
    Row(
      s: 2, beyond97: 0.2955, beyond99: 0.1857, tanhSlope: (0.3647, 0.5059),
      sigmoidSlope: (0.1514, 0.1704)),
    Row(
      s: 3, beyond97: 0.4855, beyond99: 0.3777, tanhSlope: (0.2548, 0.4174),
      sigmoidSlope: (0.1148, 0.1441)),
    Row(
      s: 5, beyond97: 0.6756, beyond99: 0.5966, tanhSlope: (0.1570, 0.3251),
      sigmoidSlope: (0.0751, 0.1139)),
  ]
}

@Suite struct `A tanh of normal pre-activations` {
  @Test(arguments: Row.all)
  private func `is saturated as often as the normal distribution says, on both sides alike`(
    row: Row
  ) throws {
    var random = RandomSource(seed: 21)
    let count = 40_000
    let y: Tensor<Double> = tanh(random.normal([count / 8, 8], standardDeviation: row.s))
    var observation = StepObservation<Double>(step: 0)
    observation.recordActivation("layer", .tanh, output: y)
    for (bound, expected) in [(0.97, row.beyond97), (0.99, row.beyond99)] {
      let seen = try #require(
        Saturation(observation.activations[0], slope: 1 - bound * bound))
      // Four standard errors and half of the last digit of the table.
      func error(_ p: Double) -> Double { 4 * (p * (1 - p) / Double(count)).squareRoot() + 5e-5 }
      #expect((seen.share - expected).magnitude <= error(expected))
      #expect((seen.lowShare - expected / 2).magnitude <= error(expected / 2))
      #expect((seen.highShare - expected / 2).magnitude <= error(expected / 2))
    }
  }

  // ȳ_i = √w_i, with the weights w of a quadrature: ‖x̄‖/‖ȳ‖ = √(Σ w φ′² / Σ w).
  @Test(arguments: Row.all)
  private func `lets through the root mean square of its slope`(row: Row) throws {
    let z = (0...2000).map { Double($0) * 0.009 - 9 }
    let weights = Tensor(z.map { exp(-$0 * $0 / 2) }, shape: [z.count, 1])
    let a = Tensor(z, shape: [z.count, 1]) * row.s
    let slopes = [row.tanhSlope, row.sigmoidSlope]
    for (layer, expected) in zip(
      [Tanh<Double>(), Sigmoid<Double>()] as [any Layer<Double>], slopes)
    {
      let network = Sequential([layer])
      let (_, cache) = network.forward(a)
      let (_, _, trace) = network.tracedBackward(weights.squareRoot(), cache)
      var observation = StepObservation<Double>(step: 0)
      observation.recordNetwork(trace)
      let profile = try #require(SignalProfile(observation.signals))
      let mean = network.backward(weights, cache).inputGradient.sum() / weights.sum()
      expectClose(
        [mean, profile.entries[0].factor], [expected.mean, expected.rootMeanSquare],
        Tolerance(5.1e-5, scale: expected.mean))
    }
  }
}
