package import Backflow

/// A network for the value q(s, ·) of each action in a state, with two hidden layers of rectified
/// linear units.
///
///     q = W₃ relu(W₂ relu(W₁ s + b₁) + b₂) + b₃
///
/// Shapes: s [B, 4], the hidden layers [B, H], q [B, 2].
package struct QNetwork: Layer {
  /// The first layer, with W₁ [H, 4] and b₁.
  package var first: Dense<Float>
  /// The second layer, with W₂ [H, H] and b₂.
  package var second: Dense<Float>
  /// The third layer, with W₃ [2, H] and b₃.
  package var third: Dense<Float>
  private let relu = ReLU<Float>()

  /// Creates a network from its layers.
  package init(first: Dense<Float>, second: Dense<Float>, third: Dense<Float>) {
    (self.first, self.second, self.third) = (first, second, third)
  }

  /// Creates a network with random weights (He initialization) and zero biases.
  package init(
    stateSize: Int = 4, hiddenSize: Int, actionCount: Int = 2, using random: inout RandomSource
  ) {
    self.init(
      first: Dense(
        inputSize: stateSize, outputSize: hiddenSize, weights: .heUniform(), using: &random),
      second: Dense(
        inputSize: hiddenSize, outputSize: hiddenSize, weights: .heUniform(), using: &random),
      third: Dense(inputSize: hiddenSize, outputSize: actionCount, using: &random))
  }

  /// The caches of the layers in forward order.
  package struct Cache: Sendable {
    let first: Dense<Float>.Cache
    let firstUnits: ReLU<Float>.Cache
    let second: Dense<Float>.Cache
    let secondUnits: ReLU<Float>.Cache
    let third: Dense<Float>.Cache
  }

  /// Computes q, [B, 4] → [B, 2].
  package func forward(_ states: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    let (z1, firstCache) = first.forward(states)
    let (h1, firstUnitsCache) = relu.forward(z1)
    let (z2, secondCache) = second.forward(h1)
    let (h2, secondUnitsCache) = relu.forward(z2)
    let (q, thirdCache) = third.forward(h2)
    let cache = Cache(
      first: firstCache, firstUnits: firstUnitsCache,
      second: secondCache, secondUnits: secondUnitsCache, third: thirdCache)
    return (q, cache)
  }

  /// Computes the gradients with respect to s, [B, 2] → [B, 4], and to the parameters.
  package func backward(
    _ qGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: QNetwork) {
    let (h2Gradient, thirdGradients) = third.backward(qGradient, cache.third)
    let z2Gradient = relu.inputGradient(h2Gradient, cache.secondUnits)
    let (h1Gradient, secondGradients) = second.backward(z2Gradient, cache.second)
    let z1Gradient = relu.inputGradient(h1Gradient, cache.firstUnits)
    let (statesGradient, firstGradients) = first.backward(z1Gradient, cache.first)
    let gradients = QNetwork(
      first: firstGradients, second: secondGradients, third: thirdGradients)
    return (statesGradient, gradients)
  }

  /// Visits `first`, `second`, and `third`.
  package mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    first.visitParameters(under: "first", visit)
    second.visitParameters(under: "second", visit)
    third.visitParameters(under: "third", visit)
  }

  /// Visits the buffers of the three layers.
  package mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    first.visitBuffers(under: "first", visit)
    second.visitBuffers(under: "second", visit)
    third.visitBuffers(under: "third", visit)
  }

  /// Visits the counters of the three layers.
  package mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    first.visitCounters(under: "first", visit)
    second.visitCounters(under: "second", visit)
    third.visitCounters(under: "third", visit)
  }
}
