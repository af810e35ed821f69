import Backflow
import TestSupport
import Testing

@Suite struct `Symmetric units` {
  private func findings(
    _ weight: Tensor<Double>, gradient: Tensor<Double>? = nil
  ) -> [Finding] {
    var monitor = HealthMonitor<Double>()
    let model = Model(["weight": weight])
    monitor.observe(0) {
      $0.recordParameters(
        model, gradients: gradient.map { gradient in model.map { _ in gradient } })
    }
    return monitor.findings
  }

  @Test func `are rows that equal one before them`() {
    let weight = Tensor<Double>(rows: [[1, 2], [3, 4], [1, 2], [4, 3], [1, 2]])
    let found = findings(weight)
    #expect(found.map(\.kind) == [.symmetricUnits] && found.map(\.severity) == [.failure])
    #expect(found.map(\.units) == [[2, 4]] && found.map(\.measured) == [2])
  }

  @Test func `are found among others with the same sum`() {
    #expect(findings(Tensor(rows: [[1, 2], [2, 1], [1, 2]])).map(\.units) == [[2]])
  }

  @Test func `are equal with zeros of both signs`() {
    #expect(findings(Tensor(rows: [[0, 2], [5, 2], [-0.0, 2]])).map(\.units) == [[2]])
  }

  @Test func `are channels of a kernel as well`() {
    let kernel = Tensor<Double>(samples(3 * 2 * 2 * 2), shape: [3, 2, 2, 2])
    #expect(findings(kernel).isEmpty)
    var twins = kernel
    twins[2..<3] = kernel[0..<1]
    #expect(findings(twins).map(\.units) == [[2]])
    #expect(findings(twins, gradient: kernel).isEmpty)
    #expect(findings(twins, gradient: twins).map(\.units) == [[2]])
  }

  @Test func `are not rows that were drawn, nor those of an identity`() {
    var random = RandomSource(seed: 9)
    #expect(findings(random.normal([64, 8])).isEmpty)
    #expect(findings(.identity(16)).isEmpty)
    #expect(findings(Tensor(rows: [[1, 1, 1]])).isEmpty)
    #expect(findings(.zeros([3, 0])).isEmpty)
  }

  @Test func `of a constant layer get the same gradient`() {
    var random = RandomSource(seed: 10)
    func step(_ hidden: Initializer, _ readout: Initializer) -> [String] {
      let network = Sequential<Double> {
        Dense(inputSize: 5, outputSize: 4, weights: hidden, using: &random)
        Tanh()
        Dense(inputSize: 4, outputSize: 3, weights: readout, using: &random)
      }
      let (logits, cache) = network.forward(random.normal([6, 5]))
      let (_, top) = softmaxCrossEntropy(logits, [0, 1, 2, 0, 1, 1])
      let (_, gradients) = network.backward(top, cache)
      var monitor = HealthMonitor<Double>()
      monitor.observe(0) { $0.recordParameters(network, gradients: gradients) }
      return monitor.alarms.map(\.layer)
    }
    #expect(step(.constant(0.1), .constant(0.2)) == ["0.weight"])
    // A last layer may start with zeros: every class pulls its row its own way.
    #expect(step(.glorotUniform(), .zeros) == [])
    #expect(step(.glorotUniform(), .glorotUniform()) == [])
  }

  @Test func `are looked for at the start only, and NaN equals nothing`() {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) {
      $0.recordParameters(Model(["weight": Tensor(rows: [[1.0, 2], [2, 1]])]))
    }
    monitor.observe(1) {
      $0.recordParameters(Model(["weight": Tensor(rows: [[1.0, 2], [1, 2]])]))
    }
    #expect(monitor.findings.isEmpty)
    let spoiled = Tensor(rows: [[Double.nan, 1], [.nan, 1], [.infinity, 1], [1, -.infinity]])
    #expect(findings(spoiled).map(\.kind) == [.nonFinite])
  }
}
