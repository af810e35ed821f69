internal import BackflowLinearAlgebra
internal import BackflowLayers
internal import RealModule

/// The share of a gradient that each path within a step of a gated cell passes back: elementwise
/// through the state (c̄ ⊙ f in an LSTM, h̄ ⊙ z in a GRU), and through each gate and its rows of
/// W_hh.
///
/// The figures are root mean squares over the steps of ‖part‖/‖δ_t‖. The parts are vectors that
/// may cancel, so that the figures do not add up to the whole.
public struct GradientPathBudget: Sendable, Equatable, Codable {
  /// ‖part‖/‖δ_t‖ of the part that is carried elementwise.
  public let carried: Double
  /// ‖part‖/‖δ_t‖ of the part through each gate, in the order of the gates.
  public let gates: [Double]
  /// The share of the squared gradient with respect to the values of each gate that reaches
  /// saturated units, which pass on less than `saturatedSlope` of what a gate can.
  public let saturated: [Double]
  /// ‖δ_{t−1}‖/‖δ_t‖ of the whole.
  public let total: Double
  /// The same figures at each step back, the last step first, at most 1,000 of them.
  public let byLag: [[Double]]

  /// The share of the largest slope of a nonlinearity below which a unit counts as saturated: 0.1,
  /// which is |tanh| > 0.949, or a sigmoid outside 0.0257 … 0.9743.
  public static var saturatedSlope: Double { 0.1 }

  private enum CodingKeys: String, CodingKey {
    case carried, gates, saturated, total
    case byLag = "by_lag"
  }

  /// Sums over steps.
  struct Sums {
    private var squares: [Double] = []
    /// ‖v̄_k‖² and its part at saturated units, relative to ‖δ‖², for each gate.
    private var reaching: [(all: Double, saturated: Double)] = []
    private var count = 0
    private var rows: [[Double]] = []

    /// Adds one step back from δ_t, [S].
    mutating func add(_ derivative: any StateDerivative, _ gradient: Tensor<Double>) {
      let norm = gradient.norm()
      guard norm > 0, let paths = derivative.paths(of: gradient) else { return }
      var whole = paths.carried
      for gate in paths.gates {
        whole.replaceSlice(0..<gate.count, with: whole[0..<gate.count] + gate)
      }
      let row = ([whole, paths.carried] + paths.gates).map { $0.norm() / norm }
      if squares.isEmpty { squares = row.map { _ in 0 } }
      for index in row.indices { squares[index] += row[index] * row[index] }
      if reaching.isEmpty { reaching = paths.gates.map { _ in (0, 0) } }
      for (gate, (value, slope)) in zip(paths.values, paths.relativeSlopes).enumerated() {
        for (v̄, s) in zip(value.elements, slope.elements) {
          let square = (v̄ / norm) * (v̄ / norm)
          reaching[gate].all += square
          if s < GradientPathBudget.saturatedSlope { reaching[gate].saturated += square }
        }
      }
      count += 1
      if rows.count < 1000 { rows.append(row) }
    }

    /// The root mean squares, or `nil` without steps.
    var mean: GradientPathBudget? {
      guard count > 0 else { return nil }
      let means = squares.map { ($0 / Double(count)).squareRoot() }
      return GradientPathBudget(
        carried: means[1], gates: Array(means[2...]),
        saturated: reaching.map { $0.all > 0 ? $0.saturated / $0.all : 0 }, total: means[0],
        byLag: rows)
    }
  }
}
