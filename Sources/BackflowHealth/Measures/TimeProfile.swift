public import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// What each time step makes of the gradient that arrives at its state s_t, from above and from later.
///
///     F_t = ‖s̄_{t−1}, from step t alone‖ / ‖s̄_t‖ = (‖ā_t‖/‖s̄_t‖) · (‖s̄_{t−1}‖/‖ā_t‖)
///
/// The first factor is the nonlinearity's, the second that of the rest: the recurrent weight, and what
/// passes the nonlinearity by, as the cell of an LSTM does. The product of F_t over
/// all steps is what would be left at the first state of a gradient that enters at the last.
public struct TimeProfile: Sendable, Equatable {
  /// The name of the layer.
  public let layer: String
  /// ln F_t, the first step first; −∞ where nothing passes. Steps that no gradient reaches, or
  /// one that is not finite, are left out.
  public let logFactors: [Double]
  /// ln of the nonlinearity's factor for the same steps.
  public let logActivationFactors: [Double]

  /// From the norms that were taken when the signal was shown. O(T)
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

  /// ln of what is left, at the first step, of a gradient that enters at the last: Σ ln F_t.
  public var logAttenuation: Double { logFactors.reduce(0, +) }

  /// ln of the least that is left of it on the way, at any step: min over t of Σ_{s ≥ t} ln F_s, at
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

  /// The mean factor of the rest, the recurrent weight and what passes the nonlinearity by; `nil` if
  /// nothing passes the nonlinearity, for then there are no two factors.
  public var restFactor: Double? {
    activationFactor == 0 ? nil : factorPerStep / activationFactor
  }

  /// How many steps back a gradient that enters at the last keeps at least `share` of its length;
  /// `nil` if it does so to the first.
  public func horizon(_ share: Double) -> Int? {
    var sum = 0.0
    for (back, factor) in logFactors.reversed().enumerated() {
      sum += factor
      if sum < .log(share) { return back }
    }
    return nil
  }
}
