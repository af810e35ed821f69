import Backflow
import BackflowLessons
import TestSupport
import Testing

@Suite struct `The cart and its pole` {
  static let rest = CartPole.State(position: 0, velocity: 0, angle: 0, angularVelocity: 0)

  // f = 100/11, θ̈ = −f / (½ (4/3 − 1/11)) = −600/41, ẍ = f + (1/22) 600/41 = 400/41.
  @Test(arguments: [(CartPole.Push.right, 1.0), (.left, -1.0)])
  func `move from rest as computed by hand`(push: CartPole.Push, sign: Double) {
    var cartPole = CartPole(Self.rest)
    cartPole.step(push)
    expect(cartPole.state, [0, sign * 0.02 * 400 / 41, 0, -sign * 0.02 * 600 / 41])
    #expect(cartPole.steps == 1)
  }

  // With cos θ = 0 the pole falls freely, θ̈ = g / (4/3 l), and pulls the cart by m l θ̇².
  @Test func `move from a horizontal pole as computed by hand`() {
    var cartPole = CartPole(
      CartPole.State(position: 1, velocity: 3, angle: .pi / 2, angularVelocity: 2))
    cartPole.step(.right)
    expect(
      cartPole.state, [1.06, 3 + 0.02 * 10.2 / 1.1, .pi / 2 + 0.04, 2 + 0.02 * 14.7])
  }

  @Test func `move symmetrically`() {
    let state = CartPole.State(position: 0.3, velocity: -0.7, angle: 0.1, angularVelocity: 1.1)
    let mirrored = CartPole.State(
      position: -0.3, velocity: 0.7, angle: -0.1, angularVelocity: -1.1)
    var (left, right) = (CartPole(state), CartPole(mirrored))
    left.step(.left)
    right.step(.right)
    expect(left.state, coordinates(right.state).map { -$0 })
  }

  @Test func `fail beyond the limits but not at them`() {
    func fails(position: Double, degrees: Double) -> Bool {
      CartPole(
        CartPole.State(
          position: position, velocity: 9, angle: degrees * .pi / 180, angularVelocity: 9)
      ).hasFailed
    }
    #expect(!fails(position: 2.4, degrees: 11.99) && !fails(position: -2.4, degrees: -11.99))
    #expect(fails(position: 2.41, degrees: 0) && fails(position: -2.41, degrees: 0))
    #expect(fails(position: 0, degrees: 12.01) && fails(position: 0, degrees: -12.01))
  }

  @Test func `fall if they are always pushed one way, which ends the rewards`() {
    var cartPole = CartPole(Self.rest)
    while !cartPole.isOver { cartPole.step(.right) }
    #expect(cartPole.hasFailed && cartPole.steps < 20)
  }

  @Test func `stand to the last step if pushed against the lean, which does not end the rewards`() {
    var random = RandomSource(seed: 3)
    var cartPole = CartPole(using: &random)
    while !cartPole.isOver {
      let lean = cartPole.state.angle + cartPole.state.angularVelocity
      cartPole.step(lean > 0 ? .right : .left)
    }
    #expect(cartPole.steps == CartPole.stepLimit && !cartPole.hasFailed)
  }

  @Test func `start within 0.05 of rest`() {
    var random = RandomSource(seed: 1)
    let starts = (0..<1000).flatMap { _ in coordinates(CartPole(using: &random).state) }
    #expect(starts.allSatisfy { (-0.05..<0.05).contains($0) })
    #expect((starts.min() ?? 0) < -0.049 && (starts.max() ?? 0) > 0.049)
  }

  @Test func `are observed in units of their limits`() {
    let state = CartPole.State(
      position: 1.2, velocity: -2.4, angle: .pi / 15, angularVelocity: -.pi / 3)
    expectClose(
      CartPole(state).observation.elements.map(Double.init), [0.5, -1, 1, -0.5],
      Tolerance(Float.self, length: 1, scale: 1))
  }

  private func coordinates(_ state: CartPole.State) -> [Double] {
    [state.position, state.velocity, state.angle, state.angularVelocity]
  }

  private func expect(_ state: CartPole.State, _ expected: [Double]) {
    expectClose(coordinates(state), expected, Tolerance(Double.self, length: 4, scale: 4))
  }
}
