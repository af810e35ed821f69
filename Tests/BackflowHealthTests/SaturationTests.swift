import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Saturation of a nonlinearity` {
  private func saturation(
    _ function: ActivationFunction, inputs: [Double], slope: Double = 0.0591
  ) throws -> Saturation {
    let a = Tensor(inputs, shape: [inputs.count, 1])
    var observation = StepObservation<Double>(step: 0)
    observation.activation("layer", function, output: function == .tanh ? tanh(a) : sigmoid(a))
    return try #require(Saturation(observation.activations[0], slope: slope))
  }

  @Test func `of tanh beyond 0.97 is a slope below 0.0591 and an input beyond 2.0923`() throws {
    let bounds = try #require(ActivationFunction.tanh.liveOutputs(slope: 0.0591))
    expectClose([bounds.lowerBound, bounds.upperBound], [-0.97, 0.97], Tolerance(1e-15, scale: 1))
    let at = try saturation(.tanh, inputs: [2.09229, -2.09229, 2.09231, -2.09231, -3])
    #expect(at.low == [2] && at.high == [1] && at.samples == 5)
    expectClose(
      [at.lowShare, at.highShare, at.share], [0.4, 0.2, 0.6], Tolerance(1e-15, scale: 1))
  }

  // 4 y (1 − y) = 0.0591: y = (1 ± 0.97)/2.
  @Test func `of a sigmoid is the same at twice the input`() throws {
    let bounds = try #require(ActivationFunction.sigmoid.liveOutputs(slope: 0.0591))
    expectClose(
      [bounds.lowerBound, bounds.upperBound], [0.015, 0.985], Tolerance(1e-15, scale: 1))
    let at = try saturation(.sigmoid, inputs: [4.18458, -4.18458, 4.18461, 9, -4.18461])
    #expect(at.low == [1] && at.high == [2])
  }

  // φ′ = 1e-7, a quarter of which is a sigmoid's largest.
  @Test(arguments: [(ActivationFunction.tanh, 8.75219, 1.0), (.sigmoid, 16.11810, 0.25)])
  func `at a slope of 1e-7 begins where the derivative says`(
    function: ActivationFunction, input: Double, largest: Double
  ) throws {
    let inputs = [input - 1e-4, -input + 1e-4, input + 1e-4, -input - 1e-4]
    let at = try saturation(function, inputs: inputs, slope: 1e-7 / largest)
    #expect(at.low == [1] && at.high == [1])
  }

  // tanh′(5) = 1.8158e-4, σ′(5) = 6.6481e-3 of at most ¼.
  @Test(arguments: [(ActivationFunction.tanh, 1.8158e-4), (.sigmoid, 4 * 6.6481e-3)])
  func `at an input of 5 is at the tabulated slope`(
    function: ActivationFunction, slope: Double
  ) throws {
    #expect(try saturation(function, inputs: [5], slope: slope * 1.0001).share == 1)
    #expect(try saturation(function, inputs: [5], slope: slope * 0.9999).share == 0)
  }

  @Test func `is counted for each unit, over samples and time steps`() throws {
    // [T, B, units]: unit 0 always high, unit 1 half the time low, unit 2 never.
    let y = Tensor<Float>([1, -1, 0, 1, 0, 0, 1, -1, 0.5, 1, 0.9, 0], shape: [2, 2, 3])
    var observation = StepObservation<Float>(step: 0)
    observation.activation("layer", .tanh, output: y)
    let at = try #require(Saturation(observation.activations[0], slope: 0.0591))
    #expect(at.low == [0, 2, 0] && at.high == [4, 0, 0] && at.samples == 4)
    #expect(at.stuckUnits(0.99) == [0] && at.stuckUnits(0.4) == [0, 1])
  }

  @Test func `is counted for each gate, stuck shut or stuck open`() throws {
    var random = RandomSource(seed: 3)
    var lstm = LSTM<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    // Input gates shut, forget gates open; in the order i, f, g, o.
    lstm.cells[0][0].inputBias = Tensor([-20, -20, -20, 20, 20, 20, 0, 0, 0, 0, 0, 0])
    let x: Tensor<Double> = random.normal([4, 5, 2])
    let (_, cache) = lstm.forward(x)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recurrent("lstm", lstm, cache) }
    #expect(monitor.findings.map(\.gate) == ["forget", "input"])
    #expect(monitor.findings.allSatisfy { $0.kind == .saturation && $0.layer == "lstm.l0" })
    #expect(monitor.findings[0].statement.contains("100 % open"))
    #expect(monitor.findings[1].statement.contains("100 % shut"))
    #expect(monitor.findings.allSatisfy { $0.units == [0, 1, 2] })
  }

  @Test func `is not a matter of a ReLU, of nothing and of NaN`() throws {
    var observation = StepObservation<Double>(step: 0)
    observation.activation("relu", .relu, output: .zeros([4, 3]))
    observation.activation("empty", .tanh, output: .zeros([0, 3]))
    observation.activation("unitless", .tanh, output: .zeros([3, 0]))
    #expect(observation.activations.allSatisfy { Saturation($0, slope: 0.5) == nil })
    #expect(try saturation(.tanh, inputs: [.nan, .nan, 0]).share == 0)
  }

  @Test func `is an alarm from half of a layer on, a failure from nine tenths`() throws {
    func severity(_ saturated: Int) throws -> Finding.Severity? {
      var monitor = HealthMonitor<Double>()
      let inputs = (0..<10).map { $0 < saturated ? 9.0 : 0.0 }
      monitor.observe(0) {
        $0.activation("layer", .tanh, output: tanh(Tensor(inputs, shape: [10, 1])))
      }
      return monitor.findings.first?.severity
    }
    #expect(try severity(5) == nil)
    #expect(try severity(6) == .warning)
    #expect(try severity(10) == .failure)
  }

  @Test func `of more units than are stuck is told by units as well`() throws {
    // Two of three units always on the edge, the third never: two thirds are stuck.
    let y = Tensor<Double>([1, -1, 0, 1, -1, 0], shape: [2, 3])
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.activation("layer", .tanh, output: y) }
    let finding = try #require(monitor.alarms.first)
    #expect(finding.units == [0, 1])
    expectClose([finding.measured], [2.0 / 3], Tolerance(1e-15, scale: 1))
  }

  @Test func `limits can be changed`() {
    var thresholds = Thresholds()
    thresholds.saturatedShare = 0.05
    thresholds.saturatedSlope = 0.5
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    // φ′ = 0.42 for one of ten.
    let inputs = [1.0] + [Double](repeating: 0, count: 9)
    monitor.observe(0) {
      $0.activation("layer", .tanh, output: tanh(Tensor(inputs, shape: [10, 1])))
    }
    #expect(monitor.alarms.map(\.threshold) == [0.05])
  }
}
