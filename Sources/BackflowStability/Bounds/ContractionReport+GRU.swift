public import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// Where the reset gate of a gated recurrent unit acts.
public enum ResetGatePlacement: String, Sendable, Codable, CaseIterable {
  /// n = tanh(W_n u + b_in + r ⊙ (U_n h + b_hn)), as in cuDNN and PyTorch.
  case afterProduct = "after_product"
  /// n = tanh(W_n u + b_in + b_hn + U_n (r ⊙ h)), as originally published.
  case beforeProduct = "before_product"
}

extension ContractionReport {
  /// The conditions for a gated recurrent unit, whose gates are in the order r z n.
  ///
  /// - Parameters:
  ///   - weights: The parameters of three gates.
  ///   - reset: Where the reset gate acts.
  ///   - inputBound: u_max, the largest absolute value of an element of the input, or `nil` for the
  ///     cell without input. Then W_ih does not matter.
  ///   - factor: The factor of the recovery time, between 0 and 1.
  /// - Throws: `StabilityError` if a weight is not finite or an argument is out of range.
  /// - Precondition: The parameters have three gates.
  /// - Complexity: That of the singular values of three matrices [H, H].
  public static func gru(
    _ weights: GateWeights<Double>, reset: ResetGatePlacement = .afterProduct,
    inputBound: Double? = nil, factor: Double = 1e-6
  ) throws(StabilityError) -> ContractionReport {
    let blocks = try GateBlocks(weights, gates: 3, of: "GRU", inputBound: inputBound)
    try check(factor: factor)
    let bounds = try GRUBounds(blocks, reset)
    func condition(
      _ name: String, _ inequality: String, _ property: StabilityCondition.Property,
      parts: [String], _ leftSide: (String?) -> Double
    ) -> StabilityCondition {
      StabilityCondition(
        name, inequality, property, terms: weights.hiddenSize + weights.inputSize, factor: factor,
        parts: parts, matrix: { ComparisonMatrix(leftSide($0)) })
    }
    let parts = ["memory", "r", "z", "n"]
    let conditions = [
      condition(
        "bounded response", "z̄ + (1 − z̄) r̄ ‖U_n‖_∞ < 1", .boundedResponse,
        parts: ["memory", "n"], bounds.response(without:)),
      condition(
        "contraction (maximum norm)", "z̄ + (1 − z̄) K + (1 + n̄) s_z ‖U_z‖_∞ < 1", .contraction,
        parts: parts, bounds.rowwise(without:)),
      condition(
        "contraction (Euclidean norm)", "z̄ + (1 − z̲) K₂ + (1 + n̄) s_z σ_max(U_z) < 1", .contraction,
        parts: parts, bounds.euclidean(without:)),
    ]
    return ContractionReport(
      kind: "GRU, reset gate \(reset == .afterProduct ? "after" : "before") the product",
      inputBound: inputBound, largestValues: bounds.largestValues, conditions: conditions,
      infinityNorm: conditions[1].leftSide, euclideanNorm: conditions[2].leftSide)
  }
}

/// Bounds of the gates and of the Jacobian of a GRU, unit by unit, over the box |u| ≤ u_max, |h| ≤
/// 1. A step does not leave the box, because h' lies between h and n, and |n| < 1.
///
/// With the bars as the largest values over the box, z̲ the smallest, and s_r, s_z, s_n the largest
/// slopes of the gates and of the candidate, the Jacobian (see `stateJacobian` of the cells) obeys
///
///     |J| ≤ diag(z) + diag(1 − z) N + diag((1 + n̄) s_z) |U_z|
///     N = diag(s_n r̄) |U_n| + diag(s_n q̄ s_r) |U_r|         reset gate after the product
///     N = diag(s_n) |U_n| (diag(r̄) + diag(s_r) |U_r|)         reset gate before the product
///
/// where q̄ is the largest |U_n h + b_hn|. With K, the norm of a row of N, the row of J has at most
/// the norm z + (1 − z) K + …, which is largest at an end of the range of z. The condition with the
/// maximum norm implies K < 1.
private struct GRUBounds {
  let reset: ResetGatePlacement
  /// The ranges of r, z, and of the input of the tanh of n.
  let r, z, n: GateRange
  /// q̄, the largest |U_n h + b_hn| of each unit.
  let product: [Double]
  /// ‖U_k‖ row by row.
  let sums: [[Double]]
  /// σ_max(U_k).
  let singular: [Double]
  /// |U_n|, row by row.
  let candidateRows: [[Double]]

  init(_ blocks: GateBlocks, _ reset: ResetGatePlacement) throws(StabilityError) {
    let (r, size) = (blocks.range(0), blocks.weights.hiddenSize)
    sums = (0..<3).map(blocks.recurrentSums)
    var singular: [Double] = []
    for k in 0..<3 { singular.append(try blocks.largestSingularValue(k)) }
    let candidate = blocks.weights.recurrent(gate: 2).magnitude.elements
    candidateRows = (0..<size).map { Array(candidate[$0 * size..<($0 + 1) * size]) }
    product = zip(sums[2], blocks.bias(2, of: blocks.weights.recurrentBias)).map {
      $0 + $1.magnitude
    }
    let input = blocks.inputSums(2)
    switch reset {
    case .afterProduct:
      n = GateRange(
        center: blocks.bias(2, of: blocks.weights.inputBias),
        radius: (0..<size).map { [product] j in input[j] + r.gate(j) * product[j] })
    case .beforeProduct:
      n = GateRange(
        center: blocks.bias(2),
        radius: (0..<size).map { [candidateRows] j in
          input[j] + (0..<size).reduce(0) { $0 + candidateRows[j][$1] * r.gate($1) }
        })
    }
    (self.reset, self.singular, self.r, z) = (reset, singular, r, blocks.range(1))
  }

  private var units: Range<Int> { r.units }

  private func largest(_ value: (Int) -> Double) -> Double { units.map(value).max() ?? 0 }

  var largestValues: [ContractionReport.LargestValue] {
    [
      .init("r", largest(r.gate)), .init("z", largest(z.gate)), .init("n", largest(n.candidate)),
    ]
  }

  // MARK: - Bounded response

  /// From tanh x ≤ x: |h'| ≤ z |h| + (1 − z) (r̄ ‖U_n‖ |h| + …).
  func response(without part: String?) -> Double {
    largest { j in
      let candidate =
        switch reset {
        case _ where part == "n": 0.0
        case .afterProduct: r.gate(j) * sums[2][j]
        case .beforeProduct: resetSum(j) { r.gate($0) }
        }
      return mixture(j, candidate, memory: part != "memory")
    }
  }

  /// The largest z + (1 − z) K over the range of z, without z itself if there is no memory.
  private func mixture(_ j: Int, _ K: Double, memory: Bool) -> Double {
    let (smallest, complement) = (z.smallestGate(j), z.complement(j))
    let ends = [(z.gate(j), complement), (smallest, 1 - smallest)]
    return ends.map { z, rest in (memory ? z : 0) + rest * K }.max() ?? 0
  }

  /// Σ_k |U_n|_jk · factor(k)
  private func resetSum(_ j: Int, _ factor: (Int) -> Double) -> Double {
    units.reduce(0) { $0 + candidateRows[j][$1] * factor($1) }
  }

  // MARK: - Contraction

  /// K, the norm of row j of N.
  private func candidateGain(_ j: Int, without part: String?) -> Double {
    let (byReset, byState) = (part == "r" ? 0.0 : 1, part == "n" ? 0.0 : 1)
    return switch reset {
    case .afterProduct:
      n.candidateSlope(j)
        * (byState * r.gate(j) * sums[2][j] + byReset * product[j] * r.gateSlope(j) * sums[0][j])
    case .beforeProduct:
      n.candidateSlope(j)
        * resetSum(j) { byState * r.gate($0) + byReset * r.gateSlope($0) * sums[0][$0] }
    }
  }

  /// The factor (1 + n̄) s_z of U_z.
  private func updateFactor(_ j: Int, without part: String?) -> Double {
    part == "z" ? 0 : (1 + n.candidate(j)) * z.gateSlope(j)
  }

  /// The largest sum of a row of the bound of |J|.
  func rowwise(without part: String?) -> Double {
    largest { j in
      mixture(j, candidateGain(j, without: part), memory: part != "memory")
        + updateFactor(j, without: part) * sums[1][j]
    }
  }

  /// ‖J‖₂ ≤ z̄ + (1 − z̲) ‖N‖₂ + (1 + n̄) s_z σ_max(U_z), term by term.
  func euclidean(without part: String?) -> Double {
    let (byReset, byState) = (part == "r" ? 0.0 : 1, part == "n" ? 0.0 : 1)
    let rest = { (j: Int) in (1 - z.smallestGate(j)) * n.candidateSlope(j) }
    let candidate =
      switch reset {
      case .afterProduct:
        byState * largest { rest($0) * r.gate($0) } * singular[2]
          + byReset * largest { rest($0) * product[$0] * r.gateSlope($0) } * singular[0]
      case .beforeProduct:
        largest(rest) * singular[2]
          * (byState * largest(r.gate) + byReset * largest(r.gateSlope) * singular[0])
      }
    return (part == "memory" ? 0 : largest(z.gate)) + candidate
      + largest { updateFactor($0, without: part) } * singular[1]
  }
}
