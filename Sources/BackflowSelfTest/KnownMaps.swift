internal import Backflow
internal import RealModule

/// Recurrences with known Lyapunov exponents.
enum KnownMaps {
  /// x′ = 1 − a x² + y, y′ = b x (Hénon, 1976).
  static let henon = MapRecurrence(initialState: Tensor([0.1, 0.1])) { state, _ in
    Tensor([1 - 1.4 * state[0] * state[0] + state[1], 0.3 * state[0]])
  } jacobian: { state, _ in
    Tensor(rows: [[-2.8 * state[0], 1], [0.3, 0]])
  }

  /// x′ = 4 x (1 − x)
  static let logistic = MapRecurrence(initialState: Tensor([0.3])) { state, _ in
    4 * state * (1 - state)
  } jacobian: { state, _ in
    Tensor([4 - 8 * state[0]], shape: [1, 1])
  }

  /// s′ = A s, whose state does not matter for the derivative.
  static func linear(_ matrix: Tensor<Double>) -> MapRecurrence {
    MapRecurrence(initialState: .zeros([matrix.shape[0]])) { state, _ in
      state
    } jacobian: { _, _ in
      matrix
    }
  }

  /// Products of independent matrices N^−½ randn.
  static func gaussianProduct(size: Int) -> MapRecurrence {
    MapRecurrence(initialState: .zeros([size])) { state, _ in
      state
    } jacobian: { _, step in
      KnownMatrices.gaussian(size, gain: 1, seed: 1 &+ UInt64(step))
    }
  }

  /// A step of the classical Runge–Kutta method for the Lorenz system with σ = 10, ρ = 28 and
  /// β = 8/3.
  static func lorenz(step dt: Double) -> MapRecurrence {
    @Sendable func field(_ s: Tensor<Double>) -> Tensor<Double> {
      let (x, y, z) = (s[0], s[1], s[2])
      return Tensor([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
    }
    @Sendable func derivative(_ s: Tensor<Double>) -> Tensor<Double> {
      Tensor(rows: [[-10, 10, 0], [28 - s[2], -1, -s[0]], [s[1], s[0], -8 / 3]])
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
  static func network(
    _ weight: Tensor<Double>, bias: Tensor<Double>? = nil, _ nonlinearity: Nonlinearity = .tanh,
    from state: Tensor<Double>? = nil
  ) -> CellRecurrence<VanillaCell<Double>> {
    let units = weight.shape[0]
    let weights = GateWeights(
      input: .zeros([units, 1]), recurrent: weight, inputBias: bias ?? .zeros([units]),
      recurrentBias: .zeros([units]))
    return CellRecurrence(VanillaCell(weights, nonlinearity: nonlinearity), from: state)
  }
}
