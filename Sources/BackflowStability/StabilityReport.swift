public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// The stability of a recurrence: the properties of its weight, and the effect on a gradient.
public struct StabilityReport: Sendable {
  /// The eigenvalues, singular value, and verdict of the recurrent weight.
  public let spectrum: Spectrum
  /// The norm of a gradient after each number of steps back.
  public let backwardSignal: BackwardSignal
  /// A description of where the backward signal was measured, such as "at rest, without input, …".
  public let setting: String
}

/// A namespace for stability analyses of a recurrence.
public enum Stability {
  /// Analyzes a layer of a recurrent network along its trajectory on `sequence`, [T, B, I].
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - sequence: The input sequence, [T, B, I].
  ///   - layer: The index of the layer, from 0. If the network is bidirectional, its forward cell
  ///     is analyzed.
  ///   - samples: The largest number of samples over which the backward signal is averaged.
  ///   - random: The source of the random initial gradients.
  /// - Throws: `StabilityError`, for example if a weight or a state is not finite, the batch is
  ///   empty, the network has no such layer, its cells have gates, or `samples` is not positive.
  public static func report<Cell: RecurrentCell>(
    of network: Recurrent<Cell>, along sequence: Tensor<Cell.Scalar>, layer: Int = 0,
    samples: Int = 32, using random: inout RandomSource
  ) throws(StabilityError) -> StabilityReport {
    guard samples > 0 else { throw .samplesNotPositive(samples) }
    guard network.cells.indices.contains(layer) else {
      throw .noSuchLayer(layer, count: network.cells.count)
    }
    let cell = network.cells[layer][0]
    guard case .leaky(let nonlinearity, leak: 1) = cell.equations else {
      throw .gatedCell("\(Cell.self)".prefix { $0 != "<" }.description)
    }
    let spectrum = try Spectrum(
      of: cell.weights.recurrent, slopeBound: nonlinearity.slopeBound)
    let cache = network.forward(sequence).cache.cells[layer][0]
    let (steps, count) = (sequence.shape[0], min(samples, sequence.shape[1]))
    guard count > 0 else { throw .noTrajectory("the batch has no samples") }
    guard cache.hidden.isFinite else { throw .noTrajectory("a state is NaN or infinite") }
    return StabilityReport(
      spectrum: spectrum,
      backwardSignal: BackwardSignal(
        through: cell, cache, steps: steps, samples: 0..<count, using: &random),
      setting: "along the \(steps) steps of \(count) samples, \(nonlinearity.rawValue)")
  }

  /// Analyzes a recurrent weight [H, H] alone. The recurrence rests at the origin without input,
  /// where the slope of its nonlinearity is `slopeAtRest`.
  ///
  /// - Parameters:
  ///   - weight: The recurrent weight.
  ///   - slopeBound: The largest slope of the nonlinearity.
  ///   - slopeAtRest: The slope of the nonlinearity at the origin.
  ///   - steps: The number of steps back.
  ///   - precision: The machine epsilon of the precision in which the weight was stored.
  ///   - random: The source of the random initial gradients.
  /// - Throws: `StabilityError` if the matrix is not square or has a non-finite element, the slope
  ///   bound is not positive, the slope at rest is not finite, or `steps` is negative.
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
