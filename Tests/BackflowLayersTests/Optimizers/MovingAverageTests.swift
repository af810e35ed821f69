import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A moving average of weights` {
  private typealias One = OneParameter<Double>

  @Test func `has the same cases as PyTorch`() throws {
    #expect(try FixtureFolder.cases(of: "averages") == ["half", "slow"])
  }

  @Test(arguments: [("half", 0.5), ("slow", 0.99)])
  func `agrees with PyTorch after every update`(name: String, decay: Double) throws {
    let fixture = FixtureFolder("averages/\(name)")
    let parameters = try fixture.tensor("parameters")
    let steps = (0..<parameters.shape[0]).map { parameters.slice($0..<$0 + 1) }
    // PyTorch's first update copies the model.
    var average = MovingAverage(of: One(value: steps[0]), decay: decay)
    var averages = [steps[0]]
    for step in steps.dropFirst() {
      average.update(with: One(value: step))
      averages.append(average.model.value)
    }
    let elements = averages.flatMap(\.elements)
    try fixture.expect(Tensor(elements, shape: parameters.shape), is: "averages")
  }

  private func averages(
    _ values: [Double], decay: Double, _ start: MovingAverage<One>.Start
  ) -> [Double] {
    var average = MovingAverage(of: One(value: Tensor([7])), decay: decay, start: start)
    return values.map { value in
      average.update(with: One(value: Tensor([value])))
      return average.model.value[0]
    }
  }

  // Σ dᵗ⁻ⁱ vᵢ / Σ dᵗ⁻ⁱ: the 7 of the initial model does not count.
  @Test(arguments: [0, 0.3, 0.9, 0.999_999])
  func `without bias is a weighted mean of what was added`(decay: Double) {
    let values = [3.0, -1, 4, 1, -5, 9]
    let expected = values.indices.map { last in
      let weights = (0...last).map { Foundation.pow(decay, Double(last - $0)) }
      return zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
    }
    expectClose(
      averages(values, decay: decay, .unbiased), expected,
      Tolerance(Double.self, length: 6, scale: 9))
  }

  // The decays are 1/10, 2/11 and 1/5: the limit, as 3/12 is beyond it.
  @Test func `with a warm-up begins with short averages`() {
    let first = 7 * 0.1 + 11 * 0.9
    let second = first * 2 / 11 + 22.0 * 9 / 11
    let third = second / 5 + 10.0 * 4 / 5
    expectClose(
      averages([11, 22, 10], decay: 0.2, .warmup), [first, second, third],
      Tolerance(Double.self, length: 3, scale: 22))
  }

  @Test func `of a model that does not change is the model, to the last bit`() {
    var random = RandomSource(seed: 51)
    let model = Dense<Float>(inputSize: 6, outputSize: 5, using: &random)
    for decay in [0.4, 0.9, 0.999, 0.999_99] {
      var average = MovingAverage(of: model, decay: decay)
      for _ in 0..<50 { average.update(with: model) }
      let difference = (average.model.weight - model.weight).maxMagnitude()
      // Above one half, products are added instead of a difference.
      #expect(decay < 0.5 ? difference <= 1e-6 : difference == 0, "\(decay)")
    }
  }

  @Test func `copies buffers and counters`() {
    var model = Sequential<Float> { BatchNorm(channels: 2) }
    var average = MovingAverage(of: model, decay: 0.5)
    let (_, cache) = model.forward(
      Tensor(rows: [[1, 2], [5, -2]]), .training(seed: 1))
    model.updateBuffers(from: cache)
    average.update(with: model)
    var (expected, found): ([Float], [Float]) = ([], [])
    var copy = average.model
    model.visitBuffers { expected += $1.elements }
    copy.visitBuffers { found += $1.elements }
    #expect(found == expected && found.contains { $0 != 0 && $0 != 1 })
    var counters: [String: Int] = [:]
    average.visitCounters { name, value in counters[name] = value }
    #expect(counters == ["n_averaged": 1, "module.0.num_batches_tracked": 1])
    #expect(average.namedParameters.map(\.name) == ["module.0.weight", "module.0.bias"])
    var buffers: [String] = []
    average.visitBuffers { name, _ in buffers.append(name) }
    #expect(buffers == ["module.0.running_mean", "module.0.running_var"])
  }

  @Test(arguments: [
    MovingAverage<Dense<Float>>.Start.initialModel, .warmup, .unbiased,
  ])
  func `continues with the same bits after it is saved and restored`(
    start: MovingAverage<Dense<Float>>.Start
  ) throws {
    var random = RandomSource(seed: 52)
    let models = (0..<7).map { _ in
      Dense<Float>(weight: random.normal([3, 4]), bias: random.normal([3]))
    }
    func made() -> MovingAverage<Dense<Float>> {
      MovingAverage(of: models[0], decay: 0.9, start: start)
    }
    let directory = try TemporaryDirectory()
    let path = directory.file("run.safetensors")
    var whole = made()
    for model in models[1..<4] { whole.update(with: model) }
    var checkpoint = try Checkpoint(models[3], prefix: "model")
    try checkpoint.insert(whole, prefix: "average")
    try checkpoint.write(to: path)
    for model in models[4...] { whole.update(with: model) }

    var resumed = made()
    try resumed.load(Checkpoint(contentsOf: path), prefix: "average")
    #expect(resumed.updateCount == 3)
    for model in models[4...] { resumed.update(with: model) }
    #expect(resumed.model.weight == whole.model.weight && resumed.model.bias == whole.model.bias)
    #expect(resumed.model.weight != models[6].weight)
  }

  @Test func `survives any number of updates from a file`() {
    for count in [Int.max, .min, -1] {
      var average = MovingAverage(of: One(value: Tensor([1])), decay: 0.5, start: .unbiased)
      average.visitCounters { _, value in value = count }
      average.update(with: One(value: Tensor([3])))
      // The weight of the new value is 1 − d at the end, and 1 at the beginning.
      #expect(average.model.value[0] == (count > 0 ? 2 : 3))
    }
  }

  @Test func `stops for another model`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var average = MovingAverage(of: OneParameter<Float>(value: .zeros([2])), decay: 0.5)
      average.update(with: OneParameter(value: .zeros([3])))
    }
    #expect(stopMessage(result).contains("value has shape [2], its counterpart [3]"))
  }
}
