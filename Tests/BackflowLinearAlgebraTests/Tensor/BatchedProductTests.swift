import Backflow
import TestSupport
import Testing

@Suite struct `A batched product` {
  @Test(arguments: [false, true], [false, true])
  func `is the product of each pair of matrices`(left: Bool, right: Bool) {
    var random = RandomSource(seed: 1)
    let a: Tensor<Double> = random.normal(left ? [2, 3, 5, 4] : [2, 3, 4, 5])
    let b: Tensor<Double> = random.normal(right ? [2, 3, 6, 5] : [2, 3, 5, 6])
    let product = batchedMatmul(a, b, transposeLeft: left, transposeRight: right, scale: 0.5)
    #expect(product.shape == [2, 3, 4, 6])
    for i in 0..<2 {
      for j in 0..<3 {
        let (one, other) = (a.select(i).select(j), b.select(i).select(j))
        let expected =
          matmul(left ? one.transpose() : one, right ? other.transpose() : other) * 0.5
        expectClose(
          product.select(i).select(j).elements, expected.elements,
          Tolerance(Double.self, length: 5, scale: 4))
      }
    }
  }

  @Test func `may be of no matrices, and of none but zeros`() {
    #expect(
      batchedMatmul(Tensor<Float>.zeros([0, 2, 3]), Tensor.zeros([0, 3, 4])).shape == [0, 2, 4])
    #expect(
      batchedMatmul(Tensor<Float>.zeros([2, 2, 0]), Tensor.zeros([2, 0, 1])) == .zeros([2, 2, 1]))
  }

  @Test func `stops at shapes that do not fit together and names both`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = batchedMatmul(
        Tensor<Float>.zeros([2, 3, 4]), Tensor<Float>.zeros([2, 3, 4]))
    }
    #expect(stopMessage(result).contains("shapes [2, 3, 4] and [2, 3, 4] do not fit together"))
    let batch = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = batchedMatmul(
        Tensor<Float>.zeros([2, 3, 4]), Tensor<Float>.zeros([3, 3, 4]), transposeRight: true)
    }
    #expect(stopMessage(batch).contains("[2, 3, 4] and [3, 3, 4]ᵀ"))
  }
}
