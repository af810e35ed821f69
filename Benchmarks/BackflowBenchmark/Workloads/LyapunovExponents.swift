internal import Backflow

/// Returns a workload for all Lyapunov exponents of an LSTM along a driven trajectory, with the
/// trajectory itself.
func lyapunovExponents(hidden: Int, time: Int) -> Workload {
  let name = "lyapunov/lstm/h\(hidden)/t\(time)"
  let size = 2 * Double(hidden)
  // For each step, the product of the Jacobian with the basis, and Householder's decomposition
  // with its orthogonal factor.
  let flops = Double(time) * (2 + 8.0 / 3) * size * size * size
  return Workload(name: name, pass: .forward, scalar: "float64", flops: flops) {
    var random = RandomSource(seed: 1)
    let network = LSTM<Double>(inputSize: 3, hiddenSize: hidden, using: &random)
    let input: Tensor<Double> = random.normal([time, 3])
    let basis: Tensor<Double> = random.normal([2 * hidden, 2 * hidden])
    let unused = random
    func spectrum() throws -> LyapunovSpectrum {
      var random = unused
      let recurrence = CellRecurrence(network.cells[0][0], reading: input)
      return try LyapunovSpectrum(
        along: try Trajectory(of: recurrence), basis: basis, using: &random)
    }
    // The exponents sum to the mean logarithm of the determinant.
    let found = try spectrum()
    let error = found.sumRuleError ?? .infinity
    guard error < 1e-6 * size else {
      throw WrongResult(workload: name, what: "the sum of the exponents", relativeError: error)
    }
    return .init(
      run: { (try? spectrum().exponents[0]) ?? .nan },
      tensors: {
        network.namedParameters.map { ("parameter." + $0.name, Tensor($0.value)) }
          + [("input", Tensor(input)), ("basis", Tensor(basis))]
          + [("output", Tensor(Tensor(found.exponents)))]
      })
  }
}
