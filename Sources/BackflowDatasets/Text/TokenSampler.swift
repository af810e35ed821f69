internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// Draws the next token of a text from the logits of a language model:
///
///     p = softmax(z/τ) over the k largest logits
///
/// A temperature τ below 1 makes probable tokens more probable, and at 0 the most probable one is
/// taken always (Ackley, Hinton and Sejnowski, Cognitive Science 9, 1985; top-k after Fan, Lewis
/// and Dauphin, ACL 2018).
public struct TokenSampler: Sendable, Equatable {
  /// τ
  public let temperature: Double
  /// k, or `nil` for all tokens.
  public let topK: Int?

  /// - Precondition: The temperature is finite and not negative, and k is positive.
  public init(temperature: Double = 1, topK: Int? = nil) {
    require(
      temperature >= 0 && temperature.isFinite && topK ?? 1 > 0,
      "TokenSampler: temperature \(temperature), top \(topK.map(String.init) ?? "all")")
    (self.temperature, self.topK) = (temperature, topK)
  }

  /// Draws a token. Of tokens with the same logit, those with smaller numbers come first. Logits
  /// that are NaN are never drawn.
  ///
  /// - Parameters:
  ///   - logits: z, [C].
  ///   - random: The source of the draw.
  /// - Precondition: One of the logits is not NaN.
  /// - Complexity: O(C), and O(C log C) with top-k
  public func sample<Scalar>(
    _ logits: Tensor<Scalar>, using random: inout RandomSource
  ) -> Int {
    let values = logits.elements.map { Double($0) }
    var tokens = values.indices.filter { !values[$0].isNaN }
    guard let largest = tokens.map({ values[$0] }).max(),
      let most = tokens.first(where: { values[$0] == largest })
    else { stop("TokenSampler: no logit of shape \(logits.shape) is a number") }
    if temperature == 0 || largest.isInfinite { return most }
    if let topK, topK < tokens.count {
      tokens.sort { (values[$0], $1) > (values[$1], $0) }
      tokens = Array(tokens[..<topK])
    }
    let weights = tokens.map { Double.exp((values[$0] - largest) / temperature) }
    var rest = random.uniform() * weights.reduce(0, +)
    for (token, weight) in zip(tokens, weights) {
      rest -= weight
      if rest < 0 { return token }
    }
    return most
  }
}
