import Backflow
import TestSupport
import Testing

@Suite struct `The rules of other tools` {
  /// The verdict of one rule about one layer.
  private func verdict(
    _ tool: PeerProfile, _ rule: String, _ layer: String, _ observation: StepObservation<Double>
  ) throws -> PeerVerdict {
    try #require(
      tool.verdicts(on: observation).first { $0.rule == rule && $0.layer == layer })
  }

  private func activation(_ function: Nonlinearity, inputs: [Double]) -> StepObservation<
    Double
  > {
    let a = Tensor(inputs).reshaped(to: [inputs.count, 1])
    let y = function == .tanh ? tanh(a) : function == .sigmoid ? sigmoid(a) : relu(a)
    var observation = StepObservation<Double>(step: 0)
    observation.recordActivation("layer", function, output: y, input: a)
    return observation
  }

  @Test func `accept a tanh that has lost 94 % of its gradient, unlike makemore and Backflow`()
    throws
  {
    // |a| = 2.1 is φ′ = 0.0583 of at most 1.
    let seen = activation(.tanh, inputs: [2.1, -2.1, 2.1, 2.1])
    #expect(try verdict(.sageMakerDebugger, "saturated tanh", "layer", seen).fires == false)
    #expect(try verdict(.deepDiagnosis, "saturated activation", "layer", seen).fires == false)
    let makemore = try verdict(.makemore, "saturated", "layer", seen)
    #expect(makemore.fires == nil && makemore.measured == 1)
    var monitor = HealthMonitor<Double>()
    monitor.judge(seen)
    #expect(monitor.alarms.map(\.kind) == [.saturation])
  }

  @Test func `fire where their windows end`() throws {
    for (inputs, fires) in [([9.6, 10, 11], true), ([9.4, 9.4, 9.4], false)] {
      let seen = activation(.tanh, inputs: inputs)
      #expect(try verdict(.sageMakerDebugger, "saturated tanh", "layer", seen).fires == fires)
      #expect(try verdict(.deepDiagnosis, "saturated activation", "layer", seen).fires == true)
    }
    // The window of a sigmoid is not symmetric, its derivative is.
    let high = activation(.sigmoid, inputs: [18, 18])
    let low = activation(.sigmoid, inputs: [-18, -18])
    #expect(try verdict(.sageMakerDebugger, "saturated sigmoid", "layer", high).fires == true)
    #expect(try verdict(.sageMakerDebugger, "saturated sigmoid", "layer", low).fires == false)
  }

  @Test func `detect a dead ReLU by units or by entries`() throws {
    // One unit of two is off for all; the other is on for half.
    var observation = StepObservation<Double>(step: 0)
    observation.recordActivation(
      "layer", .relu, output: Tensor([0, 1, 0, 0, 0, 2, 0, 0]).reshaped(to: [4, 2]))
    let units = try verdict(.sageMakerDebugger, "dead ReLU", "layer", observation)
    #expect(units.measured == 0.5 && units.fires == false)
    let entries = try verdict(.deepDiagnosis, "dead ReLU", "layer", observation)
    #expect(entries.measured == 0.75 && entries.fires == true)
  }

  private func model(
    _ weights: [Tensor<Double>], gradients: [Tensor<Double>], after: [Tensor<Double>]? = nil
  ) -> StepObservation<Double> {
    func network(_ weights: [Tensor<Double>]) -> Sequential<Double> {
      Sequential(weights.map { Dense(weight: $0, bias: .zeros([$0.shape[0]])) })
    }
    var observation = StepObservation<Double>(step: 0)
    observation.recordParameters(
      network(weights), gradients: network(gradients), after: after.map(network))
    return observation
  }

  @Test func `take sparse inputs for dying ReLUs and overlook a layer in the middle`() throws {
    let weights = (0..<3).map { _ in Tensor<Double>(repeating: 0.5, shape: [2, 4]) }
    let sparse = Tensor<Double>([0, 0, 0, 1, 0, 0, 0, 1]).reshaped(to: [2, 4])
    let seen = model(weights, gradients: [sparse, sparse, sparse])
    #expect(try verdict(.autotrainer, "dying ReLU", "all kernels", seen).fires == true)

    let ones = Tensor<Double>(repeating: 1, shape: [2, 4])
    let flat = model(weights, gradients: [ones, ones * 1e-12, ones])
    #expect(try verdict(.autotrainer, "gradient vanish", "0.weight", flat).fires == false)
    #expect(try verdict(.sageMakerDebugger, "vanishing gradient", "1.weight", flat).fires == true)
    let steep = model(weights, gradients: [ones * 71, ones, ones])
    #expect(try verdict(.autotrainer, "gradient explode", "0.weight", steep).fires == true)
  }

  @Test func `judge weights and updates`() throws {
    let weight = Tensor<Double>([6, 1, -2, 3]).reshaped(to: [2, 2])
    let seen = model([weight], gradients: [weight], after: [weight * 1.001])
    #expect(try verdict(.autotrainer, "large weights", "0.weight", seen).fires == true)
    #expect(try verdict(.autotrainer, "large weights", "0.bias", seen).fires == false)
    let ratio = try verdict(.sageMakerDebugger, "weight update ratio", "0.weight", seen)
    #expect((ratio.measured - 1e-3).magnitude < 1e-12 && ratio.fires == false)
    #expect(
      (try verdict(.makemore, "update : data", "0.weight", seen).measured + 3).magnitude < 1e-10)
    #expect(try verdict(.sageMakerDebugger, "unchanged tensor", "0.weight", seen).fires == false)
    let still = model([weight], gradients: [weight], after: [weight])
    #expect(try verdict(.sageMakerDebugger, "unchanged tensor", "0.weight", still).fires == true)
    let initial = model([weight * 10], gradients: [weight])
    #expect(
      try verdict(.deepDiagnosis, "poor weight initialization", "0.weight", initial).fires == true)
  }

  @Test func `survive NaN, infinity and nothing`() throws {
    let bad = Tensor<Double>([.nan, .infinity, -.infinity, 0]).reshaped(to: [2, 2])
    var seen = model([bad], gradients: [bad], after: [bad])
    seen.recordActivation("layer", .relu, output: bad)
    seen.recordActivation("layer", .tanh, output: bad, input: bad)
    for tool in PeerProfile.allCases { #expect(!tool.verdicts(on: seen).isEmpty) }
    #expect(
      try verdict(.sageMakerDebugger, "exploding tensor", "0.weight", seen).measured == 3)
    // One of the four entries of the weight is 0; a bias is not a kernel.
    #expect(try verdict(.autotrainer, "dying ReLU", "all kernels", seen).measured == 0.25)
    for tool in PeerProfile.allCases {
      #expect(tool.verdicts(on: StepObservation<Double>(step: 0)).isEmpty)
    }
  }
}
