import Backflow
import TestSupport
import Testing

@Suite struct `A standardizer` {
  // μ = (2, 5) and σ² = ((−1)² + 1²)/2 = 1 and (9 + 9)/2 = 9.
  @Test func `has the mean and the deviation of the training data`() throws {
    let training = Tensor<Float>(rows: [[1, 2], [3, 8]])
    let standardizer = try Standardizer(fitting: training)
    #expect(standardizer.mean == Tensor([2, 5]))
    #expect(standardizer.standardDeviation == Tensor([1, 3]))
    #expect(standardizer(training) == Tensor(rows: [[-1, -1], [1, 1]]))
    // Other data are measured by the training data.
    #expect(standardizer(Tensor(rows: [[4, 5]])) == Tensor(rows: [[2, 0]]))
    #expect(standardizer.inverse(Tensor(rows: [[2, 0]])) == Tensor(rows: [[4, 5]]))
  }

  @Test func `gives features with mean 0 and deviation 1`() throws {
    var random = RandomSource(seed: 3)
    // Sequences, [T, B, I], with features of very different size.
    let scales = Tensor<Double>([1e-3, 1, 1e6, 1e-9])
    let x: Tensor<Double> = (random.normal([20, 30, 4]) + 5) * scales
    let standardizer = try Standardizer(fitting: x)
    let z = standardizer(x).asRows
    let tolerance = Tolerance(Double.self, length: 600, scale: 1)
    expectClose(z.mean(axis: 0).elements, [0, 0, 0, 0], tolerance)
    expectClose((z * z).mean(axis: 0).elements, [1, 1, 1, 1], tolerance)
    let back = standardizer.inverse(standardizer(x)) / scales
    expectClose(
      back.elements, (x / scales).elements, Tolerance(Double.self, length: 4, scale: 10))
  }

  // 0.1 is not a number of either precision, so that a rounded mean would differ from it.
  @Test(arguments: [3, 10, 1000])
  func `makes a constant feature 0`(count: Int) throws {
    func check<S: RealScalar>(_: S.Type) throws {
      let column = Tensor<S>(repeating: 0.1, shape: [count, 1])
      let standardizer = try Standardizer(fitting: column)
      #expect(standardizer.standardDeviation.elements == [1])
      #expect(standardizer(column) == .zeros([count, 1]))
      #expect(standardizer.inverse(.zeros([count, 1])) == column)
      #expect(standardizer(Tensor(rows: [[1.1]]))[0, 0] == S(1.1) - S(0.1))
    }
    try check(Float.self)
    try check(Double.self)
  }

  @Test func `survives numbers whose squares overflow`() throws {
    let x = Tensor<Float>(rows: [[-3e38], [3e38]])
    let standardizer = try Standardizer(fitting: x)
    #expect(standardizer(x) == Tensor(rows: [[-1], [1]]))
  }

  @Test func `rejects data without a mean`() {
    let empty = #expect(throws: DataError.self) {
      try Standardizer(fitting: Tensor<Float>.zeros([0, 2]))
    }
    #expect(empty?.problem.contains("no rows") == true)
    for bad: Float in [.nan, .infinity] {
      let error = #expect(throws: DataError.self) {
        try Standardizer(fitting: Tensor(rows: [[1, 2], [3, bad]]))
      }
      #expect(error?.problem.hasPrefix("row 1, feature 1: expected a finite number") == true)
    }
  }

  @Test func `rejects other numbers of features`() async {
    let input = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Standardizer<Float>(featureCount: 3)(.zeros([2, 4]))
    }
    #expect(stopMessage(input).contains("[2, 4] instead of [..., 3]"))
    await #expect(processExitsWith: .failure) {
      _ = Standardizer<Float>(mean: .zeros([1]), standardDeviation: .zeros([1]))
    }
  }

  /// A model that standardizes its input itself.
  private struct Model: Parameterized {
    var input: Standardizer<Float>
    var layer: Dense<Float>

    mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
      layer.visitParameters(under: "layer", visit)
    }

    mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
      input.visitBuffers(under: "input", visit)
    }

    mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
      input.visitCounters(under: "input", visit)
    }
  }

  @Test func `is saved with its model`() throws {
    var random = RandomSource(seed: 5)
    let x: Tensor<Float> = random.normal([50, 3], mean: 7, standardDeviation: 2)
    let model = Model(
      input: try Standardizer(fitting: x),
      layer: Dense(inputSize: 3, outputSize: 2, using: &random))
    let checkpoint = try Checkpoint(model)
    #expect(
      checkpoint.tensors.keys == [
        "layer.weight", "layer.bias", "input.mean", "input.standard_deviation",
      ])
    let directory = try TemporaryDirectory()
    try checkpoint.write(to: directory.file("model.safetensors"))
    var loaded = Model(
      input: Standardizer(featureCount: 3),
      layer: Dense(inputSize: 3, outputSize: 2, using: &random))
    #expect(loaded.input(x) == x)
    try loaded.load(Checkpoint(contentsOf: directory.file("model.safetensors")))
    #expect(loaded.layer(loaded.input(x)) == model.layer(model.input(x)))
    #expect(loaded.parameterCount == 8)
  }

  @Test func `is converted between precisions`() throws {
    let single = try Standardizer(fitting: Tensor<Float>(rows: [[1, 2], [3, 8]]))
    let double = Standardizer<Double>(single)
    #expect(double.mean == Tensor([2, 5]) && double.standardDeviation == Tensor([1, 3]))
  }
}
