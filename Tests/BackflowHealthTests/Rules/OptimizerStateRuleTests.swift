import Backflow
import Testing

@Suite struct `The monitor's view of the optimizer` {
  private let model = Dense<Float>(weight: .ones([2, 3]), bias: .zeros([2]))

  private func rules() -> [any Optimizer<Float>] {
    [
      SGD(for: model, learningRate: 0.1, momentum: 0.9), RMSProp(for: model), Adagrad(for: model),
      Adam(for: model), AdamW(for: model),
    ]
  }

  private func gradients(_ value: Float) -> Dense<Float> {
    Dense(weight: Tensor(repeating: value, shape: [2, 3]), bias: .ones([2]))
  }

  @Test func `names the moment and the parameter that are infinite, once`() throws {
    let state = Adam(for: model).state
    var tensors = Array(zip(state.names, state.tensors))
    for (index, element) in [(2, 4), (3, 1)] {
      tensors[index].1 = infinite(tensors[index].1, element)
    }
    let infinite = OptimizerState(step: 7, tensors.map { (name: $0.0, value: $0.1) })

    var monitor = HealthMonitor<Float>()
    #expect(monitor.observe(6) { $0.recordOptimizer(state) } == [])
    let findings = monitor.observe(7) { $0.recordOptimizer(infinite) }
    let finding = try #require(findings.first)
    #expect(findings.count == 1 && finding.kind == .nonFinite && finding.severity == .failure)
    #expect(finding.layer == "weight" && finding.step == 7 && finding.measured == 1)
    #expect(finding.statement.contains("exp_avg_sq.weight"))
    #expect(finding.statement.contains("; 1 other tensor of it has"))
    #expect(monitor.observe(8) { $0.recordOptimizer(infinite) } == [])
  }

  private func infinite(_ tensor: Tensor<Float>, _ element: Int) -> Tensor<Float> {
    var elements = tensor.elements
    elements[element] = .infinity
    return Tensor(elements, shape: tensor.shape)
  }

  @Test(arguments: [Float.nan, .infinity])
  func `finds what a gradient that is not finite leaves behind`(bad: Float) throws {
    for var optimizer in rules() {
      var (trained, monitor) = (model, HealthMonitor<Float>())
      optimizer.update(&trained, along: gradients(bad))
      // The parameters are put back, and the gradients are finite again.
      trained = model
      optimizer.update(&trained, along: gradients(1))
      monitor.observe(1) { $0.recordOptimizer(optimizer.state) }
      let finding = try #require(monitor.findings.first)
      #expect(finding.layer == "weight" && finding.measured == 6)
    }
  }

  @Test func `finds nothing for finite gradients of any size`() {
    for var optimizer in rules() {
      var (trained, monitor) = (model, HealthMonitor<Float>())
      for (step, size) in [1e-38, 1, 1e18, 3e37, -3e37, 1, 0].enumerated() {
        optimizer.update(&trained, along: gradients(Float(size)))
        monitor.observe(step) { $0.recordOptimizer(optimizer.state) }
      }
      #expect(monitor.findings == [])
    }
  }
}
