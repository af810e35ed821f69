internal import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// The rate at which the recurrence of a cell amplifies small changes of its state along a
/// mini-batch.
///
///     λ = ln g / T,   g² = mean over n of σ_max(P_n)²,   P_n = J_T … J_1 along sample n
///
/// Steps up to the last one that passes nothing on are left out of P_n.
///
/// It is the dominant Lyapunov exponent over the finite time of a sequence, of all samples
/// together. A gradient at the last state is multiplied by at most σ_max(P_n) on its way back to
/// the first. The mean of the squares is that of the lengths of such gradients, in which the
/// samples that explode outweigh those that vanish.
public struct DominantExponent: Sendable, Equatable, Codable {
  /// The name of the layer and direction.
  public let layer: String
  /// The training step of the observation.
  public let step: Int
  /// λ, in nats per time step. It is never above the exact value, because the power iteration
  /// approaches σ_max from below. It is −∞ if nothing is passed on, and NaN if a Jacobian is not
  /// finite, which are encoded as the strings "-inf" and "nan".
  @ExtendedReal public private(set) var exponent: Double
  /// T, the number of time steps of the longest sample.
  public let time: Int
  /// The number of samples.
  public let samples: Int

  enum CodingKeys: String, CodingKey {
    case layer, step, exponent, samples
    case time = "time_steps"
  }

  /// The exponent from ln σ_max(P_n) of each sample.
  ///
  /// - Precondition: There is a sample, and `time` is positive.
  init(layer: String, step: Int, logarithms: [Double], time: Int) {
    (self.layer, self.step, self.time, samples) = (layer, step, time, logarithms.count)
    // The largest term is factored out, because the squares overflow long before the logarithms.
    let largest = logarithms.reduce(-.infinity) { $1.isNaN ? $1 : $0.isNaN ? $0 : max($0, $1) }
    guard largest > -.infinity else {
      exponent = largest
      return
    }
    let sum = logarithms.reduce(0) { $0 + .exp(2 * ($1 - largest)) }
    exponent = (largest + .log(sum / Double(logarithms.count)) / 2) / Double(time)
  }

  /// ln g = λT.
  public var logGrowth: Double { exponent * Double(time) }
  /// g, the growth over the longest sample.
  public var growth: Double { .exp(logGrowth) }
}

extension DominantExponent {
  /// A finding if the growth is beyond the limit, or not a number.
  ///
  /// - Parameter thresholds: The limits of the rules.
  public func findings(_ thresholds: Thresholds = Thresholds()) -> [Finding] {
    if exponent.isNaN { return [notFinite] }
    guard logGrowth > .log(thresholds.expansion) else { return [] }
    return [
      Finding(
        .expandingRecurrence, .warning, layer: layer, step: step, measured: growth,
        threshold: thresholds.expansion,
        source:
          "the growth of the state's small changes over \(time) steps; healthy trainings reach"
          + " about half of the limit (docs/health.md)",
        statement:
          "\(layer) expands: its dominant exponent is \(figure(exponent)) nats per step, which"
          + " multiplies a small change of the state, and a gradient, by up to \(figure(growth)) over"
          + " \(time) steps",
        reason: "One unlucky batch aligns the gradient with that direction, and the next update can"
          + " make the loss infinite.",
        cure:
          "Clipping by the global norm, a smaller learning rate, `SpectralNormProjection` after each"
          + " update, an orthogonal recurrent weight of gain 1; a gated cell instead of a vanilla one."
      )
    ]
  }

  private var notFinite: Finding {
    Finding(
      .nonFinite, .failure, layer: layer, step: step, measured: 1, threshold: 0,
      source: "arithmetic: the derivative of a step is finite at finite states",
      statement: "the derivative of a step of \(layer) is not finite",
      reason: "A weight or a state holds NaN or infinity, which spread to everything.",
      cure: "Go back to an earlier state, with a smaller learning rate or with clipping.")
  }
}

extension DominantExponent: CustomStringConvertible {
  /// "lstm.l0: 0.031 nats per step, a factor of 7.3 over 64 steps".
  public var description: String {
    "\(layer): \(figure(exponent)) nats per step, a factor of \(figure(growth)) over \(time) steps"
  }
}
