public import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra
internal import RealModule

/// The length that the gradient of the last step keeps on its way back through the steps of a
/// recurrent cell.
///
///     r_k = ‖J_{T−k+1}ᵀ … J_Tᵀ g_T‖ / ‖g_T‖,   J_t = ∂s_t/∂s_{t−1}
///
/// where g_T is the gradient that enters at the last step, with respect to the output and the final
/// state, and s is the whole state. (Pascanu, Mikolov and Bengio, ICML 2013.) Both norms are root
/// mean squares over the samples that run at least k steps. Gradients that enter at earlier steps
/// are left out, so that r_k does not depend on them: it is what a backward pass gives if the loss
/// acts at the last step only.
///
/// The first step back often differs from the others: in an LSTM, the gradient passes from h to c.
public struct TimeProfile: Sendable, Equatable, Codable {
  /// The name of the layer.
  public let layer: String
  /// ln r_k for k = 0, 1, … T steps back; −∞ where nothing is left. Empty if no gradient entered.
  @ExtendedReals public private(set) var logNorms: [Double]
  /// The number of samples.
  public let samples: Int
  /// The mean factor by which the recurrent weight multiplies the gradient at a step, apart from
  /// the slopes of the nonlinearity, for a cell with one gate; `nil` for other cells.
  public var weightFactor: Double? { factor?.wrappedValue }
  private let factor: ExtendedReal?

  /// The profile of a signal, from at most `samples` samples with a gradient, which are spread over
  /// the batch.
  ///
  /// - Precondition: `samples` is at least 1.
  /// - Complexity: O(samples · T · G · H²).
  public init<Scalar: RealScalar>(_ signal: RecurrentSignal<Scalar>, samples: Int = 2) {
    require(samples >= 1, "TimeProfile: at least 1 sample is needed, got \(samples)")
    let gradients = Self.gradients(of: signal, atMost: samples)
    let ways = gradients.map { $0.carriedBack() }
    let steps = ways.map(\.logNorms.count).max() ?? 0
    layer = signal.layer
    self.samples = ways.count
    logNorms = (0..<steps).map { k in
      let running = ways.map(\.logNorms).filter { $0.count > k }
      return Self.logRootSumOfSquares(running.map { $0[k] })
        - Self.logRootSumOfSquares(running.map { $0[0] })
    }
    let factors = ways.flatMap(\.logWeightFactors)
    factor =
      factors.isEmpty
      ? nil : ExtendedReal(wrappedValue: .exp(factors.reduce(0, +) / Double(factors.count)))
  }

  /// The gradients of samples that are spread over the rows of the batch.
  private static func gradients<Scalar: RealScalar>(
    of signal: RecurrentSignal<Scalar>, atMost count: Int
  ) -> [LastGradient<Scalar>] {
    let running = signal.cell.running.time == 0 ? 0 : signal.cell.running[0]
    let spread = (0..<min(count, running)).map { $0 * running / min(count, running) }
    var gradients: [LastGradient<Scalar>] = []
    for sample in spread + (0..<running).filter({ !spread.contains($0) }) {
      if gradients.count == count { break }
      if let gradient = LastGradient(signal, sample: sample) { gradients.append(gradient) }
    }
    return gradients
  }

  /// ln √(Σ e^(2x)), with the largest term factored out, because the squares overflow long before
  /// the logarithms.
  private static func logRootSumOfSquares(_ logarithms: [Double]) -> Double {
    guard let largest = logarithms.max(), largest > -.infinity else { return -.infinity }
    return largest + .log(logarithms.reduce(0) { $0 + .exp(2 * ($1 - largest)) }) / 2
  }

  /// T, the number of steps back to the initial state.
  public var steps: Int { max(logNorms.count - 1, 0) }

  /// ln r_T, of the part that reaches the initial state; 0 without steps.
  public var logAttenuation: Double { logNorms.last ?? 0 }

  /// ln of the smallest part that is left anywhere on the way, at most 0.
  public var lowestLogAttenuation: Double { logNorms.min() ?? 0 }

  /// ln of the largest part on the way, at least 0.
  public var highestLogAttenuation: Double { logNorms.max() ?? 0 }

  /// r_1, the factor of the first step back; 1 without steps.
  public var firstFactor: Double { steps == 0 ? 1 : .exp(logNorms[1]) }

  /// The mean factor of each step after the first, (r_T/r_1)^(1/(T − 1)); 1 if there is none, and 0
  /// if nothing is left.
  public var laterFactor: Double {
    if steps < 2 { return 1 }
    return logAttenuation == -.infinity
      ? 0 : .exp((logAttenuation - logNorms[1]) / Double(steps - 1))
  }

  /// The number of steps back over which a gradient at the last step keeps at least `share` of its
  /// length; `nil` if it does so to the initial state.
  public func horizon(_ share: Double) -> Int? {
    logNorms.firstIndex { $0 < .log(share) }.map { $0 - 1 }
  }
}
