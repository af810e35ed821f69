internal import Backflow

/// Returns a workload for the product of two square matrices.
func matmul(n: Int) -> Workload { matmul(n: n, name: "matmul/n\(n)", Float.self) }

/// Returns the same workload in double precision.
func doubleMatmul(n: Int) -> Workload { matmul(n: n, name: "matmul/n\(n)/f64", Double.self) }

private func matmul<Scalar: RealScalar>(
  n: Int, name: String, _ type: Scalar.Type
) -> Workload {
  let cube = Double(n) * Double(n) * Double(n)
  let scalar = Scalar.self == Float.self ? "float32" : "float64"
  return Workload(name: name, pass: .forward, scalar: scalar, flops: 2 * cube) {
    var random = RandomSource(seed: 1)
    let a: Tensor<Scalar> = random.normal([n, n])
    let b: Tensor<Scalar> = random.normal([n, n])
    // C x = A (B x) for a random x, at a fraction of the cost of a second product.
    let x: Tensor<Double> = random.normal([n])
    try requireAgreement(
      name, "the product", Tensor(matvec(Tensor<Double>(Backflow.matmul(a, b)), x)),
      matvec(Tensor<Double>(a), matvec(Tensor<Double>(b), x)))
    return .init(
      run: { Double(Backflow.matmul(a, b)[0, 0]) },
      tensors: {
        [("a", Tensor(a)), ("b", Tensor(b)), ("output", Tensor(Backflow.matmul(a, b)))]
      })
  }
}
