import Backflow
import Foundation

/// Whether this is a debug build, in which tests follow fewer steps.
#if DEBUG
  let isDebug = true
#else
  let isDebug = false
#endif

/// Systems whose Lyapunov exponents are known.
enum KnownSystems {
  /// x′ = 1 − a x² + y, y′ = b x (Hénon, 1976).
  static func henon(a: Double = 1.4, b: Double = 0.3) -> MapRecurrence {
    MapRecurrence(initialState: Tensor([0.1, 0.1])) { state, _ in
      Tensor([1 - a * state[0] * state[0] + state[1], b * state[0]])
    } jacobian: { state, _ in
      Tensor(rows: [[-2 * a * state[0], 1], [b, 0]])
    }
  }

  /// x′ = r x (1 − x).
  static func logistic(r: Double, from start: Double = 0.3) -> MapRecurrence {
    MapRecurrence(initialState: Tensor([start])) { state, _ in
      r * state * (1 - state)
    } jacobian: { state, _ in
      Tensor([r * (1 - 2 * state[0])], shape: [1, 1])
    }
  }

  /// s′ = A s, scaled to norm 1, because only the derivative, A, matters.
  static func linear(_ matrix: Tensor<Double>) -> MapRecurrence {
    let size = matrix.shape[0]
    return MapRecurrence(initialState: .zeros([size])) { state, _ in
      state
    } jacobian: { _, _ in
      matrix
    }
  }

  /// Products of independent matrices g N^−½ randn (Newman, Commun. Math. Phys. 103, 1986).
  static func gaussianProduct(size: Int, gain: Double, seed: UInt64) -> MapRecurrence {
    MapRecurrence(initialState: .zeros([size])) { state, _ in
      state
    } jacobian: { _, step in
      var random = RandomSource(seed: seed &+ UInt64(step))
      let scale = gain / Double(size).squareRoot()
      return random.normal([size, size]) * scale
    }
  }

  /// λ_i = ln g + ½ (ln(2/N) + ψ((N − i + 1)/2)), exact for every N.
  static func newman(size: Int, gain: Double) -> [Double] {
    (1...size).map { i in
      let n = Double(size)
      return Foundation.log(gain) + (Foundation.log(2 / n) + digamma(Double(size - i + 1) / 2)) / 2
    }
  }

  /// ψ(x) for a half-integer, by ψ(x + 1) = ψ(x) + 1/x from ψ(1) = −γ and ψ(½) = −γ − 2 ln 2.
  static func digamma(_ x: Double) -> Double {
    let euler = 0.577_215_664_901_532_86
    var (value, at) = x == x.rounded() ? (-euler, 1.0) : (-euler - 2 * Foundation.log(2), 0.5)
    while at < x { (value, at) = (value + 1 / at, at + 1) }
    return value
  }

  /// One step of the classical Runge–Kutta method for the Lorenz system, with the derivative of the
  /// step.
  static func lorenz(
    sigma: Double = 10, rho: Double = 28, beta: Double = 8.0 / 3, step dt: Double
  ) -> MapRecurrence {
    @Sendable func field(_ s: Tensor<Double>) -> Tensor<Double> {
      Tensor([
        sigma * (s[1] - s[0]), s[0] * (rho - s[2]) - s[1], s[0] * s[1] - beta * s[2],
      ])
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
      let points = stages(s)
      let k = points.map(field)
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

  /// A vanilla tanh network with W_hh = g N^−½ randn, no input and no bias.
  static func randomNetwork(size: Int, gain: Double, seed: UInt64) -> CellRecurrence<
    VanillaCell<Double>
  > {
    var random = RandomSource(seed: seed)
    let weight: Tensor<Double> = random.normal([size, size]) * (gain / Double(size).squareRoot())
    let cell = VanillaCell(
      GateWeights(input: .zeros([size, 1]), recurrent: weight), nonlinearity: .tanh)
    return CellRecurrence(cell, from: random.normal([size]))
  }
}
