public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// The stability of one recurrence: what its weight says, and what a gradient does in it.
public struct StabilityReport: Sendable {
  /// Eigenvalues, singular value and verdict of the recurrent weight.
  public let spectrum: Spectrum
  /// The length of a gradient by the number of steps it has flowed back.
  public let backwardSignal: BackwardSignal
}

extension RNN.Nonlinearity {
  /// γ = sup φ′: 1 for tanh and for ReLU.
  public var slopeBound: Double { 1 }
}

/// The questions of stability that can be asked of a recurrence.
public enum Stability {
  /// Analyses a trained layer along the states that it takes on `sequence`, [T, B, I].
  ///
  /// - Parameter samples: how many samples of the batch the backward signal is averaged over.
  /// - Throws: `StabilityError`, for a non-finite weight among others.
  public static func report<Scalar>(
    of layer: RNN<Scalar>, along sequence: Tensor<Scalar>, samples: Int = 32,
    using random: inout RandomSource
  ) throws(StabilityError) -> StabilityReport {
    let cache = layer.forward(sequence).cache
    return StabilityReport(
      spectrum: try Spectrum(
        of: layer.recurrentWeight, slopeBound: layer.nonlinearity.slopeBound),
      backwardSignal: BackwardSignal(
        through: layer, cache, steps: sequence.shape[0],
        samples: 0..<min(samples, sequence.shape[1]), using: &random))
  }

  /// Analyses a recurrent weight [H, H] alone: the recurrence rests at the origin, without input,
  /// where the slope of its nonlinearity is `slopeAtRest`.
  ///
  /// - Throws: `StabilityError` if the matrix is not square or holds a non-finite element.
  public static func report(
    ofRecurrentWeight weight: Tensor<Double>, slopeBound: Double, slopeAtRest: Double,
    steps: Int, using random: inout RandomSource
  ) throws(StabilityError) -> StabilityReport {
    let spectrum = try Spectrum(of: weight, slopeBound: slopeBound)
    return StabilityReport(
      spectrum: spectrum,
      backwardSignal: BackwardSignal(
        throughRecurrentWeight: weight, slope: slopeAtRest, steps: steps, using: &random))
  }
}
