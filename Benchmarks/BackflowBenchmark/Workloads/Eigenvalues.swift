internal import Backflow
internal import BackflowKernels
internal import ComplexModule

/// Returns a workload for the eigenvalues of a general matrix, as in a stability analysis, by the
/// library or by a single call of LAPACK.
func eigenvalueProblem(n: Int, byGeev: Bool = false) -> Workload {
  let name = byGeev ? "eigenvalues-geev/n\(n)" : "eigenvalues/n\(n)"
  func values(_ matrix: Tensor<Double>) throws -> [Complex<Double>] {
    byGeev ? try LAPACK.geev(plainValuesOf: matrix.span, order: n) : try eigenvalues(of: matrix)
  }
  // The operation count of Golub and Van Loan for eigenvalues alone.
  let flops = 10 * Double(n) * Double(n) * Double(n)
  return Workload(name: name, pass: .forward, scalar: "float64", flops: flops) {
    var random = RandomSource(seed: 1)
    let matrix: Tensor<Double> = random.normal(
      [n, n], standardDeviation: 1 / Double(n).squareRoot())
    // The sum of the eigenvalues is the trace.
    let sum = try values(matrix).reduce(Complex<Double>.zero, +)
    let trace = (0..<n).reduce(0) { $0 + matrix[$1, $1] }
    let error = (sum - Complex(trace)).length / Double(n)
    guard error < 1e-10 else {
      throw WrongResult(workload: name, what: "the sum of the eigenvalues", relativeError: error)
    }
    return .init { (try? values(matrix).first?.real) ?? .nan }
  }
}
