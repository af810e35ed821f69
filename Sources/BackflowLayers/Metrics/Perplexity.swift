internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The perplexity of a language model over any number of batches: e to the mean cross-entropy of
/// its tokens in nats, which is the number of equally likely tokens with the same uncertainty.
///
///     exp(Σ −ln p(token) / tokens)
///
/// It is not the mean of the perplexities of batches. The losses are added one after the other in
/// double precision, with what the additions round away, and the result has the same bits for any
/// division into batches. Jelinek et al., 1977.
public struct Perplexity: Sendable, Equatable {
  private var sum = NeumaierSum()
  /// The number of tokens.
  public private(set) var count = 0

  /// The perplexity of no tokens yet.
  public init() {}

  /// Adds the tokens of a batch. O(count), with one exponential for each element
  ///
  /// - Parameters:
  ///   - logits: [..., C] for a vocabulary of C tokens; leading axes are the positions.
  ///   - labels: The tokens, one in 0 ..< C for each position, in row-major order.
  ///   - ignoredLabel: The label of padding, which does not count.
  /// - Precondition: There is one label for each position.
  public mutating func add<Scalar>(
    _ logits: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil
  ) {
    let each = softmaxCrossEntropy(
      logits, labels, ignoring: ignoredLabel, reduction: .perSample)
    sum.add(each.losses.span)  // The losses of ignored labels are 0.
    count += labels.count { $0 != ignoredLabel }
  }

  /// Adds the mean cross-entropy of `count` tokens, such as the loss of a training step.
  ///
  /// - Precondition: `count` is not negative. The mean of no tokens is not read.
  public mutating func add(meanLoss: Double, count tokens: Int) {
    require(tokens >= 0, "Perplexity: the number of tokens must not be negative, it is \(tokens)")
    if tokens == 0 { return }
    sum.add(meanLoss * Double(tokens))
    count += tokens
  }

  /// The mean cross-entropy in nats; NaN for no tokens.
  public var meanLoss: Double { sum.value / Double(count) }

  /// e to the mean; NaN for no tokens.
  public var value: Double { Double.exp(meanLoss) }
}
