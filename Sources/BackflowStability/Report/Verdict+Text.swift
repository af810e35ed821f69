internal import BackflowLinearAlgebra

extension StabilityVerdict: CustomStringConvertible {
  /// The label and the reasons.
  public var description: String {
    ([label.rawValue] + reasons).joined(separator: "\n")
  }
}

extension GateStability: CustomStringConvertible {
  /// The name of the gate and the figures of its block.
  public var description: String { "gate \(name): \(weights)" }
}

extension TrajectoryStability: CustomStringConvertible {
  /// The exponents with the rates that they are compared with.
  public var description: String {
    let shown = zip(exponents, standardErrors).prefix(5).map {
      figure($0, standardError: $1)
    }
    return "Lyapunov exponents: \(shown.joined(separator: ", "))"
      + (exponents.count > shown.count ? " and \(exponents.count - shown.count) more" : "")
      + " in nats per step over \(steps) steps; two trajectories \(figure(twoTrajectoryRate)),"
      + " backward pass \(figure(backwardRate))"
  }
}
