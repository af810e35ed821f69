internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

// Changes of W_hh. Every method returns a changed cell. The parameters, and the rows of W_hh, of
// which a method does not say that it changes them keep their bits.

extension RecurrentCell<Double> {
  /// Returns the cell with the recurrent weight of each gate, U_k, scaled to a spectral radius:
  ///
  ///     U_k ← (ρ / ρ(U_k)) U_k
  ///
  /// The radius is exact up to rounding. In a cell with one gate it is that of W_hh.
  ///
  /// - Parameters:
  ///   - radius: ρ, the wanted spectral radius.
  ///   - gates: The gates to scale, or `nil` for all of them.
  /// - Throws: `CureError` if the radius is not positive and finite, there is no such gate, a
  ///   weight is not finite, or the radius of a weight cannot be told from zero.
  /// - Complexity: About 33·H³ flops for each gate.
  public func scalingRecurrentWeight(
    toSpectralRadius radius: Double, gates: [Int]? = nil
  ) throws(CureError) -> Self {
    guard radius > 0, radius.isFinite else {
      throw .notPositive(quantity: "spectral radius", radius)
    }
    return try mapRecurrentWeights(of: gates) { (gate, weight) throws(CureError) in
      let spectrum = try recurrentSpectrum(of: weight)
      let bounds = spectrum.spectralRadiusBounds
      guard bounds.lowerBound > 0 else {
        throw .radiusNotResolved(gate: gate, bound: bounds.upperBound)
      }
      return weight * (radius / spectrum.spectralRadius)
    }
  }

  /// Returns the cell with the recurrent weight of each gate replaced by gain · Q, where Q is
  /// uniform (Haar) on the orthogonal matrices and independent for each gate; see
  /// `Initializer.orthogonal`. W_ih and the biases are kept.
  ///
  /// - Parameters:
  ///   - gain: The factor, which is the modulus of all eigenvalues.
  ///   - gates: The gates to change, or `nil` for all of them.
  ///   - random: The source of the draws.
  /// - Throws: `CureError` if the gain is not positive and finite, or there is no such gate.
  public func replacingRecurrentWeightByOrthogonal(
    gain: Double = 1, gates: [Int]? = nil, using random: inout RandomSource
  ) throws(CureError) -> Self {
    guard gain > 0, gain.isFinite else { throw .notPositive(quantity: "gain", gain) }
    let initializer = Initializer.orthogonal(gain: gain)
    return try mapRecurrentWeights(of: gates) { (_, weight) throws(CureError) in
      initializer(weight.shape, using: &random)
    }
  }

  /// Returns the cell with the recurrent weight of each gate multiplied by a factor.
  func scalingRecurrentWeight(by factor: Double, gates: [Int]?) throws(CureError) -> Self {
    try mapRecurrentWeights(of: gates) { (_, weight) throws(CureError) in weight * factor }
  }

  /// Returns the cell with a function applied to the recurrent weight, [H, H], of each gate.
  private func mapRecurrentWeights(
    of gates: [Int]?,
    _ change: (_ gate: Int, _ weight: Tensor<Double>) throws(CureError) -> Tensor<Double>
  ) throws(CureError) -> Self {
    let all = 0..<Self.layout.gates
    var result = self
    for gate in gates ?? Array(all) {
      guard all.contains(gate) else { throw .noSuchGate(gate, count: all.count) }
      result.weights.recurrent.replaceSlice(
        gate * hiddenSize..<(gate + 1) * hiddenSize,
        with: try change(gate, weights.recurrent(gate: gate)))
    }
    return result
  }

  /// Throws unless all parameters are finite.
  func checkFinite() throws(CureError) {
    for (name, value) in namedParameters where !value.isFinite {
      throw .notFinite(name)
    }
  }
}

/// The spectrum of the recurrent weight of a gate.
func recurrentSpectrum(of weight: Tensor<Double>) throws(CureError) -> Spectrum {
  do {
    return try Spectrum(of: weight)
  } catch {
    throw .stability(error)
  }
}
