import Backflow
import Foundation
import TestSupport
import Testing

/// Compares with exponents from PyTorch's automatic differentiation and NumPy's QR decomposition,
/// which scripts/fixtures/lyapunov_reference.py wrote.
@Suite struct `Lyapunov exponents of PyTorch` {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/lyapunov")

  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
    .filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(12)) }.sorted() ?? []

  @Test func `have all cases`() { #expect(Self.names.count == 34) }

  @Test(arguments: names) func `agree`(name: String) throws {
    let fixture = try Fixture(Self.folder.appendingPathComponent(name + ".safetensors").path)
    let kind = name.prefix { !$0.isNumber }.dropLast()
    switch kind {
    case "rnn_tanh": try check(fixture) { VanillaCell($0, nonlinearity: .tanh) }
    case "rnn_relu": try check(fixture) { VanillaCell($0, nonlinearity: .relu) }
    case "leaky":
      let leak = try fixture["leak"][0]
      try check(fixture) { LeakyCell($0, leak: leak) }
    case "lstm" where name.hasPrefix("lstm_2_"): try checkStack(fixture)
    case "lstm": try check(fixture) { LSTMCell($0) }
    case "gru": try check(fixture) { GRUCell($0) }
    case "original_gru": try check(fixture) { OriginalGRUCell($0) }
    case "closed_loop":
      let cell = VanillaCell(try fixture.weights(layer: 0), nonlinearity: .tanh)
      try check(
        fixture,
        ClosedLoop(
          cell, readout: fixture["readout.weight"], bias: fixture["readout.bias"],
          from: fixture["initial_state"]), steps: 400)
    default: Issue.record("no cell for \(name)")
    }
  }

  private func check<Cell: RecurrentCell<Double>>(
    _ fixture: Fixture, _ cell: (GateWeights<Double>) -> Cell
  ) throws {
    var input = try fixture["input"]
    if let lengths = fixture.checkpoint["lengths"] {
      input = input[0..<Int(try lengths.values(as: Double.self)[0])]
    }
    try check(
      fixture,
      CellRecurrence(
        cell(fixture.weights(layer: 0)), reading: input, from: fixture["initial_state"]),
      steps: input.shape[0])
  }

  private func checkStack(_ fixture: Fixture) throws {
    let network = LSTM(
      cells: [[LSTMCell(try fixture.weights(layer: 0))], [LSTMCell(try fixture.weights(layer: 1))]])
    try check(
      fixture,
      StackRecurrence(network, reading: fixture["input"], from: fixture["initial_state"]),
      steps: 400)
  }

  private func check<R: Recurrence>(
    _ fixture: Fixture, _ recurrence: R, steps: Int
  ) throws {
    let expected = try fixture["exponents"].elements
    let size = recurrence.stateSize
    let trajectory = try Trajectory(of: recurrence, steps: steps)
    let free = try spectrum(trajectory)
    if let stored = fixture.checkpoint["states"] {
      // Rounding separates the trajectories, so that the same states are compared to 1e-8, and
      // those of a free run within the standard errors.
      let states: Tensor<Double> = try stored.values()
      let along = try Trajectory(of: StoredStates(inner: recurrence, states: states), steps: steps)
      expectExponents(try spectrum(along).exponents, expected)
      if states.maxMagnitude() < 1e3 {
        for (index, value) in expected.enumerated() where value.isFinite {
          #expect(
            abs(free.exponents[index] - value) < 3 * free.standardErrors[index] + 5 / Double(steps))
        }
      }
    } else {
      expectExponents(free.exponents, expected)
      expectClose(
        trajectory.end.elements, try fixture["final_state"].elements, Tolerance(1e-10, scale: 1))
    }
    let first = recurrence.linearize(0..<1, from: recurrence.initialState)[0].derivative
    let reference = try fixture["jacobian_first"]
    let tolerance = Tolerance(1e-12, scale: max(1, reference.maxMagnitude()))
    expectClose(first.matrix.elements, reference.elements, tolerance)
    let identity = Tensor<Double>.identity(size)
    expectClose(first.multiply(identity).elements, reference.elements, tolerance)
    expectClose(
      first.multiplyTransposed(identity).elements, reference.transpose().elements, tolerance)
    try checkBackward(fixture, trajectory)
  }

  /// Compares ln ‖Jᵀ … Jᵀ covector‖ with automatic differentiation, by the backward pass of the
  /// layer.
  private func checkBackward<R: Recurrence>(
    _ fixture: Fixture, _ trajectory: Trajectory<R>
  ) throws {
    guard fixture.checkpoint["states"] == nil else { return }
    let expected = try fixture["backward_log_norms"].elements
    var gradient = try fixture["covector"].reshaped(to: [trajectory.recurrence.stateSize, 1])
    var (states, state) = ([trajectory.start], trajectory.start)
    for step in trajectory.recurrence.linearize(trajectory.steps, from: state) {
      state = step.state
      states.append(state)
    }
    for (lag, t) in trajectory.steps.reversed().enumerated() where lag < 60 {
      gradient = trajectory.recurrence.pullBack(gradient, through: t..<t + 1, from: states[t])
      let value = Foundation.log(gradient.norm())
      if expected[lag + 1].isFinite {
        #expect(abs(value - expected[lag + 1]) < 1e-9 * max(1, abs(value)))
      } else {
        #expect(value == expected[lag + 1])
        return
      }
    }
  }

  private func spectrum<R: Recurrence>(_ trajectory: Trajectory<R>) throws -> LyapunovSpectrum {
    var random = RandomSource(seed: 1)
    let size = trajectory.recurrence.stateSize
    return try LyapunovSpectrum(
      along: trajectory, basisTransient: 0, basis: .identity(size), using: &random)
  }

  private func expectExponents(
    _ actual: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (actual, expected) in zip(actual, expected) {
      if expected.isFinite {
        #expect(abs(actual - expected) < 1e-8, sourceLocation: sourceLocation)
      } else {
        #expect(actual == expected, sourceLocation: sourceLocation)
      }
    }
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    #expect(expected.count { $0.isFinite } >= 2, sourceLocation: sourceLocation)
  }
}

/// The tensors of a fixture.
private struct Fixture {
  let checkpoint: Checkpoint

  init(_ path: String) throws { checkpoint = try Checkpoint(contentsOf: path) }

  subscript(name: String) -> Tensor<Double> {
    get throws { try #require(checkpoint[name]).values() }
  }

  func weights(layer: Int) throws -> GateWeights<Double> {
    GateWeights(
      input: try self["weight_ih_l\(layer)"], recurrent: try self["weight_hh_l\(layer)"],
      inputBias: try self["bias_ih_l\(layer)"], recurrentBias: try self["bias_hh_l\(layer)"])
  }
}

/// A recurrence whose derivatives are taken at stored states, [T + 1, S].
private struct StoredStates<Inner: Recurrence>: Recurrence {
  let inner: Inner
  let states: Tensor<Double>
  var stateSize: Int { inner.stateSize }
  var stepLimit: Int? { states.shape[0] - 1 }
  var initialState: Tensor<Double> { states.select(0) }

  func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double> {
    self.states[steps.upperBound..<steps.upperBound + 1]
  }

  func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep] {
    steps.map { step in
      RecurrenceStep(
        state: states.select(step + 1),
        derivative: inner.linearize(step..<step + 1, from: states.select(step))[0].derivative)
    }
  }
}
