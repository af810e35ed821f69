public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// What the weights of a recurrent cell prove about its stability for every input within a bound.
///
/// The conditions are sufficient only, and trained networks usually do not satisfy them; then
/// nothing follows. For an LSTM and a GRU they bound the Jacobians over the box |h| ≤ 1, |c| ≤ c̄,
/// and hold while the states are in it. No step leaves the box, and the zero state is in it, but a
/// state that is set from outside may not be. For a vanilla and a leaky cell there is no box: the
/// slope of the nonlinearity is bounded for all states.
public struct ContractionReport: Sendable, Equatable, Codable {
  /// The kind of the cell, such as "LSTM".
  public let kind: String
  /// u_max, the largest absolute value of an element of the input, or `nil` for a cell without
  /// input, which keeps its biases. For the vanilla and the leaky cell it does not matter.
  public let inputBound: Double?
  /// The largest values of the gates over the box, over all units, by PyTorch's letters, and c̄ of
  /// an LSTM as `c`.
  public let largestValues: [LargestValue]
  /// The conditions.
  public let conditions: [StabilityCondition]
  /// A bound of ‖J‖_∞ of the whole state map over the box: no step can multiply the largest
  /// element of a difference of states by more.
  @ExtendedReal public private(set) var infinityNormBound: Double
  /// A bound of ‖J‖₂ of the whole state map over the box: no step can lengthen a difference of
  /// states, nor a step back a gradient, by a larger factor.
  @ExtendedReal public private(set) var euclideanNormBound: Double

  /// The largest value of a gate.
  public struct LargestValue: Sendable, Equatable, Codable {
    /// The letter of the gate.
    public let name: String
    /// The largest absolute value that the gate can have.
    @ExtendedReal public private(set) var value: Double

    init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  private enum CodingKeys: String, CodingKey {
    case kind, conditions
    case inputBound = "input_bound"
    case largestValues = "largest_values"
    case infinityNormBound = "infinity_norm_bound"
    case euclideanNormBound = "euclidean_norm_bound"
  }

  init(
    kind: String, inputBound: Double?, largestValues: [LargestValue] = [],
    conditions: [StabilityCondition], infinityNorm: Double, euclideanNorm: Double
  ) {
    (self.kind, self.inputBound) = (kind, inputBound)
    (self.largestValues, self.conditions) = (largestValues, conditions)
    infinityNormBound = infinityNorm
    euclideanNormBound = euclideanNorm
  }

  /// A Boolean value that indicates whether a condition proves that every gradient vanishes along
  /// trajectories inside the box: one norm contracts at every step.
  public var mustVanish: Bool { conditions.contains { $0.property == .contraction && $0.holds } }

  /// The shortest proven recovery time after a disturbance: the number of steps after which two
  /// trajectories under the same input differ by at most the factor of the conditions times their
  /// difference at the start. It is a bound only for two trajectories inside the box, hence not for
  /// a disturbance that takes the state out of it. `nil` if no condition of contraction holds.
  public var recoverySteps: Int? {
    conditions.filter { $0.property == .contraction }.compactMap(\.recoverySteps).min()
  }
}

extension ContractionReport: CustomStringConvertible {
  /// The conditions with their figures.
  public var description: String {
    let input = inputBound.map { "inputs of at most \(figure($0)) in absolute value" } ?? "no input"
    let values = largestValues.map { "\($0.name) \(figure($0.value))" }.joined(separator: ", ")
    let head = [
      "\(kind), \(input)", values.isEmpty ? nil : "largest values: \(values)",
      "largest possible norm of a step: \(figure(infinityNormBound)) (maximum norm),"
        + " \(figure(euclideanNormBound)) (Euclidean norm)",
      mustVanish ? "every gradient must vanish" : "whether gradients vanish is not decided by this",
    ].compactMap(\.self)
    return (head + conditions.map(\.description)).joined(separator: "\n")
  }
}

// MARK: - Cells with one nonlinearity

extension ContractionReport {
  /// The conditions for a vanilla cell, h_t = φ(W h_{t−1} + …): γ ‖W‖ < 1, in the Euclidean norm
  /// (Pascanu et al., ICML 2013) and in the maximum norm.
  ///
  /// - Parameters:
  ///   - recurrentWeight: W, [H, H].
  ///   - slopeBound: γ, the largest slope of φ, which is nowhere negative.
  ///   - factor: The factor of the recovery time, between 0 and 1.
  /// - Throws: `StabilityError` if the matrix is not square or not finite, or `slopeBound` or
  ///   `factor` is out of range.
  public static func vanilla(
    recurrentWeight: Tensor<Double>, slopeBound: Double, factor: Double = 1e-6
  ) throws(StabilityError) -> ContractionReport {
    try oneNonlinearity("vanilla cell", recurrentWeight, slopeBound, leak: 1, factor)
  }

  /// The conditions for a leaky cell, h_t = (1 − a) h_{t−1} + a φ(W h_{t−1} + …):
  /// |1 − a| + a γ ‖W‖ < 1, in the Euclidean norm and in the maximum norm.
  ///
  /// - Parameters:
  ///   - recurrentWeight: W, [H, H].
  ///   - slopeBound: γ, the largest slope of φ, which is nowhere negative.
  ///   - leak: a, a positive number; Δt/τ for a network in continuous time.
  ///   - factor: The factor of the recovery time, between 0 and 1.
  /// - Throws: `StabilityError` if the matrix is not square or not finite, or another argument is
  ///   out of range.
  public static func leaky(
    recurrentWeight: Tensor<Double>, slopeBound: Double, leak: Double, factor: Double = 1e-6
  ) throws(StabilityError) -> ContractionReport {
    try oneNonlinearity("leaky cell", recurrentWeight, slopeBound, leak: leak, factor)
  }

  private static func oneNonlinearity(
    _ kind: String, _ weight: Tensor<Double>, _ slopeBound: Double, leak: Double, _ factor: Double
  ) throws(StabilityError) -> ContractionReport {
    guard weight.rank == 2, weight.shape[0] == weight.shape[1], !weight.isEmpty else {
      throw .notSquare(weight.shape)
    }
    guard weight.isFinite else { throw .notFinite("W_hh of the \(kind)") }
    guard slopeBound > 0, slopeBound.isFinite else { throw .slopeBoundNotPositive(slopeBound) }
    guard leak > 0, leak.isFinite else { throw .leakNotPositive(leak) }
    try check(factor: factor)
    let norms = try (
      euclidean: spectralNorm(of: weight), infinity: weight.magnitude.sum(axis: 1).max()
    )
    let isLeaky = leak != 1
    func condition(_ norm: String, _ symbol: String, _ value: Double) -> StabilityCondition {
      StabilityCondition(
        "contraction (\(norm) norm)",
        isLeaky ? "|1 − a| + a γ \(symbol) < 1" : "γ \(symbol) < 1", .contraction,
        terms: weight.shape[0], factor: factor, parts: isLeaky ? ["memory", "h"] : ["h"]
      ) { part in
        ComparisonMatrix(
          (part == "memory" ? 0 : (1 - leak).magnitude)
            + (part == "h" ? 0 : leak * slopeBound * value))
      }
    }
    let conditions = [
      condition("Euclidean", "σ_max(W)", norms.euclidean),
      condition("maximum", "‖W‖_∞", norms.infinity),
    ]
    return ContractionReport(
      kind: kind, inputBound: nil, conditions: conditions,
      infinityNorm: conditions[1].leftSide, euclideanNorm: conditions[0].leftSide)
  }

  static func check(factor: Double) throws(StabilityError) {
    guard factor > 0, factor < 1 else { throw .factorOutOfRange(factor) }
  }
}
