public import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// The factor by which each time step multiplies the gradient at its state s_t, from above and from
/// later steps.
///
///     F_t = ‖s̄_{t−1}, from step t alone‖ / ‖s̄_t‖ = (‖ā_t‖/‖s̄_t‖) · (‖s̄_{t−1}‖/‖ā_t‖)
///
/// The first factor is that of the nonlinearity, the second that of the rest: the recurrent weight,
/// and what bypasses the nonlinearity, as the cell of an LSTM does. The product of F_t over all
/// steps is the part of a gradient at the last state that would reach the first.
public struct TimeProfile: Sendable, Equatable {
  /// The name of the layer.
  public let layer: String
  /// ln F_t in the order of the steps; −∞ where nothing passes. Steps without a gradient, or with
  /// one that is not finite, are left out.
  public let logFactors: [Double]
  /// ln of the factor of the nonlinearity for the same steps.
  public let logActivationFactors: [Double]

  /// The profile from the norms that were measured when the signal was recorded. O(T)
  public init<Scalar: RealScalar>(_ signal: RecurrentSignal<Scalar>) {
    layer = signal.layer
    let norms = signal.norms
    var (factors, activations): ([Double], [Double]) = ([], [])
    for t in norms.arrived.indices {
      let arrived = norms.states.dropFirst().reduce(norms.arrived[t]) { .hypot($0, $1[t + 1]) }
      guard arrived > 0, arrived.isFinite else { continue }
      factors.append(.log(norms.states.reduce(0) { .hypot($0, $1[t]) } / arrived))
      activations.append(.log(norms.preactivations[t] / arrived))
    }
    (logFactors, logActivationFactors) = (factors, activations)
  }

  /// ln of the part of a gradient at the last step that reaches the first: Σ ln F_t.
  public var logAttenuation: Double { logFactors.reduce(0, +) }

  /// ln of the smallest part that reaches any step on the way: min over t of Σ_{s ≥ t} ln F_s, at
  /// most 0.
  public var lowestLogAttenuation: Double {
    var (sum, lowest) = (0.0, 0.0)
    for factor in logFactors.reversed() {
      sum += factor
      lowest = Swift.min(lowest, sum)
    }
    return lowest
  }

  /// The mean factor of a step, e^(mean of ln F_t); 1 if there is none.
  public var factorPerStep: Double {
    logFactors.isEmpty ? 1 : .exp(logAttenuation / Double(logFactors.count))
  }

  /// The mean factor of the nonlinearity; 1 if there is none.
  public var activationFactor: Double {
    logFactors.isEmpty
      ? 1 : .exp(logActivationFactors.reduce(0, +) / Double(logActivationFactors.count))
  }

  /// The mean factor of the rest, the recurrent weight and what bypasses the nonlinearity; `nil` if
  /// nothing passes the nonlinearity, because then there are no two factors.
  public var restFactor: Double? {
    activationFactor == 0 ? nil : factorPerStep / activationFactor
  }

  /// The number of steps back over which a gradient at the last step keeps at least `share` of its
  /// length; `nil` if it does so to the first step.
  public func horizon(_ share: Double) -> Int? {
    var sum = 0.0
    for (back, factor) in logFactors.reversed().enumerated() {
      sum += factor
      if sum < .log(share) { return back }
    }
    return nil
  }
}
