import Backflow
import BackflowLessons
import Foundation
import TestSupport
import Testing

@Suite struct `A saturating unit` {
  let inputs = (-80...80).map { Double($0) / 10 }

  // σ′ = e⁻ᵃ/(1 + e⁻ᵃ)² and tanh′ = 1/cosh², both from the input.
  @Test(arguments: SaturatingUnit.allCases)
  func `has the local gradient of its function, which is largest at 0`(unit: SaturatingUnit) {
    let slopes = unit.slope(where: unit.output(at: Tensor(inputs))).elements
    let expected = inputs.map { a in
      switch unit {
      case .sigmoid: exp(-a) / ((1 + exp(-a)) * (1 + exp(-a)))
      case .tanh: 1 / (cosh(a) * cosh(a))
      }
    }
    expectClose(slopes, expected, Tolerance(Double.self, length: 2, scale: 1))
    #expect(slopes.allSatisfy { $0 <= unit.largestSlope })
    #expect(slopes[80] == unit.largestSlope)
  }

  @Test(arguments: SaturatingUnit.allCases)
  func `has the passes of the layers of the library`(unit: SaturatingUnit) {
    var random = RandomSource(seed: 2)
    let (x, w): (Tensor<Double>, Tensor<Double>) = (random.normal([5, 3]), random.normal([4, 3]))
    let zGradient: Tensor<Double> = random.normal([5, 4])
    let z = unit.forward(x, w)
    let (xGradient, wGradient) = unit.backward(zGradient, z, x, w)

    let layers = Sequential<Double> {
      Dense(weight: w)
      if unit == .sigmoid { Sigmoid() } else { Tanh() }
    }
    let (output, cache) = layers.forward(x)
    let (inputGradient, gradients) = layers.backward(zGradient, cache)
    let tolerance = Tolerance(Double.self, length: 8, scale: 4)
    expectClose(z.elements, output.elements, tolerance)
    expectClose(xGradient.elements, inputGradient.elements, tolerance)
    expectClose(wGradient.elements, gradients.namedParameters[0].value.elements, tolerance)
  }

  // The sum of a unit with weights of deviation s and an input of norm 1 is normal with deviation
  // s. It is between the limits where |a| < a₀, with a₀ = ln(0.985/0.015) for σ and half of it for
  // tanh.
  @Test(arguments: SaturatingUnit.allCases, [1.0, 10, 100])
  func `is nearly binary with large weights`(unit: SaturatingUnit, deviation: Double) {
    var random = RandomSource(seed: 3)
    let count = 20_000
    let w: Tensor<Double> = random.normal([count, 4], standardDeviation: deviation)
    let share = unit.binaryShare(
      of: unit.forward(Tensor(rows: [[0.5, 0.5, 0.5, 0.5]]), w).elements)
    let limit = log(0.985 / 0.015) / (unit == .sigmoid ? 1 : 2)
    let expected = 1 - erf(limit / (deviation * 2.0.squareRoot()))
    let standardError = (expected * (1 - expected) / Double(count)).squareRoot()
    expectClose([share], [expected], Tolerance(5 * standardError + 1e-4, scale: 1))
  }
}

@Suite struct `The speed of the layers under plain SGD` {
  private func speed(of unit: any Layer<Float>, rate: Double) throws -> LayerSpeed {
    var random = RandomSource(seed: 1)
    let network = Sequential<Float> {
      for layer in 0..<5 {
        Dense(inputSize: layer == 0 ? 64 : 16, outputSize: 16, using: &random)
        unit
      }
      Dense(inputSize: 16, outputSize: 10, using: &random)
    }
    return LayerSpeed(
      of: network, on: try Digits.load(), learningRate: rate, steps: 20, seed: 1)
  }

  @Test func `decreases by about ¼ with each layer of sigmoids, and not with tanh`() throws {
    let (sigmoid, tanh) = (
      try speed(of: Sigmoid<Float>(), rate: 0.1), try speed(of: Tanh<Float>(), rate: 0.1)
    )
    #expect(sigmoid.steps == [0, 10])
    // The lowest layer has another input and another shape.
    let speeds = sigmoid.relativeToHighest.dropFirst()
    for (lower, higher) in zip(speeds, speeds.dropFirst()) {
      #expect((0.1...0.4).contains(lower / higher))
    }
    #expect(sigmoid.relativeToHighest.count == 5 && sigmoid.relativeToHighest[4] == 1)
    #expect((tanh.relativeToHighest.min() ?? 0) > 0.3)
  }

  // Steps that do not change the weights visibly are proportional to the rate.
  @Test func `is proportional to a small learning rate`() throws {
    let (once, twice) = (
      try speed(of: Tanh<Float>(), rate: 1e-7), try speed(of: Tanh<Float>(), rate: 2e-7)
    )
    expectClose(
      twice.lengths.flatMap { $0 }.map { $0 * 1e6 },
      once.lengths.flatMap { $0 }.map { $0 * 2e6 }, Tolerance(1e-4, scale: 1))
  }
}
