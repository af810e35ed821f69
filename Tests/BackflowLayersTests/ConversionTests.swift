import Backflow
import TestSupport
import Testing

@Suite struct `Conversion between precisions` {
  @Test func `to double and back leaves every bit of a layer unchanged`() {
    var random = RandomSource(seed: 2)
    for bias in [true, false] {
      check(
        Dense<Float>(inputSize: 3, outputSize: 2, bias: bias, using: &random), &random,
        { Dense<Double>($0) }, { Dense($0) })
      check(
        LayerNorm<Float>(size: 3, isAffine: bias, epsilon: 1e-3), &random,
        { LayerNorm<Double>($0) }, { LayerNorm($0) })
      check(
        LayerNorm<Float>(size: 3, bias: bias), &random, { LayerNorm<Double>($0) },
        { LayerNorm($0) })
      check(
        BatchNorm<Float>(channels: 3, isAffine: bias), &random, { BatchNorm<Double>($0) },
        { BatchNorm($0) })
      check(
        Conv2D<Float>(
          inputChannels: 2, outputChannels: 4, kernelSize: 3, bias: bias, using: &random),
        &random, { Conv2D<Double>($0) }, { Conv2D($0) })
      check(
        MultiHeadAttention<Float>(size: 4, heads: 2, bias: bias, using: &random), &random,
        { MultiHeadAttention<Double>($0) }, { MultiHeadAttention($0) })
    }
    check(
      Embedding<Float>(count: 5, size: 3, using: &random), &random, { Embedding<Double>($0) },
      { Embedding($0) })
  }

  @Test func `to double and back leaves every bit of a recurrent network unchanged`() {
    var random = RandomSource(seed: 2)
    for bias in [true, false] {
      check(
        RNN<Float>(
          inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, bias: bias, using: &random),
        &random, { RNN<Double>($0) }, { RNN($0) })
      check(
        LSTM<Float>(
          inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, bias: bias, using: &random),
        &random, { LSTM<Double>($0) }, { LSTM($0) })
      check(
        GRU<Float>(inputSize: 2, hiddenSize: 3, bias: bias, using: &random), &random,
        { GRU<Double>($0) }, { GRU($0) })
      check(
        OriginalGRU<Float>(inputSize: 2, hiddenSize: 3, bias: bias, using: &random), &random,
        { OriginalGRU<Double>($0) }, { OriginalGRU($0) })
      check(
        LeakyRNN<Float>(inputSize: 2, hiddenSize: 3, leak: 0.25, bias: bias, using: &random),
        &random, { LeakyRNN<Double>($0) }, { LeakyRNN($0) })
    }
  }

  @Test func `keeps the settings`() {
    var random = RandomSource(seed: 2)
    let norm = BatchNorm<Double>(
      BatchNorm<Float>(
        runningMean: .zeros([1]), runningVariance: .ones([1]), trackedBatchCount: 41,
        momentum: 0.3, epsilon: 1e-4))
    #expect(norm.momentum == 0.3 && norm.epsilon == 1e-4 && norm.trackedBatchCount == 41)
    let layerNorm = LayerNorm<Double>(LayerNorm<Float>(size: 5, isAffine: false, epsilon: 1e-4))
    #expect(layerNorm.epsilon == 1e-4 && layerNorm.size == 5)
    let convolution = Conv2D<Double>(
      Conv2D<Float>(
        weight: .ones([4, 1, 2, 2]), stride: 2, padding: .init(height: 1, width: 0), dilation: 3,
        groups: 2))
    #expect(convolution.stride == 2 && convolution.padding == .init(height: 1, width: 0))
    #expect(convolution.dilation == 3 && convolution.groups == 2)
    let attention = MultiHeadAttention<Double>(
      MultiHeadAttention<Float>(size: 6, heads: 3, isCausal: true, using: &random))
    #expect(attention.heads == 3 && attention.isCausal)
    let network = RNN<Double>(
      RNN<Float>(
        inputSize: 2, hiddenSize: 3, nonlinearity: .sigmoid, layers: 2, dropout: 0.25,
        using: &random))
    #expect(network.dropout == 0.25)
    #expect(network.cells.joined().allSatisfy { $0.nonlinearity == .sigmoid })
  }

  @Test func `of a model with containers copies parameters, buffers and counters`() {
    var random = RandomSource(seed: 2)
    let trained: Sequential<Float> = filled(model(&random), &random)
    var double: Sequential<Double> = model(&random)
    double.copyParameters(from: trained)
    let (expected, found) = (state(trained), state(double))
    #expect(found.names == expected.names)
    #expect(found.values == expected.values && found.counters == [1, 2])
    var back: Sequential<Float> = model(&random)
    back.copyParameters(from: double)
    #expect(bits(back) == bits(trained))
  }

  @Test func `stops for models that do not correspond`() async {
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = Dense<Double>(weight: .zeros([2, 3]))
      model.copyParameters(from: Dense<Float>(weight: .zeros([2, 4])))
    }
    #expect(stopMessage(shape).contains("weight has shape [2, 3], its counterpart [2, 4]"))
    let missing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = Dense<Double>(weight: .zeros([2, 3]), bias: .zeros([2]))
      model.copyParameters(from: Dense<Float>(weight: .zeros([2, 3])))
    }
    #expect(stopMessage(missing).contains("Dense<Float> has no parameter bias"))
    let unused = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = Dense<Double>(weight: .zeros([2, 3]))
      model.copyParameters(from: Dense<Float>(weight: .zeros([2, 3]), bias: .zeros([2])))
    }
    #expect(stopMessage(unused).contains("Dense<Double> has no parameter bias"))
    let buffers = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = LayerNorm<Double>(size: 2)
      model.copyParameters(from: BatchNorm<Float>(channels: 2))
    }
    #expect(
      stopMessage(buffers).contains(
        "LayerNorm<Double> has no buffer running_mean, running_var"))
    let twice = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = Twice(part: Dense(weight: .zeros([2, 3])))
      model.copyParameters(from: model)
    }
    #expect(stopMessage(twice).contains("Twice has two parameters with the name weight"))
  }
}

/// A model that visits the same names twice.
private struct Twice: Parameterized {
  var part: Dense<Float>

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    visit("weight", &part.weight)
    visit("weight", &part.weight)
  }
}

private func model<S: RealScalar>(_ random: inout RandomSource) -> Sequential<S> {
  Sequential {
    Residual(BatchNorm(channels: 3))
    GRU(inputSize: 3, hiddenSize: 2, bias: false, using: &random)
    Sequential { BatchNorm(channels: 2, isAffine: false) }
    Dense(inputSize: 2, outputSize: 2, using: &random)
  }
}

/// Returns `model` with random parameters and buffers and with the counters 1, 2, ...
private func filled<Model: Parameterized>(
  _ model: Model, _ random: inout RandomSource
) -> Model {
  var model = model
  model.visitParameters { $1 = random.normal($1.shape) }
  model.visitBuffers { $1 = random.uniform($1.shape) }
  var count = 0
  model.visitCounters {
    count += 1
    $1 = count
  }
  return model
}

private func state<Model: Parameterized>(
  _ model: Model
) -> (names: [String], values: [[Double]], counters: [Int]) {
  var (copy, names, values, counters) = (model, [String](), [[Double]](), [Int]())
  func add(_ name: String, _ tensor: inout Tensor<Model.Scalar>) {
    names.append(name)
    values.append(Tensor<Double>(tensor).elements)
  }
  copy.visitParameters(add)
  copy.visitBuffers(add)
  copy.visitCounters { name, count in
    names.append(name)
    counters.append(count)
  }
  return (names, values, counters)
}

private func bits(_ model: some Parameterized<Float>) -> [[UInt32]] {
  var (copy, bits) = (model, [[UInt32]]())
  copy.visitParameters { bits.append($1.elements.map(\.bitPattern)) }
  copy.visitBuffers { bits.append($1.elements.map(\.bitPattern)) }
  copy.visitCounters { bits.append([UInt32($1)]) }
  return bits
}

private func check<Single: Parameterized<Float>, Wide: Parameterized<Double>>(
  _ layer: Single, _ random: inout RandomSource, _ widen: (Single) -> Wide,
  _ narrow: (Wide) -> Single, sourceLocation: SourceLocation = #_sourceLocation
) {
  var layer = filled(layer, &random)
  layer.visitParameters { name, parameter in
    if name.hasPrefix("weight") {
      // Numbers for which a detour could matter.
      var elements = parameter.elements
      elements[0] = -0.0
      elements[1] = .leastNonzeroMagnitude
      elements[2] = .greatestFiniteMagnitude
      parameter = Tensor(elements, shape: parameter.shape)
    }
  }
  let wide = widen(layer)
  let (expected, found) = (state(layer), state(wide))
  #expect(found.names == expected.names, sourceLocation: sourceLocation)
  #expect(
    found.values == expected.values && found.counters == expected.counters,
    sourceLocation: sourceLocation)
  #expect(bits(narrow(wide)) == bits(layer), sourceLocation: sourceLocation)
}
