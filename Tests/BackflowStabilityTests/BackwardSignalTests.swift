import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The backward signal` {
  private func signal(
    _ weight: Tensor<Double>, slope: Double = 1, steps: Int
  ) -> BackwardSignal {
    var random = RandomSource(seed: 2)
    return BackwardSignal(
      throughRecurrentWeight: weight, slope: slope, steps: steps, using: &random)
  }

  @Test(arguments: [0.5, 1, 1.3])
  func `of a scaled orthogonal recurrence is a power of the scale`(scale: Double) {
    let signal = signal(orthogonal(8) * scale, steps: 30)
    let expected = (0...30).map { Double($0) * Foundation.log(scale) }
    expectClose(signal.logNorms, expected, Tolerance(Double.self, length: 30 * 8, scale: 10))
    expectClose([signal.factorPerStep], [scale], Tolerance(Double.self, length: 240, scale: 1))
  }

  @Test func `depends on the slope of the nonlinearity`() {
    let signal = signal(orthogonal(5), slope: 0.25, steps: 3)
    expectClose(
      signal.norms, [1, 0.25, 0.0625, 0.015625], Tolerance(Double.self, length: 40, scale: 1))
  }

  @Test func `ends after the length of a delay line, although it grows before`() {
    let signal = signal(delayLine(20, factor: 1.1), steps: 25)
    #expect(signal.logNorms[..<20].allSatisfy { $0.isFinite })
    #expect(signal.logNorms[20...].allSatisfy { $0 == -.infinity })
    #expect(signal.norms[25] == 0)
    #expect(signal.factorPerStep == 0)
  }

  // J = [[½, 100], [0, ½]]: ρ = ½, but a gradient grows before it vanishes.
  @Test func `has a peak although the recurrence is stable`() {
    let signal = signal(Tensor(rows: [[0.5, 100], [0, 0.5]]), steps: 30)
    #expect((1...2).contains(signal.peak.step))
    #expect(signal.peak.logNorm > Foundation.log(10))
    #expect(signal.peak.logNorm == signal.logNorms.max())
    #expect(signal.norms[30] < 1e-3)
  }

  @Test func `neither overflows nor underflows`() {
    for exponent in [-40.0, 40] {
      let signal = signal(orthogonal(4) * Foundation.pow(10, exponent), steps: 100)
      expectClose(
        [signal.logNorms[100]], [100 * exponent * Foundation.log(10.0)],
        Tolerance(Double.self, length: 400, scale: 1e4))
    }
  }

  @Test func `along a trajectory has the norm given by the backward pass of the layer`() {
    var random = RandomSource(seed: 4)
    let (time, hidden) = (6, 7)
    let layer = RNN<Double>(inputSize: 3, hiddenSize: hidden, using: &random)
    let x: Tensor<Double> = random.normal([time, 2, 3])
    let h0: Tensor<Double> = random.normal([2, hidden])
    let cache = layer.forward(x, initialState: [h0]).cache

    var forSignal = RandomSource(seed: 99)
    var forGradient = forSignal
    let signal = BackwardSignal(
      through: layer.cells[0][0], cache.cells[0][0], steps: time, samples: 1..<2, using: &forSignal)

    // The same direction as a gradient with respect to sample 1 of the last output only.
    let direction: Tensor<Double> = forGradient.normal([hidden])
    var outputGradient = Tensor<Double>.zeros([time, 2, hidden])
    for unit in 0..<hidden {
      outputGradient[time - 1, 1, unit] = direction[unit] / direction.norm()
    }
    let stateGradient = layer.backward(
      outputGradient, finalStateGradient: nil, cache
    ).initialStateGradient[0]
    #expect(stateGradient.select(0).maxMagnitude() == 0)
    expectClose(
      [signal.norms[time]], [stateGradient.norm()],
      Tolerance(Double.self, length: time * hidden, scale: 1))
  }

  @Test func `has one entry and the factor 1 without steps`() {
    let signal = signal(orthogonal(3), steps: 0)
    #expect(signal.norms == [1])
    #expect(signal.factorPerStep == 1)
  }
}
