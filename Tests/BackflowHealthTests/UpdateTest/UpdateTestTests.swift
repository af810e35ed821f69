import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A Taylor test of an update` {
  private func observation<S: RealScalar>(
    _ before: Model<S>, _ gradients: Model<S>, rate: S, recorded: S? = nil,
    loss: (Model<S>) -> S
  ) throws -> UpdateTest {
    var observation = StepObservation<S>(step: 0)
    if let recorded { observation.recordLoss(recorded) }
    var after = before
    after.tensors = zip(before.tensors, gradients.tensors).map { $0 - rate * $1 }
    observation.recordUpdate(from: before, to: after, along: gradients, loss: loss)
    return try #require(observation.updateTests.first)
  }

  /// ½ Σ θ², in a loop that any precision can afford.
  private func half<S: RealScalar>(_ model: Model<S>) -> S {
    model.tensors.reduce(0) { $0 + $1.squared().sum() / 2 }
  }

  private func expectQuadratic<S: RealScalar>(_: S.Type, scale: S) throws {
    let model = Model<S>([
      "0.weight": scale * Tensor(samples(12), shape: [3, 4]), "0.bias": scale * Tensor(samples(3)),
    ])
    let test = try observation(model, model, rate: 0.1, recorded: half(model), loss: half)
    // θ − ηθ: g·Δθ = −η‖θ‖², and the loss changes by ½((1 − η)² − 1)‖θ‖².
    let square = 2 * Double(half(model))
    let tolerance = Tolerance(S.self, length: 64, scale: 1)
    expectClose([test.predicted / square, test.change / square], [-0.1, -0.095], tolerance)
    expectClose([try #require(test.fullRatio)], [0.95], Tolerance(S.self, length: 1024, scale: 1))
    // Central differences of a quadratic are exact up to rounding, a sixteenth of the step long.
    expectClose(
      [try #require(test.partRatio)], [1], Tolerance(S.self, length: 4096, scale: 1))
    #expect(test.otherLoss == nil)
  }

  @Test(arguments: [1e-6, 1, 1e6]) func `has closed forms on a quadratic`(scale: Double) throws {
    try expectQuadratic(Double.self, scale: scale)
    try expectQuadratic(Float.self, scale: Float(scale))
  }

  /// Two layers of which one has a gradient that is `factor` times the right one.
  private func ratios(_ factor: Double) throws -> [String: Double] {
    let model = Model<Double>([
      "a.weight": Tensor(samples(12), shape: [3, 4]),
      "b.weight": Tensor(samples(6), shape: [2, 3]),
    ])
    var wrong = model
    wrong.tensors[1] = factor * model.tensors[1]
    var monitor = HealthMonitor<Double>()
    var ratios: [String: Double] = [:]
    monitor.observe(0, loss: half(model)) {
      $0.recordUpdate(from: model, to: model.map { 0.99 * $0 }, along: wrong, loss: half)
      for parameter in $0.updateTests[0].parameters { ratios[parameter.name] = parameter.ratio }
    }
    return ratios
  }

  // Along a gradient of f times the right one, the loss changes by 1/f of what is predicted, up to
  // the curvature over a step of 2⁻¹⁶ of the length of the parameter.
  @Test(arguments: [-1.0, 0.5, 2]) func `says for each parameter by how much`(factor: Double) throws
  {
    let found = try ratios(factor)
    let (right, wrong) = (try #require(found["a.weight"]), try #require(found["b.weight"]))
    #expect(right == 1 && (wrong * factor - 1).magnitude < 0x1p-16)
  }

  @Test func `does not count what is lost in the rounding of the loss`() throws {
    let model = Model<Float>(["weight": Tensor([1, 2], shape: [1, 2])])
    let gradients = model.map { 1e-9 * $0 }
    let test = try observation(model, gradients, rate: 1) { _ in 1 }
    #expect(test.partRatio == nil && test.parameters.isEmpty)
  }

  // Two models in one training, each with a loss of its own; the gradient of the second has the
  // wrong sign.
  @Test(arguments: ["", "critic."]) func `keeps models apart`(prefix: String) throws {
    let actor = Model<Double>([
      "a.weight": Tensor(samples(12), shape: [3, 4]),
      "b.weight": Tensor(samples(6), shape: [2, 3]),
    ])
    let critic = actor.map { 3 * $0 }
    var monitor = HealthMonitor<Double>()
    for step in 0..<12 {
      monitor.observe(step) {
        $0.recordUpdate(
          from: actor, to: actor.map { 0.99 * $0 }, along: actor, at: half(actor), loss: half)
        $0.recordUpdate(
          from: critic, to: critic.map { 1.01 * $0 }, along: critic.map { -$0 }, prefix: prefix,
          at: half(critic), loss: half)
      }
    }
    let name = prefix.isEmpty ? "model2" : "critic"
    #expect(monitor.alarms.map(\.kind) == [.ascent])
    #expect(monitor.alarms.map(\.layer) == ["the loss of \(name)"])
  }

  @Test func `sees that it was given another loss`() throws {
    let model = Model<Double>(["weight": Tensor([1, 2], shape: [1, 2])])
    let test = try observation(model, model, rate: 0.1, recorded: 2.5001, loss: half)
    #expect(test.otherLoss?.evaluated == 2.5 && test.partRatio == nil)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0, loss: 2.5001) {
      $0.recordUpdate(from: model, to: model.map { 0.9 * $0 }, along: model, loss: half)
    }
    #expect(monitor.findings.map(\.kind) == [.wrongRecord])
    #expect(monitor.findings[0].cure.contains("the same seed for dropout"))
  }

  @Test func `evaluates four times, and two times more for each parameter that is tested`() throws {
    let names = (0..<6).map { "\($0).weight" }
    var model = Model<Double>([:])
    model.names = names
    model.tensors = names.indices.map { Tensor(samples(4, seed: UInt64($0)), shape: [2, 2]) }
    var monitor = HealthMonitor<Double>()
    var counts: [Int] = []
    for step in 0..<6 {
      var count = 0
      monitor.observe(step, loss: half(model)) {
        $0.recordUpdate(from: model, to: model.map { 0.99 * $0 }, along: model) {
          count += 1
          return half($0)
        }
      }
      counts.append(count)
    }
    // Four layers at a time until all six have three ratios.
    #expect(counts == [12, 12, 12, 12, 8, 4])
  }
}
