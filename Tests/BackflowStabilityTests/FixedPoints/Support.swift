import Backflow
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
  @Sendable func slope(_ s: Tensor<Double>) -> Tensor<Double> {
    let (x, y, z) = (s[0], s[1], s[2])
    return Tensor([σ * (y - x), x * (r - z) - y, x * y - b * z])
  }
  @Sendable func jacobian(_ s: Tensor<Double>) -> Tensor<Double> {
    let (x, y, z) = (s[0], s[1], s[2])
    return Tensor(rows: [[-σ, σ, 0], [r - z, -1, -x], [y, x, -b]])
  }
  @Sendable func stages(_ s: Tensor<Double>) -> (next: Tensor<Double>, derivative: Tensor<Double>) {
    let identity = Tensor<Double>.identity(3)
    let k1 = slope(s)
    let d1 = jacobian(s)
    let s2 = s + k1 * (step / 2)
    let k2 = slope(s2)
    let d2 = matmul(jacobian(s2), identity + d1 * (step / 2))
    let s3 = s + k2 * (step / 2)
    let k3 = slope(s3)
    let d3 = matmul(jacobian(s3), identity + d2 * (step / 2))
    let s4 = s + k3 * step
    let k4 = slope(s4)
    let d4 = matmul(jacobian(s4), identity + d3 * step)
    return (
      s + (k1 + 2 * k2 + 2 * k3 + k4) * (step / 6),
      identity + (d1 + 2 * d2 + 2 * d3 + d4) * (step / 6)
    )
  }
  return MapRecurrence(initialState: Tensor([1, 1, 1])) { s, _ in
    stages(s).next
  } jacobian: { s, _ in
    stages(s).derivative
  }
}

/// The logistic map r x (1 − x).
func logistic(_ r: Double) -> MapRecurrence {
  MapRecurrence(initialState: Tensor([0.3])) { x, _ in
    r * x * (1 - x)
  } jacobian: { x, _ in
    Tensor([r - 2 * r * x[0]], shape: [1, 1])
  }
}

/// A linear map of a matrix.
func linear(_ matrix: Tensor<Double>) -> MapRecurrence {
  MapRecurrence(initialState: .ones([matrix.shape[0]])) { s, _ in
    matvec(matrix, s)
  } jacobian: { _, _ in
    matrix
  }
}

/// z′ = A z + W relu(z) + h in two dimensions as a ReLU network of four units, relu(z) and
/// relu(−z): the networks of Eisenmann and others, NeurIPS 2023, with A = diag(a1, a2) and
/// W = [[0, w1], [w2, 0]].
func piecewise(_ a1: Double, _ a2: Double, _ w1: Double, _ w2: Double) -> CellRecurrence<
  LeakyCell<Double>
> {
  let weight = Tensor<Double>(rows: [
    [a1, w1, -a1, 0], [w2, a2, 0, -a2], [-a1, -w1, a1, 0], [-w2, -a2, 0, a2],
  ])
  let (x, y) = (0.37298253, -0.97931491)
  return autonomous(weight, bias: Tensor([x, y, -x, -y]), .relu)
}
