import Backflow
import TestSupport
import Testing

@Suite("A sampler of tokens") struct TokenSamplerTests {
  private func counts(
    _ sampler: TokenSampler, _ logits: Tensor<Double>, draws: Int
  ) -> [Int] {
    var random = RandomSource(seed: 3)
    var counts = [Int](repeating: 0, count: logits.count)
    for _ in 0..<draws { counts[sampler.sample(logits, using: &random)] += 1 }
    return counts
  }

  @Test(arguments: [0.5, 1, 2])
  func `draws with the probabilities of the softmax`(temperature: Double) {
    let logits = Tensor<Double>([0, 1, 2, -1])
    let draws = 40_000
    let counts = counts(TokenSampler(temperature: temperature), logits, draws: draws)
    let p = Softmax<Double>()((logits / temperature).reshaped(to: [1, 4])).elements
    for (count, p) in zip(counts, p) {
      // Five standard deviations of a binomial distribution.
      let deviation = (Double(draws) * p * (1 - p)).squareRoot()
      #expect(abs(Double(count) - Double(draws) * p) < 5 * deviation)
    }
  }

  @Test func `takes the first of the most probable at temperature 0`() {
    #expect(counts(TokenSampler(temperature: 0), Tensor([1, 3, 3]), draws: 50) == [0, 50, 0])
  }

  @Test func `draws from the most probable ones only`() {
    let two = counts(TokenSampler(topK: 2), Tensor([0, 0, 5, 0]), draws: 3000)
    // Of equal ones, the first.
    #expect(two[1] == 0 && two[3] == 0 && two[0] > 0 && two[2] > two[0])
    #expect(counts(TokenSampler(topK: 1), Tensor([0, 2, 1]), draws: 50) == [0, 50, 0])
    #expect(counts(TokenSampler(topK: 9), Tensor([0, 0]), draws: 2000).allSatisfy { $0 > 800 })
  }

  @Test func `never draws NaN or what has no probability`() {
    let logits = Tensor<Double>([.nan, 0, -.infinity, 0])
    let drawn = counts(TokenSampler(), logits, draws: 1000)
    #expect(drawn[0] == 0 && drawn[2] == 0 && drawn[1] > 300 && drawn[3] > 300)
    #expect(counts(TokenSampler(), Tensor([0, .infinity]), draws: 20) == [0, 20])
    #expect(counts(TokenSampler(topK: 2), Tensor([.nan, 1, 1, 1]), draws: 500)[3] == 0)
  }

  @Test func `stops the program without a logit to draw, and for meaningless settings`() async {
    await #expect(processExitsWith: .failure) {
      var random = RandomSource(seed: 1)
      _ = TokenSampler().sample(Tensor<Double>([.nan]), using: &random)
    }
    await #expect(processExitsWith: .failure) { _ = TokenSampler(temperature: -1) }
    await #expect(processExitsWith: .failure) { _ = TokenSampler(topK: 0) }
  }
}
