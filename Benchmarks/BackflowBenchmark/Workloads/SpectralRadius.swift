internal import Backflow

/// Returns a workload for the largest modulus of the eigenvalues of a general matrix.
func spectralRadius(n: Int) -> Workload {
  let name = "spectral_radius/n\(n)"
  // The operation count of Golub and Van Loan for all eigenvalues. An algorithm that finds the
  // dominant ones alone needs fewer.
  let flops = 10 * Double(n) * Double(n) * Double(n)
  return Workload(name: name, pass: .forward, scalar: "float64", flops: flops) {
    var random = RandomSource(seed: 1)
    let matrix: Tensor<Double> = random.normal(
      [n, n], standardDeviation: 1 / Double(n).squareRoot())
    let (single, double) = (
      try Backflow.spectralRadius(of: Tensor<Float>(matrix)),
      try Backflow.spectralRadius(of: matrix)
    )
    try requireAgreement(name, "the spectral radius", Tensor([single]), Tensor([double]))
    return .init(
      run: { (try? Backflow.spectralRadius(of: matrix)) ?? .nan },
      tensors: { [("input", Tensor(matrix)), ("output", Tensor([single]))] })
  }
}
