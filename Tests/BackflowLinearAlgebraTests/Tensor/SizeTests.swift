import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

/// An invalid size, and the expected message.
private struct RefusedSize: Sendable {
  let message: String
  let make: @Sendable () -> Void

  init(_ message: String, _ make: @escaping @Sendable () -> Void) {
    (self.message, self.make) = (message, make)
  }
}

private let petabytes: Shape = [1 << 24, 1 << 24]

private let refused: [RefusedSize] = [
  .init(
    "a tensor of shape [2147483648, 2147483648] of Float has more bytes than `Int` can represent"
  ) {
    _ = Tensor<Float>.zeros([1 << 31, 1 << 31])
  },
  .init("a tensor of shape [1073741824, 1073741824] of Double has more bytes than `Int`") {
    _ = Tensor<Double>.ones([1 << 30, 1 << 30])
  },
  .init("a tensor of shape [2147483648, 536870912] of Double has more bytes than `Int`") {
    _ = Tensor<Double>(repeating: 1, shape: [1 << 31, 1 << 29])
  },
  .init("a tensor of shape [4294967295, 4294967295, 2] has more elements than can be counted") {
    _ = Tensor<Float>.zeros([4_294_967_295, 4_294_967_295, 2])
  },
  .init("a tensor of shape [16777216, 16777216] of Float needs 1125899906842624 bytes, which") {
    _ = Tensor<Float>.zeros(petabytes)
  },
  .init("a tensor of shape [16777216, 16777216] of Double needs 2251799813685248 bytes, which") {
    var random = RandomSource(seed: 1)
    _ = random.uniform(petabytes, as: Float.self)
  },
  .init("a tensor of shape [16777216, 16777216] of Float needs 1125899906842624 bytes, which") {
    _ = Tensor<Float>.zeros([1, 1 << 24]).broadcast(to: petabytes)
  },
  .init("a tensor of shape [16777216, 16777216] of Float needs 1125899906842624 bytes, which") {
    _ = Tensor<Float>.identity(1 << 24)
  },
  .init("an extent must not be negative: [-1]") { _ = Tensor<Float>.identity(-1) },
  .init("an extent must be below 2³²: [4294967296]") { _ = Tensor<Float>.zeros([1 << 32]) },
  .init("the length of a permutation must not be negative, got -1") {
    var random = RandomSource(seed: 1)
    _ = random.permutation(-1)
  },
  .init("the bound of a random integer must be positive, got -3") {
    var random = RandomSource(seed: 1)
    _ = random.integer(below: -3)
  },
  .init("a uniform distribution needs a nonempty range of finite length, got 1.0..<1.0") {
    var random = RandomSource(seed: 1)
    _ = random.uniform([2], in: 1..<1, as: Float.self)
  },
  .init("a uniform distribution needs a nonempty range of finite length, got -1e+308..<1e+308") {
    var random = RandomSource(seed: 1)
    _ = random.uniform([2], in: -1e308..<1e308, as: Double.self)
  },
  .init(
    "a normal distribution needs a finite mean and a finite, nonnegative standard deviation, got"
  ) {
    var random = RandomSource(seed: 1)
    _ = random.normal([2], standardDeviation: -1, as: Float.self)
  },
  .init("got 0.0 and nan") {
    var random = RandomSource(seed: 1)
    _ = random.normal([2], standardDeviation: .nan, as: Float.self)
  },
  .init("index -1 is outside axis 0 of shape [2, 3]") {
    _ = Tensor<Float>.zeros([2, 3]).selectRows([-1])
  },
]

@Suite struct `A size` {
  @Test(arguments: refused.indices)
  func `that is invalid stops with a sentence that includes it`(index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index] in refused[index].make()
    }
    let message = stopMessage(result)
    #expect(message.contains(refused[index].message), "\(message)")
  }

  @Test func `of zero is valid`() {
    var random = RandomSource(seed: 1)
    #expect(random.permutation(0) == [])
    #expect(random.permutation(1) == [0])
    #expect(Tensor<Float>.identity(0).shape == [0, 0])
    #expect(Tensor<Float>.zeros([1 << 31, 0]).isEmpty)
    let empty: Tensor<Float> = random.normal([0, 3], standardDeviation: 0)
    #expect(empty.isEmpty)
  }
}
