import Backflow
import TestSupport
import Testing

private struct Case: CustomStringConvertible, Sendable {
  let name: String
  let mode: Mode
  let layer: @Sendable () -> any Layer<Double>

  var description: String { name }

  init<L: Layer<Double>>(
    _ name: String, _ mode: Mode = .training(seed: 1), _ layer: @escaping @Sendable () -> L
  ) {
    (self.name, self.mode, self.layer) = (name, mode, layer)
  }
}

private func conv(
  _ inputs: Int, _ outputs: Int, _ kernel: HeightWidth, stride: HeightWidth = 1,
  padding: HeightWidth = 0, dilation: HeightWidth = 1, groups: Int = 1
) -> Conv2D<Double> {
  var random = RandomSource(seed: 0)
  return Conv2D(
    inputChannels: inputs, outputChannels: outputs, kernelSize: kernel, stride: stride,
    padding: padding, dilation: dilation, groups: groups, using: &random)
}

private func dense(_ inputs: Int, _ outputs: Int) -> Dense<Double> {
  Dense(weight: .zeros([outputs, inputs]), bias: .zeros([outputs]))
}

private func attention(heads: Int, isCausal: Bool) -> MultiHeadAttention<Double> {
  MultiHeadAttention(
    inputProjection: dense(6, 18), outputProjection: dense(6, 6), heads: heads, isCausal: isCausal)
}

private let cases: [Case] = [
  Case("dense") { dense(4, 3) },
  Case("relu") { ReLU() },
  Case("leaky_relu") { LeakyReLU(slope: 0.2) },
  Case("elu") { ELU(alpha: 0.7) },
  Case("gelu_exact") { GELU() },
  Case("gelu_tanh") { GELU(.tanh) },
  Case("silu") { SiLU() },
  Case("softplus") { Softplus() },
  Case("sigmoid") { Sigmoid() },
  Case("tanh") { Tanh() },
  Case("softmax") { Softmax() },
  Case("log_softmax") { LogSoftmax() },
  Case("flatten") { Flatten() },
  Case("layer_norm") { LayerNorm(size: 5) },
  Case("batch_norm_columns") { BatchNorm(channels: 3) },
  Case("batch_norm_sequence") { BatchNorm(channels: 3) },
  Case("batch_norm_images") { BatchNorm(channels: 2) },
  Case("batch_norm_evaluation", .evaluation) { BatchNorm(channels: 2) },
  Case("conv_plain") { conv(2, 3, .init(height: 3, width: 2)) },
  Case("conv_stride_padding") { conv(2, 3, 3, stride: 2, padding: 1) },
  Case("conv_dilation") { conv(1, 2, 3, padding: .init(height: 1, width: 2), dilation: 2) },
  Case("conv_groups") { conv(4, 6, 2, groups: 2) },
  Case("conv_depthwise") {
    conv(3, 3, 3, stride: .init(height: 2, width: 1), padding: 1, groups: 3)
  },
  Case("max_pool") { MaxPool2D(kernelSize: 2) },
  Case("max_pool_overlapping") { MaxPool2D(kernelSize: 3, stride: 2, padding: 1) },
  Case("max_pool_dilation") {
    MaxPool2D(kernelSize: .init(height: 2, width: 3), stride: 1, padding: 1, dilation: 2)
  },
  Case("avg_pool") { AvgPool2D(kernelSize: 2) },
  Case("avg_pool_padding") { AvgPool2D(kernelSize: 3, stride: 2, padding: 1) },
  Case("avg_pool_padding_not_counted") {
    AvgPool2D(kernelSize: 3, stride: 2, padding: 1, countsPadding: false)
  },
  Case("multi_head_attention") { attention(heads: 2, isCausal: false) },
  Case("multi_head_attention_causal") { attention(heads: 3, isCausal: true) },
  Case("residual") { Residual(dense(4, 4)) },
  Case("sequential") {
    Sequential<Double> {
      conv(1, 2, 3)
      BatchNorm(channels: 2)
      ReLU()
      MaxPool2D(kernelSize: 2)
      Flatten()
      dense(8, 3)
    }
  },
]

@Suite struct `A feed-forward layer agrees with PyTorch` {
  @Test func `in all cases`() throws {
    let others = ["embedding", "attention", "attention_causal"]
    #expect(try FixtureFolder.cases(of: "feedforward") == Set(cases.map(\.name) + others))
  }

  @Test(arguments: cases)
  fileprivate func `in values, gradients and running statistics`(_ row: Case) throws {
    try compare(row.layer(), row.mode, FixtureFolder("feedforward/\(row.name)"))
  }

  private func compare<L: Layer<Double>>(_ start: L, _ mode: Mode, _ fixture: FixtureFolder) throws
  {
    var layer = start
    #expect(try Set(layer.namedParameters.map(\.name)) == fixture.names("parameter."))
    var tensors: [String: Tensor<Double>] = [:]
    for name in try fixture.names("parameter.") {
      tensors[name] = try fixture.tensor("parameter.\(name)")
    }
    for name in try fixture.names("buffer.") {
      tensors[name] = try fixture.tensor("buffer.\(name)")
    }
    func load(_ name: String, _ target: inout Tensor<Double>) {
      #expect(tensors[name]?.shape == target.shape, "\(name)")
      target = tensors[name] ?? target
    }
    layer.visitParameters(load)
    layer.visitBuffers(load)

    let (output, cache) = layer.forward(try fixture.tensor("input"), mode)
    try fixture.expectNear(output, is: "output")
    let (inputGradient, gradients) = layer.backward(try fixture.tensor("output_gradient"), cache)
    try fixture.expectNear(inputGradient, is: "input_gradient")
    for (name, gradient) in gradients.namedParameters {
      try fixture.expectNear(gradient, is: "gradient.\(name)")
    }

    layer.updateBuffers(from: cache)
    var buffers: [(String, Tensor<Double>)] = []
    layer.visitBuffers { name, buffer in buffers.append((name, buffer)) }
    #expect(try Set(buffers.map { $0.0 }) == fixture.names("updated."))
    for (name, buffer) in buffers { try fixture.expectNear(buffer, is: "updated.\(name)") }
  }

  @Test func `in the lookup of an embedding`() throws {
    let fixture = FixtureFolder("feedforward/embedding")
    let layer = Embedding(weight: try fixture.tensor("parameter.weight"))
    let indices = try fixture.tensor("indices")
    let (output, cache) = layer.forward(indices.elements.map { Int($0) }, shape: indices.shape)
    try fixture.expectNear(output, is: "output")
    let (_, gradients) = layer.backward(try fixture.tensor("output_gradient"), cache)
    try fixture.expectNear(gradients.weight, is: "gradient.weight")
  }

  @Test(arguments: ["attention", "attention_causal"])
  func `attending without projections`(name: String) throws {
    let fixture = FixtureFolder("feedforward/\(name)")
    let attention = ScaledDotProductAttention<Double>(isCausal: name.hasSuffix("causal"))
    let (output, cache) = attention.forward(
      query: try fixture.tensor("query"), key: try fixture.tensor("key"),
      value: try fixture.tensor("value"))
    try fixture.expectNear(output, is: "output")
    let (query, key, value) = attention.backward(try fixture.tensor("output_gradient"), cache)
    try fixture.expectNear(query, is: "query_gradient")
    try fixture.expectNear(key, is: "key_gradient")
    try fixture.expectNear(value, is: "value_gradient")
  }
}

extension FixtureFolder {
  // The gradient with respect to a bias before a batch normalization is 0 up to rounding.
  fileprivate func expectNear(_ actual: Tensor<Double>, is name: String) throws {
    try expect(actual, is: name, scaleAtLeast: 1e-4)
  }
}
