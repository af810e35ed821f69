internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

extension RecurrentCell<Double> {
  /// Returns the cell with W_ih and W_hh rounded to a precision. The biases are kept.
  ///
  /// - Throws: `CureError` if a weight is not finite, or beyond the range of the precision.
  public func roundingWeights(to precision: WeightPrecision) throws(CureError) -> Self {
    var result = self
    result.weights.input = try rounded(weights.input, "weight_ih", to: precision)
    result.weights.recurrent = try rounded(weights.recurrent, "weight_hh", to: precision)
    return result
  }
}

private func rounded(
  _ weight: Tensor<Double>, _ name: String, to precision: WeightPrecision
) throws(CureError) -> Tensor<Double> {
  guard weight.isFinite else { throw .notFinite(name) }
  let result = precision.round(weight)
  if let (value, _) = zip(weight.elements, result.elements).first(where: { !$0.1.isFinite }) {
    throw .doesNotFit(parameter: name, value: value, precision)
  }
  return result
}

/// How far the figures of a recurrent cell move when its weights are rounded.
public struct RoundedWeights: Sendable, Equatable, Codable {
  /// The precision of W_ih and W_hh.
  public let precision: WeightPrecision
  /// ‖ΔW_ih‖_F/‖W_ih‖_F, or 0 for a zero weight.
  public let inputError: Double
  /// ‖ΔW_hh‖_F/‖W_hh‖_F, or 0 for a zero weight.
  public let recurrentError: Double
  /// The figures with the weights as they are, and rounded.
  public let comparison: CureComparison

  private enum CodingKeys: String, CodingKey {
    case precision, comparison
    case inputError = "input_error"
    case recurrentError = "recurrent_error"
  }

  /// Rounds the weights of a cell and compares the figures along a trajectory; the parameters and
  /// errors are those of `CureComparison` and `roundingWeights(to:)`.
  public init<Cell: RecurrentCell<Double>>(
    of recurrence: CellRecurrence<Cell>, to precision: WeightPrecision, steps: Int? = nil,
    discarding discarded: Int = 0, factor: Double = 1e-6, using random: inout RandomSource
  ) throws(CureError) {
    let (cell, changed) = (recurrence.cell, try recurrence.cell.roundingWeights(to: precision))
    self.precision = precision
    inputError = relativeError(changed.weights.input, cell.weights.input)
    recurrentError = relativeError(changed.weights.recurrent, cell.weights.recurrent)
    comparison = try CureComparison(
      of: recurrence, with: changed, steps: steps, discarding: discarded, factor: factor,
      using: &random)
  }
}

private func relativeError(_ rounded: Tensor<Double>, _ exact: Tensor<Double>) -> Double {
  let norm = exact.norm()
  return norm > 0 ? (rounded - exact).norm() / norm : 0
}

extension RoundedWeights: CustomStringConvertible {
  /// The precision, the relative errors of the weights, and the figures.
  public var description: String {
    "weights in \(precision.rawValue) (W_ih off by \(figure(inputError, significantDigits: 2)),"
      + " W_hh by \(figure(recurrentError, significantDigits: 2))): \(comparison)"
  }
}
