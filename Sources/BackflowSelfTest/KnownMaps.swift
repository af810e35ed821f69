package import Backflow
internal import RealModule

/// Recurrences with known Lyapunov exponents, fixed points, or cycles, for the self-test and for
/// the tests.
package enum KnownMaps {
  /// x′ = 1 − a x² + y, y′ = b x (Hénon, 1976).
  package static func henon(a: Double = 1.4, b: Double = 0.3) -> MapRecurrence {
    MapRecurrence(initialState: Tensor([0.1, 0.1])) { state, _ in
      Tensor([1 - a * state[0] * state[0] + state[1], b * state[0]])
    } jacobian: { state, _ in
      Tensor(rows: [[-2 * a * state[0], 1], [b, 0]])
    }
  }

  /// x′ = r x (1 − x)
  package static func logistic(r: Double, from start: Double = 0.3) -> MapRecurrence {
    MapRecurrence(initialState: Tensor([start])) { state, _ in
      r * state * (1 - state)
    } jacobian: { state, _ in
      Tensor([r * (1 - 2 * state[0])], shape: [1, 1])
    }
  }

  /// s′ = A s, whose state, which is kept at 0, does not matter for the derivative.
  package static func linear(_ matrix: Tensor<Double>) -> MapRecurrence {
    MapRecurrence(initialState: .zeros([matrix.shape[0]])) { state, _ in
      state
    } jacobian: { _, _ in
      matrix
    }
  }

  /// Products of independent matrices g N^−½ randn (Newman, Commun. Math. Phys. 103, 1986).
  package static func gaussianProduct(
    size: Int, gain: Double = 1, seed: UInt64 = 1
  ) -> MapRecurrence {
    MapRecurrence(initialState: .zeros([size])) { state, _ in
      state
    } jacobian: { _, step in
      KnownMatrices.gaussian(size, gain: gain, seed: seed &+ UInt64(step))
    }
  }

  /// Their exponents λ_i = ln g + ½ (ln(2/N) + ψ((N − i + 1)/2)), exact for every N.
  package static func newman(size: Int, gain: Double = 1) -> [Double] {
    (1...size).map {
      let digamma = polygamma(Double(size - $0 + 1) / 2).digamma
      return Double.log(gain) + (Double.log(2 / Double(size)) + digamma) / 2
    }
  }

  /// The variances ¼ ψ′((N − i + 1)/2) of the growth of a step.
  package static func newmanVariances(size: Int) -> [Double] {
    (1...size).map { polygamma(Double(size - $0 + 1) / 2).trigamma / 4 }
  }

  /// ψ and ψ′ of a positive multiple of ½, by their recurrences from 1 and ½.
  private static func polygamma(_ x: Double) -> (digamma: Double, trigamma: Double) {
    let euler = 0.577_215_664_901_532_86
    let square = Double.pi * Double.pi
    var (first, second, at) =
      x == x.rounded()
      ? (-euler, square / 6, 1.0) : (-euler - 2 * Double.log(2), square / 2, 0.5)
    while at < x { (first, second, at) = (first + 1 / at, second - 1 / (at * at), at + 1) }
    return (first, second)
  }

  /// A step of the classical Runge–Kutta method for the Lorenz system, with its derivative.
  package static func lorenz(
    sigma: Double = 10, rho: Double = 28, beta: Double = 8.0 / 3, step dt: Double
  ) -> MapRecurrence {
    @Sendable func field(_ s: Tensor<Double>) -> Tensor<Double> {
      let (x, y, z) = (s[0], s[1], s[2])
      return Tensor([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])
    }
    @Sendable func derivative(_ s: Tensor<Double>) -> Tensor<Double> {
      Tensor(rows: [[-sigma, sigma, 0], [rho - s[2], -1, -s[0]], [s[1], s[0], -beta]])
    }
    @Sendable func stages(_ s: Tensor<Double>) -> [Tensor<Double>] {
      let k1 = field(s)
      let k2 = field(s + k1 * (dt / 2))
      let k3 = field(s + k2 * (dt / 2))
      return [s, s + k1 * (dt / 2), s + k2 * (dt / 2), s + k3 * dt]
    }
    return MapRecurrence(initialState: Tensor([1, 1, 20])) { s, _ in
      let k = stages(s).map(field)
      return s + (k[0] + 2 * k[1] + 2 * k[2] + k[3]) * (dt / 6)
    } jacobian: { s, _ in
      let points = stages(s)
      let eye = Tensor<Double>.identity(3)
      let k1 = derivative(points[0])
      let k2 = matmul(derivative(points[1]), eye + k1 * (dt / 2))
      let k3 = matmul(derivative(points[2]), eye + k2 * (dt / 2))
      let k4 = matmul(derivative(points[3]), eye + k3 * dt)
      return eye + (k1 + 2 * k2 + 2 * k3 + k4) * (dt / 6)
    }
  }

  /// A network without input.
  package static func network(
    _ weight: Tensor<Double>, bias: Tensor<Double>? = nil, _ nonlinearity: Nonlinearity = .tanh,
    from state: Tensor<Double>? = nil
  ) -> CellRecurrence<VanillaCell<Double>> {
    let units = weight.shape[0]
    let weights = GateWeights(
      input: .zeros([units, 1]), recurrent: weight, inputBias: bias ?? .zeros([units]),
      recurrentBias: .zeros([units]))
    return CellRecurrence(VanillaCell(weights, nonlinearity: nonlinearity), from: state)
  }

  /// A vanilla tanh network with W_hh = g N^−½ randn, no input, no bias, and a random initial
  /// state.
  package static func randomNetwork(
    size: Int, gain: Double, seed: UInt64
  ) -> CellRecurrence<VanillaCell<Double>> {
    var random = RandomSource(seed: seed)
    let weight: Tensor<Double> = random.normal([size, size]) * (gain / Double(size).squareRoot())
    return network(weight, from: random.normal([size]))
  }

  /// The tent map μ min(y, 1 − y) of y = h_1 − 2 h_2 as a ReLU network.
  package static func tent(
    _ slope: Double, from state: Tensor<Double>? = nil
  ) -> CellRecurrence<VanillaCell<Double>> {
    network(
      Tensor(rows: [[slope, -2 * slope], [slope, -2 * slope]]), bias: Tensor([0, -0.5]), .relu,
      from: state)
  }

  /// z′ = A z + W relu(z) + h in two dimensions as a ReLU network of four units, relu(z) and
  /// relu(−z): the networks of Eisenmann and others, NeurIPS 2023, with A = diag(a1, a2) and
  /// W = [[0, w1], [w2, 0]].
  package static func planarReLU(
    _ a1: Double, _ a2: Double, _ w1: Double, _ w2: Double
  ) -> CellRecurrence<VanillaCell<Double>> {
    let weight = Tensor<Double>(rows: [
      [a1, w1, -a1, 0], [w2, a2, 0, -a2], [-a1, -w1, a1, 0], [-w2, -a2, 0, a2],
    ])
    let (x, y) = (0.37298253, -0.97931491)
    return network(weight, bias: Tensor([x, y, -x, -y]), .relu)
  }
}
