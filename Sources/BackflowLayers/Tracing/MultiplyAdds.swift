public import BackflowLinearAlgebra

// The numbers of multiply-adds in the products of a forward pass, for inputs that fit the layers.
// What a layer computes element by element is not counted.

extension Dense {
  /// rows · I · O
  public func multiplyAdds(for input: Shape) -> Int? {
    input.dropLast().reduce(1, *) * weight.count
  }
}

extension Conv2D {
  /// B · O · height · width of the output, each a sum over the window and the channels of a group
  public func multiplyAdds(for input: Shape) -> Int? {
    guard let output = try? outputShape(for: input) else { return nil }
    return output.elementCount * (weight.count / max(1, outputChannels))
  }
}

extension Recurrent {
  /// T · B · G·H · (I + H), summed over the cells
  public func multiplyAdds(for input: Shape) -> Int? {
    let weights = cells.joined().reduce(0) {
      $0 + $1.weights.input.count + $1.weights.recurrent.count
    }
    return input.dropLast().reduce(1, *) * weights
  }
}

extension MultiHeadAttention {
  /// B · T · (4 E² + 2 T·E): the projections, and the products of queries with keys and of weights
  /// with values
  public func multiplyAdds(for input: Shape) -> Int? {
    guard let time = input.dropLast().last else { return nil }
    let rows = input.dropLast().reduce(1, *)
    let projections = inputProjection.weight.count + outputProjection.weight.count
    return rows * (projections + 2 * time * outputProjection.weight.shape[0])
  }
}

extension LayerNorm {
  /// 0
  public func multiplyAdds(for input: Shape) -> Int? { 0 }
}

extension BatchNorm {
  /// 0
  public func multiplyAdds(for input: Shape) -> Int? { 0 }
}

extension StagedBatchNorm {
  /// 0
  public func multiplyAdds(for input: Shape) -> Int? { 0 }
}

extension Embedding {
  /// 0, because it copies rows
  public func multiplyAdds(for input: Shape) -> Int? { 0 }
}

extension Sequential {
  /// The sum over the layers, or `nil` if one of them does not say it
  public func multiplyAdds(for input: Shape) -> Int? {
    var (shape, sum) = (input, 0)
    for layer in layers {
      guard let count = layer.multiplyAdds(for: shape),
        let next = try? layer.outputShape(for: shape)
      else { return nil }
      (shape, sum) = (next, sum + count)
    }
    return sum
  }
}

extension Residual {
  /// Those of f
  public func multiplyAdds(for input: Shape) -> Int? { body.multiplyAdds(for: input) }
}

extension Frozen {
  /// Those of f
  public func multiplyAdds(for input: Shape) -> Int? { body.multiplyAdds(for: input) }
}

extension ParameterlessLayer {
  /// 0
  public func multiplyAdds(for input: Shape) -> Int? { 0 }
}
