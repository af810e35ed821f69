import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A profile of gradients` {
  @Test func `has the norms of a chain of scalars, which are products of its weights`() throws {
    // y = 3·σ(2x) at x = 0: ∂L/∂y = 4, ∂L/∂σ = 12, ∂L/∂a = 12/4 = 3.
    let network = Sequential {
      Dense<Double>(weight: Tensor([2], shape: [1, 1]), bias: .zeros([1]))
      Sigmoid<Double>()
      Dense<Double>(weight: Tensor([3], shape: [1, 1]), bias: nil)
    }
    let (_, cache) = network.forward(.zeros([1, 1]))
    let (_, gradients, trace) = network.tracedBackward(Tensor([4], shape: [1, 1]), cache)
    let profile = GradientProfile(trace, gradients: gradients)
    #expect(profile.layers.map(\.name) == ["0 Dense", "1 Sigmoid", "2 Dense"])
    #expect(profile.layers.map(\.output) == [3, 12, 4])
    // The weight below has the gradient 3·x = 0 and its bias 3; the one above has 4·σ(0) = 2.
    #expect(profile.layers.map(\.parameters) == [3, nil, 2])
    #expect(profile.saturations.map(\.name) == ["1 Sigmoid"])
    #expect(profile.saturations.map(\.low) == [0] && profile.saturations.map(\.high) == [0])
    #expect(profile.recurrences.isEmpty)
  }

  @Test func `counts the units that are saturated on either side`() {
    let network = Sequential { Tanh<Float>() }
    let input = Tensor<Float>([-9, -9, 0, 9], shape: [2, 2])
    let (output, cache) = network.forward(input)
    let (_, gradients, trace) = network.tracedBackward(output, cache)
    let shares = GradientProfile(trace, gradients: gradients).saturations
    #expect(shares.map(\.low) == [0.5] && shares.map(\.high) == [0.25])
  }

  @Test func `has no saturated share of outputs that are not finite`() {
    let network = Sequential { Tanh<Double>() }
    let (output, cache) = network.forward(Tensor([.nan, 9], shape: [1, 2]))
    let (_, gradients, trace) = network.tracedBackward(output, cache)
    let shares = GradientProfile(trace, gradients: gradients).saturations
    #expect(shares.count == 1 && shares[0].low.isNaN && shares[0].high.isNaN)
  }

  @Test func `of a linear recurrence falls by the gain of its weight at each step`() throws {
    // h_t = 0.5·h_{t−1} + x_t > 0, where ReLU has slope 1; the loss reads the last step.
    let cell = VanillaCell<Double>(
      GateWeights(
        input: Tensor([1], shape: [1, 1]), recurrent: Tensor([0.5], shape: [1, 1])),
      nonlinearity: .relu)
    let rnn = Recurrent(cells: [[cell]])
    let (_, cache) = rnn.forward(.ones([5, 1, 1]))
    var top = Tensor<Double>.zeros([5, 1, 1])
    top[4..<5] = .ones([1, 1, 1])
    let (_, gradients, trace) = rnn.tracedBackward(top, cache)
    let profile = GradientProfile(trace, gradients: gradients)
    #expect(profile.recurrences.map(\.name) == ["l0 VanillaCell"])
    #expect(profile.recurrences[0].states == [0.0625, 0.125, 0.25, 0.5, 1])
    #expect(profile.layers.map(\.output) == [1])
  }

  @Test func `agrees with the tensors of a stacked network, in both precisions`() throws {
    try agrees(Double.self)
    try agrees(Float.self)
  }

  private func agrees<Scalar: RealScalar>(_: Scalar.Type) throws {
    var random = RandomSource(seed: 3)
    let network = Sequential {
      LSTM<Scalar>(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random)
      LastStep<Scalar>()
    }
    let (output, cache) = network.forward(random.normal([4, 5, 2]))
    let top: Tensor<Scalar> = random.normal(output.shape)
    let (_, gradients, trace) = network.tracedBackward(top, cache)
    let profile = GradientProfile(trace, gradients: gradients)
    let suffixes = ["l0", "l0_reverse", "l1", "l1_reverse"]
    let names = suffixes.map { "0.\($0) LSTMCell" }
    #expect(profile.layers.map(\.name) == names + ["1 LastStep"])
    #expect(profile.recurrences.map(\.name) == names)
    let gates = profile.saturations.prefix(4).map(\.gate)
    #expect(gates == ["input", "forget", "candidate", "output"])

    func check(_ norms: [Double], _ tensors: [[Tensor<Scalar>]]) {
      let expected = tensors.map { sum in
        sum.flatMap(\.elements).reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      }
      expectClose(
        norms, expected, Tolerance(Scalar.self, length: 60, scale: expected.max() ?? 0))
    }
    let cells = try #require(trace.parts.first).cells
    for (index, cell) in cells.enumerated() {
      let backward = try #require(cell.backward)
      check(
        profile.recurrences[index].states,
        (0..<4).map { t in
          [
            backward.outputGradient[t..<t + 1] + backward.stateGradients[0][t + 1..<t + 2],
            backward.stateGradients[1][t + 1..<t + 2],
          ]
        })
      let own = gradients.namedParameters.filter { $0.name.hasSuffix("_" + suffixes[index]) }
      #expect(own.count == 4)
      check([try #require(profile.layers[index].parameters)], [own.map(\.value)])
      check([profile.layers[index].output], [[backward.outputGradient]])
    }
    check([profile.layers[4].output], [[top]])
  }

  @Test func `has each parameter of a composed model in one layer`() throws {
    var random = RandomSource(seed: 8)
    let network = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 4, using: &random)
      Residual(
        Sequential<Double> {
          LayerNorm(size: 4)
          MultiHeadAttention(size: 4, heads: 2, using: &random)
        })
      Frozen(Dense<Double>(inputSize: 4, outputSize: 4, using: &random))
      GRU(inputSize: 4, hiddenSize: 2, layers: 2, bidirectional: true, using: &random)
      // Its parameters begin like those of layer 1.
      for _ in 0..<8 { Dense(inputSize: 4, outputSize: 4, using: &random) }
    }
    let (output, cache) = network.forward(random.normal([5, 2, 3]))
    let (_, gradients, trace) = network.tracedBackward(random.normal(output.shape), cache)
    let profile = GradientProfile(trace, gradients: gradients)
    let all = gradients.namedParameters.flatMap(\.value.elements)
    let norm = all.reduce(0) { $0 + $1 * $1 }.squareRoot()
    expectClose(
      [profile.layers.compactMap(\.parameters).reduce(0, hypot)], [norm],
      Tolerance(1e-12 * norm, scale: norm))
    #expect(profile.layers.contains { $0.name == "1.body.0 LayerNorm" && $0.parameters != nil })
    #expect(profile.layers.filter { $0.parameters == nil }.map(\.name) == ["2 Frozen"])
  }

  @Test func `is coded as JSON, with values that are not finite`() throws {
    let network = Sequential { Dense<Double>(weight: .ones([1, 1]), bias: nil) }
    let (_, cache) = network.forward(.ones([1, 1]))
    let (_, gradients, trace) = network.tracedBackward(
      Tensor([.infinity], shape: [1, 1]), cache)
    let profile = GradientProfile(trace, gradients: gradients)
    #expect(profile.layers.map(\.output) == [.infinity])
    let data = try JSONEncoder().encode(profile)
    #expect(try JSONDecoder().decode(GradientProfile.self, from: data) == profile)
  }
}
