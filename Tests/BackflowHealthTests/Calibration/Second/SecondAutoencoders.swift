import Backflow

/// An autoencoder whose output is the reconstruction with the code beside it, so that a loss may
/// act on both. In a variational one, the code holds means and logarithms of variances, and the
/// decoder reads a draw (Kingma and Welling 2014).
struct CodedAutoencoder: Layer {
  typealias Scalar = Float
  var encoder: Sequential<Float>
  var decoder: Sequential<Float>
  var isVariational = false

  struct Cache: Sendable {
    let encoder: Sequential<Float>.Cache
    let decoder: Sequential<Float>.Cache
    let code: Tensor<Float>
    let noise: Tensor<Float>?
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    forward(input, .evaluation)
  }

  func forward(_ input: Tensor<Float>, _ mode: Mode) -> (output: Tensor<Float>, cache: Cache) {
    let (code, encoderCache) = encoder.forward(input, mode.part(0))
    var drawn = code
    var noise: Tensor<Float>?
    if isVariational {
      let size = code.shape[1] / 2
      drawn = code.slice(0..<size, axis: 1)
      if case .training(let seed) = mode.part(1) {
        var random = RandomSource(seed: seed)
        let draw: Tensor<Float> = random.normal(drawn.shape)
        drawn = drawn + exp(code.slice(size..<2 * size, axis: 1) / 2) * draw
        noise = draw
      }
    }
    let (output, decoderCache) = decoder.forward(drawn, mode.part(2))
    return (
      .concatenate([output, code], axis: 1),
      Cache(encoder: encoderCache, decoder: decoderCache, code: code, noise: noise)
    )
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: CodedAutoencoder) {
    var tracer = BackwardTracer<Float>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache, _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: CodedAutoencoder) {
    let (width, codeWidth) = (outputGradient.shape[1], cache.code.shape[1])
    let (drawn, decoderGradients) = tracer.backward(
      decoder, "decoder", outputGradient.slice(0..<width - codeWidth, axis: 1), cache.decoder)
    var code = outputGradient.slice(width - codeWidth..<width, axis: 1)
    if isVariational {
      let size = codeWidth / 2
      var spread = Tensor<Float>.zeros(drawn.shape)
      if let noise = cache.noise {
        spread = drawn * noise * exp(cache.code.slice(size..<codeWidth, axis: 1) / 2) / 2
      }
      code = code + .concatenate([drawn, spread], axis: 1)
    } else {
      code = code + drawn
    }
    let (inputGradient, encoderGradients) = tracer.backward(
      encoder, "encoder", code, cache.encoder)
    return (
      inputGradient,
      CodedAutoencoder(
        encoder: encoderGradients, decoder: decoderGradients, isVariational: isVariational)
    )
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    encoder.visitParameters(under: "encoder", visit)
    decoder.visitParameters(under: "decoder", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    encoder.visitBuffers(under: "encoder", visit)
    decoder.visitBuffers(under: "decoder", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    encoder.visitCounters(under: "encoder", visit)
    decoder.visitCounters(under: "decoder", visit)
  }

  var signalKind: SignalKind? { .other }
}

/// An autoencoder with one weight W for both directions: y = tanh(x Wᵀ + b) W + c.
struct TiedAutoencoder: Layer {
  typealias Scalar = Float
  var weight: Tensor<Float>
  var bias: Tensor<Float>
  var outputBias: Tensor<Float>

  struct Cache: Sendable {
    let input: Tensor<Float>
    let hidden: Tensor<Float>
  }

  init(inputSize: Int, hiddenSize: Int, using random: inout RandomSource) {
    self.init(
      Initializer.glorotUniform()([hiddenSize, inputSize], using: &random),
      .zeros([hiddenSize]), .zeros([inputSize]))
  }

  private init(_ weight: Tensor<Float>, _ bias: Tensor<Float>, _ outputBias: Tensor<Float>) {
    (self.weight, self.bias, self.outputBias) = (weight, bias, outputBias)
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    var before = matmul(input, weight.transposed)
    before.addToRows(bias)
    let hidden = tanh(before)
    var output = matmul(hidden, weight)
    output.addToRows(outputBias)
    return (output, Cache(input: input, hidden: hidden))
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: TiedAutoencoder) {
    let hidden = matmul(outputGradient, weight.transposed) * (1 - cache.hidden.squared())
    let weightGradient =
      matmul(cache.hidden.transposed, outputGradient) + matmul(hidden.transposed, cache.input)
    return (
      matmul(hidden, weight),
      TiedAutoencoder(weightGradient, hidden.sum(axis: 0), outputGradient.sum(axis: 0))
    )
  }

  func activations(in cache: Cache) -> [Activation<Float>] {
    [Activation(.tanh, output: cache.hidden)]
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    visit("weight", &weight)
    visit("bias", &bias)
    visit("output_bias", &outputBias)
  }
}
