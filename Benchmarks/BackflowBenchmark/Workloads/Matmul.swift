internal import Backflow

/// Returns a workload for the product of two square matrices.
func matmul(n: Int) -> Workload {
  let name = "matmul/n\(n)"
  let cube = Double(n) * Double(n) * Double(n)
  return Workload(name: name, pass: .forward, scalar: "float32", flops: 2 * cube) {
    var random = RandomSource(seed: 1)
    let a: Tensor<Float> = random.normal([n, n])
    let b: Tensor<Float> = random.normal([n, n])
    // C x = A (B x) for a random x, at a fraction of the cost of a second product.
    let x: Tensor<Double> = random.normal([n])
    try requireAgreement(
      name, "the product", Tensor(matvec(Tensor<Double>(Backflow.matmul(a, b)), x)),
      matvec(Tensor<Double>(a), matvec(Tensor<Double>(b), x)))
    return .init { Double(Backflow.matmul(a, b)[0, 0]) }
  }
}
