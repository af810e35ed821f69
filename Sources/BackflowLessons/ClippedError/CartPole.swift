package import Backflow
internal import RealModule

/// The cart-pole task: a pole hinged to a cart on a track is balanced by pushing the cart left or
/// right at each step.
///
///     f = (F + m l θ̇² sin θ) / M
///     θ̈ = (g sin θ − f cos θ) / (l (4/3 − m cos² θ / M))
///     ẍ = f − m l θ̈ cos θ / M
///
/// The constants are g = 9.8, the mass of the pole m = 0.1, half its length l = 0.5, the mass of
/// cart and pole M = 1.1, and the push F = ±10. A step is τ = 0.02 s of Euler's method, in which
/// the old velocities change the positions. The reward of every step is 1.
///
/// Source: Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult
/// learning control problems", IEEE SMC 13, 1983, with the constants and limits of OpenAI Gym's
/// CartPole-v0.
package struct CartPole: Sendable, Equatable {
  /// The positions and velocities of cart and pole.
  package struct State: Sendable, Equatable {
    /// The position x of the cart, in meters from the middle of the track.
    package var position: Double
    /// The velocity ẋ of the cart.
    package var velocity: Double
    /// The angle θ of the pole, in radians from upright; positive to the right.
    package var angle: Double
    /// The angular velocity θ̇ of the pole.
    package var angularVelocity: Double

    /// Creates a state from its coordinates.
    package init(position: Double, velocity: Double, angle: Double, angularVelocity: Double) {
      self.position = position
      self.velocity = velocity
      self.angle = angle
      self.angularVelocity = angularVelocity
    }
  }

  /// An action, whose raw value is its index.
  package enum Push: Int, Sendable, CaseIterable {
    /// A push to the left, F = −10.
    case left
    /// A push to the right, F = +10.
    case right
  }

  /// The number of steps after which an episode ends although the pole has not fallen.
  package static let stepLimit = 200

  /// The current state.
  package private(set) var state: State
  /// The number of steps so far, which is also the sum of the rewards.
  package private(set) var steps = 0

  /// Creates an episode from its initial state.
  package init(_ state: State) { self.state = state }

  /// Creates an episode whose initial coordinates are uniform on ±0.05.
  package init(using random: inout RandomSource) {
    func small() -> Double { 0.1 * random.uniform() - 0.05 }
    self.init(
      State(position: small(), velocity: small(), angle: small(), angularVelocity: small()))
  }
}

// MARK: - Motion

extension CartPole {
  private static let gravity = 9.8
  private static let poleMass = 0.1
  private static let halfLength = 0.5
  private static let totalMass = 1.1
  private static let force = 10.0
  private static let timeStep = 0.02

  /// Performs one step by the equations above.
  package mutating func step(_ push: Push) {
    let (acceleration, angularAcceleration) = accelerations(push)
    let τ = CartPole.timeStep
    state = State(
      position: state.position + τ * state.velocity,
      velocity: state.velocity + τ * acceleration,
      angle: state.angle + τ * state.angularVelocity,
      angularVelocity: state.angularVelocity + τ * angularAcceleration)
    steps += 1
  }

  /// Returns the accelerations ẍ and θ̈.
  private func accelerations(_ push: Push) -> (Double, Double) {
    let (g, m, l, M) = (
      CartPole.gravity, CartPole.poleMass, CartPole.halfLength, CartPole.totalMass
    )
    let F = push == .right ? CartPole.force : -CartPole.force
    let (sinθ, cosθ) = (Double.sin(state.angle), Double.cos(state.angle))
    let ω = state.angularVelocity

    let f = (F + m * l * ω * ω * sinθ) / M
    let angular = (g * sinθ - f * cosθ) / (l * (4 / 3 - m * cosθ * cosθ / M))
    return (f - m * l * angular * cosθ / M, angular)
  }
}

// MARK: - The end of an episode

extension CartPole {
  /// The limit of the position: 2.4 m to either side of the middle.
  private static let positionLimit = 2.4
  /// The limit of the angle: 12° to either side of upright.
  private static let angleLimit = 12 * Double.pi / 180

  /// Whether the pole has fallen or the cart has left the track. There are no further rewards.
  package var hasFailed: Bool {
    state.position.magnitude > CartPole.positionLimit || state.angle.magnitude > CartPole.angleLimit
  }

  /// Whether the episode ends, by failure or by its time limit. Only a failure ends the rewards;
  /// the time limit does not change the value of a state.
  package var isOver: Bool { hasFailed || steps >= CartPole.stepLimit }
}

// MARK: - The input of a network

extension CartPole {
  /// x, ẋ, θ, and θ̇, [4], each scaled to a comparable range: the positions by their limits, and
  /// the velocities by one and by ten limits per second.
  package var observation: Tensor<Float> {
    let (x, θ) = (CartPole.positionLimit, CartPole.angleLimit)
    return Tensor([
      Float(state.position / x), Float(state.velocity / x),
      Float(state.angle / θ), Float(state.angularVelocity / (10 * θ)),
    ])
  }
}
