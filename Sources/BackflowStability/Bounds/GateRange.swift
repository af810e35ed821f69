internal import RealModule

/// The values that the input of a gate's nonlinearity, W u + U h + b, can take over a box |u| ≤
/// u_max, |h| ≤ 1, for each unit.
struct GateRange {
  let lower: [Double]
  let upper: [Double]

  init(center: [Double], radius: [Double]) {
    lower = zip(center, radius).map { $0 - $1 }
    upper = zip(center, radius).map { $0 + $1 }
  }

  var units: Range<Int> { 0..<lower.count }

  // MARK: - A sigmoid

  /// The largest value of the gate.
  func gate(_ j: Int) -> Double { sigmoid(upper[j]) }
  /// The smallest value of the gate.
  func smallestGate(_ j: Int) -> Double { sigmoid(lower[j]) }
  /// 1 − the largest value, without cancellation.
  func complement(_ j: Int) -> Double { sigmoid(-upper[j]) }
  /// The largest slope σ (1 − σ) of the gate: ¼ unless the range excludes 0.
  func gateSlope(_ j: Int) -> Double {
    let x = smallestMagnitude(j)
    return sigmoid(x) * sigmoid(-x)
  }

  // MARK: - A tanh

  /// The largest absolute value of the candidate.
  func candidate(_ j: Int) -> Double { .tanh(max(lower[j].magnitude, upper[j].magnitude)) }
  /// The largest slope 1 − tanh² of the candidate: 1 unless the range excludes 0.
  func candidateSlope(_ j: Int) -> Double {
    let value = Double.tanh(smallestMagnitude(j))
    return (1 - value) * (1 + value)
  }

  private func smallestMagnitude(_ j: Int) -> Double { max(lower[j], -upper[j], 0) }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + .exp(-x)) }
