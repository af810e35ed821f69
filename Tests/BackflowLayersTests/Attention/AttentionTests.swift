import Backflow
import TestSupport
import Testing

@Suite struct `Attention` {
  @Test func `returns the mean of the values if all keys are equal`() {
    let attention = ScaledDotProductAttention<Double>()
    let (y, cache) = attention.forward(
      query: Tensor(rows: [[1, 2]]), key: .ones([4, 2]),
      value: Tensor(rows: [[1], [2], [3], [6]]))
    #expect(y == Tensor(rows: [[3]]))
    #expect(cache.weights == Tensor(repeating: 0.25, shape: [1, 4]))
  }

  @Test func `returns the value of a key with a much larger score`() {
    let attention = ScaledDotProductAttention<Double>()
    let y = attention.forward(
      query: Tensor(rows: [[1000]]), key: Tensor(rows: [[0], [1], [-1]]),
      value: Tensor(rows: [[1], [2], [3]])
    ).output
    #expect(y == Tensor(rows: [[2]]))
  }

  @Test func `with a causal mask ignores later positions in both passes`() {
    var random = RandomSource(seed: 3)
    let attention = ScaledDotProductAttention<Double>(isCausal: true)
    let query: Tensor<Double> = random.normal([4, 3])
    var key: Tensor<Double> = random.normal([4, 3])
    let value: Tensor<Double> = random.normal([4, 2])
    let (y, cache) = attention.forward(query: query, key: key, value: value)
    expectClose(
      y.select(0).elements, value.select(0).elements,
      Tolerance(Double.self, length: 1, scale: 4))
    key[3, 0] += 100
    let changed = attention.forward(query: query, key: key, value: value).output
    #expect(changed[0..<3] == y[0..<3])

    var gradient = Tensor<Double>.zeros([4, 2])
    gradient[1, 0] = 1
    let back = attention.backward(gradient, cache)
    #expect(back.key[2..<4] == .zeros([2, 3]))
    #expect(back.value[2..<4] == .zeros([2, 2]))
    #expect(back.query[2..<4] == .zeros([2, 3]))
  }

  @Test func `stops with all three shapes if they do not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ScaledDotProductAttention<Float>().forward(
        query: .zeros([2, 3]), key: .zeros([4, 5]), value: .zeros([4, 6]))
    }
    for shape in ["[2, 3]", "[4, 5]", "[4, 6]"] { #expect(stopMessage(result).contains(shape)) }
  }
}

@Suite struct `Attention with several heads` {
  @Test func `is a separate attention for each part of the features`() {
    var random = RandomSource(seed: 8)
    let layer = MultiHeadAttention<Double>(size: 6, heads: 2, using: &random)
    let x: Tensor<Double> = random.normal([1, 5, 6])
    let projected = layer.inputProjection(x).select(0)
    var heads: [Tensor<Double>] = []
    for head in 0..<2 {
      func part(_ index: Int) -> Tensor<Double> {
        let start = index * 6 + head * 3
        return projected.slice(start..<start + 3, axis: 1)
      }
      heads.append(
        ScaledDotProductAttention().forward(query: part(0), key: part(1), value: part(2)).output)
    }
    let expected = layer.outputProjection(Tensor.concatenate(heads, axis: 1))
    expectClose(
      layer(x).elements, expected.elements, Tolerance(Double.self, length: 6, scale: 4))
  }

  @Test func `has PyTorch's names`() {
    var random = RandomSource(seed: 8)
    let layer = MultiHeadAttention<Float>(size: 4, heads: 2, using: &random)
    #expect(
      layer.namedParameters.map(\.name)
        == ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"])
    #expect(layer.namedParameters[0].value.shape == [12, 4])
  }

  @Test func `with a causal mask does not depend on later positions`() {
    var random = RandomSource(seed: 8)
    let layer = MultiHeadAttention<Double>(size: 4, heads: 2, isCausal: true, using: &random)
    let x: Tensor<Double> = random.normal([2, 6, 4])
    let prefix = layer(x.slice(0..<3, axis: 1))
    expectClose(
      layer(x).slice(0..<3, axis: 1).elements, prefix.elements,
      Tolerance(Double.self, length: 4, scale: 4))
  }

  @Test func `stops with both shapes if the input does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 8)
      _ = MultiHeadAttention<Float>(size: 4, heads: 2, using: &random)(.zeros([2, 5]))
    }
    #expect(stopMessage(result).contains("[2, 5]"))
    #expect(stopMessage(result).contains("[12, 4]"))
  }
}
