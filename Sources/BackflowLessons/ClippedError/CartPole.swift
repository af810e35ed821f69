public import Backflow
internal import RealModule

/// A pole hinged to a cart on a track; pushing the cart left or right at every step keeps it up.
///
///     f = (F + m l θ̇² sin θ) / M
///     θ̈ = (g sin θ − f cos θ) / (l (4/3 − m cos² θ / M))
///     ẍ = f − m l θ̈ cos θ / M
///
/// g = 9.8, the pole's mass m = 0.1 and half its length l = 0.5, the mass of cart and pole M = 1.1,
/// the push F = ±10; one step is τ = 0.02 s of Euler's method, which moves the positions by the old
/// velocities. Every step is worth a reward of 1.
///
/// Source: Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult
/// learning control problems", IEEE SMC 13, 1983, with the constants and limits of OpenAI Gym's
/// CartPole-v0.
public struct CartPole: Sendable, Equatable {
  /// Where cart and pole are, and how fast they move.
  public struct State: Sendable, Equatable {
    /// x, in metres from the middle of the track.
    public var position: Double
    /// ẋ
    public var velocity: Double
    /// θ, in radians from upright; positive is to the right.
    public var angle: Double
    /// θ̇
    public var angularVelocity: Double

    /// A state of these coordinates.
    public init(position: Double, velocity: Double, angle: Double, angularVelocity: Double) {
      self.position = position
      self.velocity = velocity
      self.angle = angle
      self.angularVelocity = angularVelocity
    }
  }

  /// What can be done: the index of an action is its raw value.
  public enum Push: Int, Sendable, CaseIterable {
    /// F = −10
    case left
    /// F = +10
    case right
  }

  /// The number of steps after which an episode ends though the pole still stands.
  public static let stepLimit = 200

  /// Where cart and pole are now.
  public private(set) var state: State
  /// The number of steps so far, which is also the sum of the rewards.
  public private(set) var steps = 0

  /// An episode that starts here.
  public init(_ state: State) { self.state = state }

  /// An episode that starts almost at rest: every coordinate is uniform on ±0.05.
  public init(using random: inout RandomSource) {
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

  /// One step of the equations above.
  public mutating func step(_ push: Push) {
    let (acceleration, angularAcceleration) = accelerations(push)
    let τ = CartPole.timeStep
    state = State(
      position: state.position + τ * state.velocity,
      velocity: state.velocity + τ * acceleration,
      angle: state.angle + τ * state.angularVelocity,
      angularVelocity: state.angularVelocity + τ * angularAcceleration)
    steps += 1
  }

  /// ẍ and θ̈.
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
  /// 2.4 m to either side of the middle.
  private static let positionLimit = 2.4
  /// 12° to either side of upright.
  private static let angleLimit = 12 * Double.pi / 180

  /// Whether the pole leans too far or the cart has left the track. There are no rewards after that.
  public var hasFailed: Bool {
    state.position.magnitude > CartPole.positionLimit || state.angle.magnitude > CartPole.angleLimit
  }

  /// Whether the episode ends, by failure or because its time is up. Only a failure ends the rewards:
  /// the clock ends the watching, and a state at step 200 is worth what it is worth at step 1.
  public var isOver: Bool { hasFailed || steps >= CartPole.stepLimit }
}

// MARK: - What a network sees

extension CartPole {
  /// x, ẋ, θ and θ̇, [4], each divided by about its largest value so that none is lost beside the
  /// others: the positions by their limits, the velocities by one limit and by ten in a second.
  public var observation: Tensor<Float> {
    let (x, θ) = (CartPole.positionLimit, CartPole.angleLimit)
    return Tensor([
      Float(state.position / x), Float(state.velocity / x),
      Float(state.angle / θ), Float(state.angularVelocity / (10 * θ)),
    ])
  }
}
