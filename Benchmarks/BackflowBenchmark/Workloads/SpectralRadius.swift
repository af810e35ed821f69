internal import Backflow

/// Returns a workload for the largest modulus of the eigenvalues of a general matrix.
func spectralRadius(n: Int) -> Workload {
  let name = "spectral_radius/n\(n)"
  // No operations are counted, because an iteration needs as many as the matrix demands.
  return Workload(name: name, pass: .forward, scalar: "float64", flops: 0) {
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
