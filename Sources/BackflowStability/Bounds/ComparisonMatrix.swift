public import BackflowLinearAlgebra
internal import RealModule

/// Bounds of the norms of the blocks of a Jacobian: a nonnegative matrix M of one or two rows such
/// that |s_t| ≤ M |s_{t−1}| for the norms |s| = (‖h‖, ‖c‖) of the parts of a state or of a
/// difference of states.
///
/// If ρ(M) < 1, one norm with weights, max(‖h‖ / w_h, ‖c‖ / w_c), contracts for all such steps.
public struct ComparisonMatrix: Sendable, Equatable, Codable {
  /// The bound from h to h.
  @ExtendedReal public private(set) var hiddenFromHidden: Double
  /// The bound from c to h, which is zero for a cell without c.
  @ExtendedReal public private(set) var hiddenFromCell: Double
  /// The bound from h to c, which is zero for a cell without c.
  @ExtendedReal public private(set) var cellFromHidden: Double
  /// The bound from c to c, which is zero for a cell without c.
  @ExtendedReal public private(set) var cellFromCell: Double

  private enum CodingKeys: String, CodingKey {
    case hiddenFromHidden = "hidden_from_hidden"
    case hiddenFromCell = "hidden_from_cell"
    case cellFromHidden = "cell_from_hidden"
    case cellFromCell = "cell_from_cell"
  }

  /// [[hh, hc], [ch, cc]]
  init(_ hh: Double, _ hc: Double = 0, _ ch: Double = 0, _ cc: Double = 0) {
    hiddenFromHidden = hh
    hiddenFromCell = hc
    cellFromHidden = ch
    cellFromCell = cc
  }

  private var elements: [Double] {
    [hiddenFromHidden, hiddenFromCell, cellFromHidden, cellFromCell]
  }

  /// ρ(M), infinite if an element is.
  public var spectralRadius: Double {
    guard elements.allSatisfy(\.isFinite) else { return .infinity }
    let (a, d) = (hiddenFromHidden, cellFromCell)
    let root = Double.hypot(a - d, 2 * (hiddenFromCell * cellFromHidden).squareRoot())
    return (a + d + root) / 2
  }

  /// ‖M‖_∞, which bounds the norm of a step in max(‖h‖, ‖c‖).
  public var infinityNorm: Double {
    max(hiddenFromHidden + hiddenFromCell, cellFromHidden + cellFromCell)
  }

  /// ‖M‖₂, which bounds the norm of a step in (‖h‖² + ‖c‖²)^½.
  public var euclideanNorm: Double {
    guard elements.allSatisfy(\.isFinite) else { return .infinity }
    let (a, b, c, d) = (hiddenFromHidden, hiddenFromCell, cellFromHidden, cellFromCell)
    return (Double.hypot(a + d, b - c) + Double.hypot(a - d, b + c)) / 2
  }

  /// w_c / w_h of a norm that contracts, and its rate: M w ≤ rate · w. The weights are the
  /// eigenvector of ρ(M) if both parts drive each other, so that the rate is ρ(M).
  ///
  /// - Precondition: ρ(M) < 1.
  public var contraction: (weightRatio: Double, rate: Double) {
    let (a, b, c, d) = (hiddenFromHidden, hiddenFromCell, cellFromHidden, cellFromCell)
    let radius = spectralRadius
    // An eigenvector with a zero has no norm. Half the slack makes one for a triangular matrix.
    if b * c > 0 {
      let ratio = a < d ? (radius - a) / b : c / (radius - d)
      return (ratio, radius)
    }
    if b > 0 {
      let ratio = min(1, (1 - a) / (2 * b))
      return (ratio, max(a + b * ratio, d))
    }
    let ratio = max(1, 2 * c / (1 - d))
    return (ratio, max(a, d + c / ratio))
  }

  /// The number of steps after which the larger of ‖h‖ and ‖c‖ is at most `factor` times what it
  /// was at the start, and remains so: κ · rateⁿ ≤ factor, where κ = max w / min w. `nil` if ρ(M) ≥
  /// 1, or if the number is not representable.
  public func stepsToLose(factor: Double) -> Int? {
    guard spectralRadius < 1 else { return nil }
    let (ratio, rate) = contraction
    guard rate > 0 else { return 1 }
    let loss = Double.log(factor) - Double.log(ratio).magnitude
    return Int(exactly: max(0, loss / Double.log(rate)).rounded(.up))
  }
}

extension ComparisonMatrix: CustomStringConvertible {
  /// The matrix and its spectral radius.
  public var description: String {
    "[[\(figure(hiddenFromHidden)), \(figure(hiddenFromCell))],"
      + " [\(figure(cellFromHidden)), \(figure(cellFromCell))]], spectral radius"
      + " \(figure(spectralRadius))"
  }
}
