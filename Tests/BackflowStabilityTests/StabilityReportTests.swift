import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A stability report` {
  private func report(_ weight: Tensor<Double>, steps: Int = 5) throws -> StabilityReport {
    var random = RandomSource(seed: 3)
    return try Stability.report(
      ofRecurrentWeight: weight, slopeBound: 1, slopeAtRest: 1, steps: steps, using: &random)
  }

  @Test func `of a layer is that of its weight and its trajectory`() throws {
    var random = RandomSource(seed: 3)
    let layer = RNN<Float>(inputSize: 2, hiddenSize: 6, using: &random)
    let sequence: Tensor<Float> = random.normal([9, 4, 2])
    let report = try Stability.report(of: layer, along: sequence, using: &random)
    #expect(report.spectrum.eigenvalues.count == 6)
    expectClose(
      [report.spectrum.spectralRadius, report.spectrum.largestSingularValue], [1, 1],
      Tolerance(Float.self, length: 6, scale: 1))
    #expect(report.backwardSignal.norms.count == 10)
    // An orthogonal weight and a tanh that saturates: the signal can only shrink.
    #expect(
      zip(report.backwardSignal.norms, report.backwardSignal.norms.dropFirst())
        .allSatisfy { $0 > $1 })
  }

  @Test func `of a layer with a NaN is an error`() {
    var random = RandomSource(seed: 3)
    var layer = RNN<Float>(inputSize: 2, hiddenSize: 3, using: &random)
    layer.cells[0][0].weights.recurrent[2, 0] = .nan
    #expect(throws: StabilityError.self) {
      try Stability.report(of: layer, along: .zeros([4, 2, 2]), using: &random)
    }
  }

  @Test func `needs a sample and finite states`() {
    var random = RandomSource(seed: 3)
    let layer = RNN<Float>(inputSize: 2, hiddenSize: 3, using: &random)
    var sick = Tensor<Float>.zeros([4, 2, 2])
    sick[1, 0, 0] = .nan
    for sequence in [Tensor<Float>.zeros([4, 0, 2]), sick] {
      #expect(throws: StabilityError.self) {
        try Stability.report(of: layer, along: sequence, using: &random)
      }
    }
  }

  @Test func `reports which of its arguments is wrong`() throws {
    var random = RandomSource(seed: 3)
    let network = RNN<Float>(inputSize: 2, hiddenSize: 3, layers: 2, using: &random)
    for samples in [0, -1] {
      #expect(throws: StabilityError.samplesNotPositive(samples)) {
        try Stability.report(
          of: network, along: .zeros([4, 2, 2]), samples: samples, using: &random)
      }
    }
    for layer in [-1, 2, .max] {
      #expect(throws: StabilityError.noSuchLayer(layer, count: 2)) {
        try Stability.report(of: network, along: .zeros([4, 2, 2]), layer: layer, using: &random)
      }
    }
    #expect(
      "\(StabilityError.noSuchLayer(2, count: 2))".contains("no layer 2: its layers are 0 to 1"))
    #expect(
      "\(StabilityError.noSuchLayer(5, count: 1))".contains("no layer 5: its only layer is 0"))
    #expect("\(StabilityError.samplesNotPositive(0))".contains("must be positive, got 0"))
    #expect(
      try Stability.report(
        of: network, along: .zeros([4, 2, 2]), layer: 1, samples: 1, using: &random
      )
      .backwardSignal.norms.count == 5)

    #expect(throws: StabilityError.negativeSteps(-1)) { try report(orthogonal(2), steps: -1) }
    #expect(throws: StabilityError.self) {
      try Stability.report(
        ofRecurrentWeight: orthogonal(2), slopeBound: 1, slopeAtRest: .nan, steps: 1,
        using: &random)
    }
  }

  @Test func `is readable as text`() throws {
    let text = try "\(report(orthogonal(8) * 0.5))"
    #expect(text.contains("must vanish"))
    #expect(text.contains("spectral radius ρ       0.5\n"))
    #expect(text.contains("× 0.5 per step on average"))
    #expect(text.contains("largest after 0 steps: 1\n"))
    #expect(text.contains("at rest, without input"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(text.contains("… 2 more"))
    #expect(text.contains("         5   0.03125"))
  }

  @Test func `shows few of many steps`() throws {
    let lines = try "\(report(orthogonal(2), steps: 1234))".split(separator: "\n")
    let steps = lines.drop { !$0.hasPrefix("steps back") }.dropFirst()
      .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    #expect(steps == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1234])
  }

  @Test func `is readable as JSON`() throws {
    let object = try #require(
      try JSONSerialization.jsonObject(
        with: JSONEncoder().encode(report(orthogonal(3) * 2))) as? [String: Any])
    #expect(object["verdict"] as? String == "may explode")
    #expect(object["size"] as? Int == 3)
    #expect((object["eigenvalues"] as? [[String: Double]])?.count == 3)
    let radius = try #require(object["spectral_radius"] as? Double)
    let sigma = try #require(object["largest_singular_value"] as? Double)
    expectClose([radius, sigma], [2, 2], Tolerance(Double.self, length: 3, scale: 2))
    let signal = try #require(object["backward_signal"] as? [[String: Double]])
    #expect(signal.count == 6)
    #expect(signal[5]["steps_back"] == 5)
    expectClose(
      [try #require(signal[5]["norm"])], [32], Tolerance(Double.self, length: 15, scale: 32))
  }

  @Test func `has null if JSON has no number`() throws {
    let dead = try report(delayLine(3, factor: 1))
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(dead)) as? [String: Any])
    let signal = try #require(object["backward_signal"] as? [[String: Any]])
    #expect(signal[3]["norm"] as? Double == 0)
    #expect(signal[3]["log_norm"] is NSNull)
    #expect((object["longest"] as? [String: Any])?["steps_back"] as? Int == 0)
    #expect(object["setting"] as? String == "at rest, without input, where the slope is 1.0")
  }
}
