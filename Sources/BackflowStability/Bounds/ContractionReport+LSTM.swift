public import BackflowKernels
public import BackflowLayers
internal import RealModule

extension ContractionReport {
  /// The conditions for a long short-term memory, whose gates are in the order i f g o.
  ///
  /// - Parameters:
  ///   - weights: The parameters of four gates.
  ///   - inputBound: u_max, the largest absolute value of an element of the input, or `nil` for the
  ///     cell without input. Then W_ih does not matter.
  ///   - factor: The factor of the recovery time, between 0 and 1.
  /// - Throws: `StabilityError` if a weight is not finite or an argument is out of range.
  /// - Precondition: The parameters have four gates.
  /// - Complexity: That of the singular values of four matrices [H, H].
  public static func lstm(
    _ weights: GateWeights<Double>, inputBound: Double? = nil, factor: Double = 1e-6
  ) throws(StabilityError) -> ContractionReport {
    let blocks = try GateBlocks(weights, gates: 4, of: "LSTM", inputBound: inputBound)
    try check(factor: factor)
    let bounds = try LSTMBounds(blocks)
    func condition(
      _ name: String, _ inequality: String, _ property: StabilityCondition.Property,
      parts: [String], _ matrix: (String?) -> ComparisonMatrix
    ) -> StabilityCondition {
      StabilityCondition(
        name, inequality, property, terms: weights.hiddenSize + weights.inputSize, factor: factor,
        parts: parts, matrix: matrix)
    }
    let parts = ["memory", "i", "f", "g", "o"]
    return ContractionReport(
      kind: "LSTM", inputBound: inputBound, largestValues: bounds.largestValues,
      conditions: [
        condition(
          "bounded response", "f̄ + ō ī ‖U_g‖_∞ < 1", .boundedResponse, parts: ["memory", "g"],
          bounds.response(without:)),
        condition(
          "bounded response, published form", "σ̄_f + σ̄_i ‖R_g‖_∞ < 1", .boundedResponse,
          parts: ["memory", "g"], bounds.publishedResponse(without:)),
        condition(
          "contraction (maximum norm)", "ρ(M) < 1", .contraction, parts: parts,
          bounds.rowwise(without:)),
        condition(
          "contraction (Euclidean norm)", "ρ(M₂) < 1", .contraction, parts: parts,
          bounds.euclidean(without:)),
      ],
      infinityNorm: bounds.rowwise(without: nil).infinityNorm,
      euclideanNorm: bounds.euclidean(without: nil).euclideanNorm)
  }
}

/// Bounds of the gates and of the blocks of the Jacobian of an LSTM, unit by unit, over the box
/// |u| ≤ u_max, |h| ≤ 1, |c| ≤ c̄, where c̄ = ī ḡ / (1 − f̄). A step does not leave the box,
/// because |c'| ≤ f̄ c̄ + ī ḡ = c̄ and |h'| < 1.
///
/// With the bars as the largest values over the box, and s_f, s_i, s_o, s_g the largest slopes of
/// the gates and of the candidate, the blocks of the Jacobian (see the cell's `stateJacobian`) obey
///
///     |∂c'/∂h| ≤ K = diag(c̄ s_f) |U_f| + diag(ḡ s_i) |U_i| + diag(ī s_g) |U_g|
///     |∂c'/∂c| ≤ diag(f̄)
///     |∂h'/∂h| ≤ diag(s_o tanh c̄) |U_o| + diag(ō) K
///     |∂h'/∂c| ≤ diag(ō f̄)
///
/// M has the norms of the right sides, and any mean of Jacobians over the box has blocks of at most
/// these norms. By the mean value theorem, M bounds a step of a difference of states.
private struct LSTMBounds {
  /// The ranges of the gates i f g o.
  let i, f, g, o: GateRange
  /// ‖U_k‖ row by row.
  let sums: [[Double]]
  /// σ_max(U_k).
  let singular: [Double]
  /// σ̄_f and σ̄_i of the published form, σ(‖(W, U, b)‖_∞).
  let published: (i: Double, f: Double)

  init(_ blocks: GateBlocks) throws(StabilityError) {
    (i, f) = (blocks.range(0), blocks.range(1))
    (g, o) = (blocks.range(2), blocks.range(3))
    let sums = (0..<4).map(blocks.recurrentSums)
    self.sums = sums
    var singular: [Double] = []
    for k in 0..<4 { singular.append(try blocks.largestSingularValue(k)) }
    self.singular = singular
    func largest(_ k: Int) -> Double {
      let total = zip(blocks.inputSums(k), zip(sums[k], blocks.bias(k))).map {
        $0 + $1.0 + $1.1.magnitude
      }
      return 1 / (1 + .exp(-(total.max() ?? 0)))
    }
    published = (i: largest(0), f: largest(1))
  }

  private var units: Range<Int> { i.units }

  private func largest(_ value: (Int) -> Double) -> Double { units.map(value).max() ?? 0 }

  /// c̄, infinite for a forget gate whose complement underflows.
  private func cell(_ j: Int) -> Double {
    let gain = i.gate(j) * g.candidate(j)
    return gain == 0 ? 0 : gain / f.complement(j)
  }

  var largestValues: [ContractionReport.LargestValue] {
    [
      .init("i", largest(i.gate)), .init("f", largest(f.gate)), .init("g", largest(g.candidate)),
      .init("o", largest(o.gate)), .init("c", largest(cell)),
    ]
  }

  // MARK: - Bounded response

  /// From tanh x ≤ x: |c'| ≤ f̄ |c| + ī ‖U_g‖ |h| + …, |h'| ≤ ō |c'|, whose ρ is f̄ + ō ī ‖U_g‖.
  func response(without part: String?) -> ComparisonMatrix {
    let memory = part == "memory" ? 0 : largest(f.gate)
    let candidate = part == "g" ? 0 : largest { i.gate($0) * sums[2][$0] }
    let output = largest(o.gate)
    return ComparisonMatrix(output * candidate, output * memory, candidate, memory)
  }

  /// The same with ō replaced by 1 and the gates at σ(‖(W, U, b)‖_∞), as published for |u| ≤ 1 in
  /// arXiv:2503.11553.
  func publishedResponse(without part: String?) -> ComparisonMatrix {
    let memory = part == "memory" ? 0 : published.f
    let candidate = part == "g" ? 0 : published.i * (sums[2].max() ?? 0)
    return ComparisonMatrix(candidate, memory, candidate, memory)
  }

  // MARK: - Contraction

  /// The factors of U_i, U_f, U_g and U_o in unit j, zero for a part that is left out.
  private func factors(_ j: Int, without part: String?) -> [Double] {
    let all = [
      ("i", g.candidate(j) * i.gateSlope(j)), ("f", f.gateSlope(j).times(cell(j))),
      ("g", i.gate(j) * g.candidateSlope(j)), ("o", .tanh(cell(j)) * o.gateSlope(j)),
    ]
    return all.map { $0.0 == part ? 0 : $0.1 }
  }

  private func forget(_ j: Int, without part: String?) -> Double {
    part == "memory" ? 0 : f.gate(j)
  }

  /// M in the maximum norm, with the largest sum of each row.
  func rowwise(without part: String?) -> ComparisonMatrix {
    var matrix = (a: 0.0, b: 0.0, k: 0.0, f: 0.0)
    for j in units {
      let factors = factors(j, without: part)
      let k = (0..<3).reduce(0) { $0 + sums[$1][j].times(factors[$1]) }
      let forget = forget(j, without: part)
      matrix.a = max(matrix.a, sums[3][j] * factors[3] + o.gate(j) * k)
      matrix.b = max(matrix.b, o.gate(j) * forget)
      matrix.k = max(matrix.k, k)
      matrix.f = max(matrix.f, forget)
    }
    return ComparisonMatrix(matrix.a, matrix.b, matrix.k, matrix.f)
  }

  /// M in the Euclidean norm, where ‖diag(v) U‖₂ ≤ max |v| · σ_max(U).
  func euclidean(without part: String?) -> ComparisonMatrix {
    let factors = (0..<4).map { gate in largest { self.factors($0, without: part)[gate] } }
    let k = (0..<3).reduce(0) { $0 + singular[$1].times(factors[$1]) }
    let forget = largest { self.forget($0, without: part) }
    let output = largest(o.gate)
    return ComparisonMatrix(
      singular[3] * factors[3] + output * k,
      largest { o.gate($0) * self.forget($0, without: part) },
      k, forget)
  }
}

extension Double {
  /// The product, with 0 · ∞ = 0: a weight of zero passes nothing of an unbounded factor.
  fileprivate func times(_ other: Double) -> Double { self == 0 || other == 0 ? 0 : self * other }
}
