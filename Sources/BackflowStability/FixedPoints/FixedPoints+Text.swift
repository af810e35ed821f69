internal import BackflowLinearAlgebra
internal import RealModule

extension FixedPoints: CustomStringConvertible {
  /// The points with their leading modes, the slow points, and what is known about missing ones.
  public var description: String {
    let stable = stablePoints.count
    let unstable = points.count { $0.stability == .unstable }
    var lines = [
      "fixed points  \(points.count): \(stable) stable, \(unstable) unstable,"
        + " \(points.count - stable - unstable) undecided"
    ]
    for (number, point) in points.enumerated() {
      lines += ["", "point \(number + 1)  " + point.summary]
      lines += point.modes.prefix(4).map { "  " + $0.description }
    }
    for point in slowPoints {
      lines += ["", "slow point  moves by \(figure(point.speed)) a step"]
      lines += point.modes.prefix(4).map { "  " + $0.description }
    }
    return (lines + ["", "index sum  \(indexSum): \(completeness.explanation)"] + singular)
      .joined(separator: "\n")
  }

  private var singular: [String] {
    singularRegions.map { units in
      "linear region with the active units \(units): J has an eigenvalue of 1, no isolated point"
    }
  }
}

extension FixedPoints.Completeness {
  /// The statement as a sentence.
  public var explanation: String {
    switch self {
    case .proven: "all linear regions were solved, so no point is missing."
    case .consistent:
      "the indices sum to 1, as they must; a pair of points, or a degenerate one, may be missing."
    case .pointMissing: "the indices must sum to 1, so at least one point is missing."
    case .degenerate: "a point is degenerate, so the sum of the indices proves nothing."
    case .notProven:
      "rounding errors leave a point or an index open, so that the sum proves nothing."
    case .notApplicable:
      "the map is not known to be bounded, so the sum says nothing about missing points."
    }
  }
}

extension FixedPoint: CustomStringConvertible {
  /// The verdict, the certificate, and the modes.
  public var description: String {
    ([summary] + modes.prefix(4).map { "  " + $0.description }).joined(separator: "\n")
  }

  fileprivate var summary: String {
    let verdict =
      stability == .unstable
      ? "unstable (\(unstableCount) \(unstableCount == 1 ? "direction" : "directions"))"
      : stability.rawValue
    return verdict + ", residual \(figure(residual)), " + place
  }

  private var place: String {
    if isOnBorder { return "on the border of two linear regions" }
    guard let radius else { return "not certified: J has an eigenvalue near 1" }
    return "certified within \(figure(radius))"
      + (certificate.isProven ? "" : " if the estimates of L and of rounding hold")
  }
}

extension LinearMode: CustomStringConvertible {
  /// The eigenvalue, the time scale, and the period.
  public var description: String {
    var text = "λ = \(figure(real))"
    if imaginary != 0 { text += " \(imaginary < 0 ? "-" : "+") \(figure(abs(imaginary)))i" }
    text += "   |λ| = \(figure(modulus))   " + time
    if imaginary != 0 { text += ", period \(figure(period)) steps" }
    return text
  }

  private var time: String {
    if timeScale == .infinity { return "neither grows nor decays" }
    let milliseconds =
      timeScaleMilliseconds.map { " (\(figure(abs($0.wrappedValue))) ms)" } ?? ""
    return "\(timeScale < 0 ? "grows" : "decays") in \(figure(abs(timeScale))) steps" + milliseconds
  }
}

extension Cycles: CustomStringConvertible {
  /// The cycles with their multipliers.
  public var description: String {
    let title = "cycles of length \(period)  \(cycles.count)"
    let lines = cycles.map { cycle in
      let multipliers = cycle.point.modes.prefix(4).map { figure($0.modulus) }
      return "  \(cycle.stability.rawValue), λ_1 = \(figure(cycle.growthRate)) nats per step,"
        + " |multipliers| " + multipliers.joined(separator: ", ")
    }
    return ([title] + lines).joined(separator: "\n")
  }
}

private func figure(_ value: Double) -> String { figure(value, significantDigits: 6) }
