import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The profile of a signal through time` {
  private let hidden = 4

  /// h_t = W h_{t−1}: without input and bias, h stays 0, where the slope of tanh is exactly 1.
  private func linear(_ weight: Tensor<Double>) -> RNN<Double> {
    let bias = Tensor<Double>.zeros([weight.shape[0]])
    return RNN(cells: [
      [
        VanillaCell(
          GateWeights(
            input: .zeros([weight.shape[0], 1]), recurrent: weight, inputBias: bias,
            recurrentBias: bias))
      ]
    ])
  }

  private func orthogonal(_ gain: Double) -> Tensor<Double> {
    var random = RandomSource(seed: 3)
    return Initializer.orthogonal(gain: gain)([hidden, hidden], using: &random)
  }

  /// A gradient [T, 2, H] at the last step only, or at every step.
  private func top(steps: Int, everywhere: Bool = false) -> Tensor<Double> {
    let every = Tensor<Double>(samples(steps * 2 * hidden), shape: [steps, 2, hidden])
    if everywhere { return every }
    var last = Tensor<Double>.zeros(every.shape)
    last[steps - 1..<steps] = every[steps - 1..<steps]
    return last
  }

  private func signal(
    _ weight: Tensor<Double>, _ top: Tensor<Double>
  ) -> RecurrentSignal<Double> {
    recurrentSignal(linear(weight), .zeros([top.shape[0], 2, 1]), top)
  }

  @Test func `is the power of the weight's gain`() {
    let profile = TimeProfile(signal(orthogonal(0.65), top(steps: 20)))
    let tolerance = Tolerance(Double.self, length: 64, scale: 8)
    expectClose(profile.logNorms, (0...20).map { Double($0) * log(0.65) }, tolerance)
    expectClose([profile.logAttenuation], [20 * log(0.65)], tolerance)
    expectClose(
      [profile.firstFactor, profile.laterFactor, profile.weightFactor ?? .nan],
      [0.65, 0.65, 0.65], Tolerance(Double.self, length: 64, scale: 0.65))
    #expect(profile.steps == 20 && profile.samples == 2)
  }

  // W = [[a, b], [0, a]]: (Wᵏ)ᵀ e₁ = (aᵏ, k aᵏ⁻¹ b), which grows before it decays.
  @Test func `is the product with a weight that is not normal`() {
    let (a, b) = (0.5, 8.0)
    let weight = Tensor<Double>([a, b, 0, a]).reshaped(to: [2, 2])
    var top = Tensor<Double>.zeros([12, 2, 2])
    for sample in 0..<2 { top[11, sample, 0] = 3 }
    let profile = TimeProfile(signal(weight, top))
    let expected = (0...12).map { k in
      let k = Double(k)
      return log(hypot(pow(a, k), k * pow(a, k - 1) * b))
    }
    expectClose(profile.logNorms, expected, Tolerance(Double.self, length: 16, scale: 4))
    #expect(profile.highestLogAttenuation == profile.logNorms.max())
    expectClose([profile.firstFactor], [hypot(a, b)], Tolerance(Double.self, length: 4, scale: 8))
  }

  // At W = I, every step adds as much as the last one brings.
  @Test func `does not depend on the gradients of earlier steps`() {
    for gain in [0.5, 1, 1.3] {
      let last = TimeProfile(signal(orthogonal(gain), top(steps: 15)))
      let all = TimeProfile(signal(orthogonal(gain), top(steps: 15, everywhere: true)))
      #expect(last == all)
    }
  }

  // 2⁻⁹ = 1/512, 2⁻¹⁰ = 1/1024
  @Test func `has a horizon`() {
    let profile = TimeProfile(signal(orthogonal(0.5), top(steps: 15, everywhere: true)))
    #expect(profile.horizon(1e-3) == 9 && profile.horizon(1e-9) == nil)
    #expect(TimeProfile(signal(orthogonal(1), top(steps: 200))).horizon(1e-3) == nil)
  }

  // The last two steps of the first sample, and the last of the other one, have no loss.
  @Test func `starts where the last gradient of a sample enters`() {
    var top = top(steps: 8, everywhere: true)
    for j in 0..<hidden { (top[7, 0, j], top[6, 0, j], top[7, 1, j]) = (0, 0, 0) }
    let profile = TimeProfile(signal(orthogonal(0.5), top))
    expectClose(
      profile.logNorms, (0...7).map { Double($0) * log(0.5) },
      Tolerance(Double.self, length: 16, scale: 4))
  }

  @Test func `of a gradient that never gets through is −∞, and without one empty`() {
    let blocked = TimeProfile(signal(.zeros([hidden, hidden]), top(steps: 3)))
    #expect(blocked.logNorms == [0, -.infinity, -.infinity, -.infinity])
    #expect(blocked.horizon(1e-3) == 0 && blocked.laterFactor == 0 && blocked.firstFactor == 0)
    let silent = signal(orthogonal(1), .zeros([3, 2, hidden]))
    let nothing = TimeProfile(silent)
    #expect(nothing.logNorms.isEmpty && nothing.samples == 0 && nothing.horizon(1e-3) == nil)
    #expect(nothing.logAttenuation == 0 && BackwardGrowth(silent) == nil)
  }

  @Test func `is as exact for the largest and the smallest gradients`() {
    for size in [1e38, 1, Float.leastNonzeroMagnitude] {
      let top = Tensor<Float>(repeating: size, shape: [5, 1, hidden])
      let signal = recurrentSignal(RNN(linear(orthogonal(0.5))), .zeros([5, 1, 1]), top)
      expectClose(
        TimeProfile(signal).logNorms, (0...5).map { Double($0) * log(0.5) },
        Tolerance(Float.self, length: 5, scale: 4))
    }
  }

  @Test(arguments: [([0, 2, 1], 0), ([3, 0, 1], 3)])
  func `of no steps or no samples is empty`(extents: [Int], steps: Int) {
    var random = RandomSource(seed: 4)
    let input = Tensor<Double>.zeros(Shape(extents))
    let top = Tensor<Double>.zeros([extents[0], extents[1], hidden])
    let signals = [
      recurrentSignal(
        RNN<Double>(inputSize: 1, hiddenSize: hidden, using: &random), input, top),
      recurrentSignal(
        LSTM<Double>(inputSize: 1, hiddenSize: hidden, using: &random), input, top),
      recurrentSignal(
        GRU<Double>(inputSize: 1, hiddenSize: hidden, using: &random), input, top),
    ]
    for signal in signals {
      #expect(TimeProfile(signal).logNorms.isEmpty && BackwardGrowth(signal) == nil)
    }
  }
}

/// What flowed back through the first cell of a network at one step.
func recurrentSignal<Cell: RecurrentCell>(
  _ network: Recurrent<Cell>, _ input: Tensor<Cell.Scalar>, _ top: Tensor<Cell.Scalar>,
  finalStateGradient: [Cell.State]? = nil, lengths: [Int]? = nil
) -> RecurrentSignal<Cell.Scalar> {
  let (_, _, cache) = network.forward(input, initialState: nil, lengths: lengths)
  let traces = network.tracedBackward(
    top, finalStateGradient: finalStateGradient, cache
  ).traces
  var observation = StepObservation<Cell.Scalar>(step: 0)
  observation.recordRecurrent("net", network, cache, traces: traces)
  return observation.recurrences[0]
}
