import Backflow
import BackflowSelfTest
import Foundation
import TestSupport

/// A vanilla or leaky cell without input, h′ = (1 − α) h + α φ(W h + b), as a recurrence.
func autonomous(
  _ weight: Tensor<Double>, bias: Tensor<Double>? = nil, _ nonlinearity: Nonlinearity = .tanh,
  leak: Double = 1
) -> CellRecurrence<LeakyCell<Double>> {
  let units = weight.shape[0]
  let weights = GateWeights(
    input: .zeros([units, 1]), recurrent: weight, inputBias: bias ?? .zeros([units]),
    recurrentBias: .zeros([units]))
  return CellRecurrence(LeakyCell(weights, nonlinearity: nonlinearity, leak: leak))
}

/// Gates with normal weights of standard deviation `scale`/√H and normal biases.
func randomGates(
  _ gates: Int, units: Int, inputs: Int = 2, scale: Double, seed: UInt64
) -> GateWeights<Double> {
  var random = RandomSource(seed: seed)
  let deviation = scale / Double(units).squareRoot()
  return GateWeights(
    input: random.normal([gates * units, inputs], standardDeviation: 0.5),
    recurrent: random.normal([gates * units, units], standardDeviation: deviation),
    inputBias: random.normal([gates * units], standardDeviation: 0.5),
    recurrentBias: random.normal([gates * units], standardDeviation: 0.5))
}

/// The map of one step of the classical method of Runge and Kutta for the Lorenz system.
func lorenz(_ σ: Double, _ r: Double, _ b: Double, step: Double = 0.01) -> MapRecurrence {
  KnownMaps.lorenz(sigma: σ, rho: r, beta: b, step: step)
}

func logistic(_ r: Double) -> MapRecurrence { KnownMaps.logistic(r: r) }

/// A linear map of a matrix, whose state moves, unlike in `KnownMaps`.
func linear(_ matrix: Tensor<Double>) -> MapRecurrence {
  MapRecurrence(initialState: .ones([matrix.shape[0]])) { s, _ in
    matvec(matrix, s)
  } jacobian: { _, _ in
    matrix
  }
}
