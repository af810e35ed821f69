public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// The stability of one recurrence: what its weight says, and what a gradient does in it.
public struct StabilityReport: Sendable {
  /// Eigenvalues, singular value and verdict of the recurrent weight.
  public let spectrum: Spectrum
  /// The length of a gradient by the number of steps it has flowed back.
  public let backwardSignal: BackwardSignal
  /// Where the backward signal was measured, in words: "at rest, without input, …".
  public let setting: String
}

/// The questions of stability that can be asked of a recurrence.
public enum Stability {
  /// Analyses one layer of a trained vanilla network along the states that it takes on `sequence`,
  /// [T, B, I].
  ///
  /// - Parameters:
  ///   - layer: which layer, the first is 0; of a bidirectional one the forward cell.
  ///   - samples: how many samples of the batch the backward signal is averaged over, at most; at
  ///     least 1.
  /// - Throws: `StabilityError`, for a non-finite weight or state, an empty batch, a layer that the
  ///   network does not have, or `samples` < 1, among others.
  public static func report<Scalar>(
    of network: RNN<Scalar>, along sequence: Tensor<Scalar>, layer: Int = 0, samples: Int = 32,
    using random: inout RandomSource
  ) throws(StabilityError) -> StabilityReport {
    guard samples > 0 else { throw .samplesNotPositive(samples) }
    guard network.cells.indices.contains(layer) else {
      throw .noSuchLayer(layer, count: network.cells.count)
    }
    let cell = network.cells[layer][0]
    let spectrum = try Spectrum(
      of: cell.weights.recurrent, slopeBound: cell.nonlinearity.slopeBound)
    let cache = network.forward(sequence).cache.cells[layer][0]
    let (steps, count) = (sequence.shape[0], min(samples, sequence.shape[1]))
    guard count > 0 else { throw .noTrajectory("the batch has no samples") }
    guard cache.hidden.isFinite else { throw .noTrajectory("a state is NaN or infinite") }
    return StabilityReport(
      spectrum: spectrum,
      backwardSignal: BackwardSignal(
        through: cell, cache, steps: steps, samples: 0..<count, using: &random),
      setting: "along the \(steps) steps of \(count) samples, \(cell.nonlinearity.rawValue)")
  }

  /// Analyses a recurrent weight [H, H] alone: the recurrence rests at the origin, without input,
  /// where the slope of its nonlinearity is `slopeAtRest`.
  ///
  /// - Parameter precision: ε of the numbers that the weight was stored as.
  /// - Throws: `StabilityError` if the matrix is not square or holds a non-finite element, if the bound
  ///   of the slope is not positive, if the slope at rest is not finite, or if `steps` < 0.
  public static func report(
    ofRecurrentWeight weight: Tensor<Double>, slopeBound: Double, slopeAtRest: Double,
    steps: Int, precision: Double = .ulpOfOne, using random: inout RandomSource
  ) throws(StabilityError) -> StabilityReport {
    guard steps >= 0 else { throw .negativeSteps(steps) }
    guard slopeAtRest.isFinite else { throw .slopeAtRestNotFinite(slopeAtRest) }
    let spectrum = try Spectrum(of: weight, slopeBound: slopeBound, precision: precision)
    return StabilityReport(
      spectrum: spectrum,
      backwardSignal: BackwardSignal(
        throughRecurrentWeight: weight, slope: slopeAtRest, steps: steps, using: &random),
      setting: "at rest, without input, where the slope is \(slopeAtRest)")
  }
}
