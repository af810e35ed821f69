import Backflow
import TestSupport
import Testing

/// An optimizer with the settings of the file with the same name in mpmath_optimizers.py.
private enum Rule: String, CaseIterable {
  case adam, adamw, rmsprop, rmsprop_momentum, adagrad

  func optimizer<Scalar>(for model: OneParameter<Scalar>) -> any Optimizer<Scalar> {
    switch self {
    case .adam: Adam(for: model, learningRate: 0.01)
    case .adamw: AdamW(for: model, learningRate: 0.01, weightDecay: 0.1)
    case .rmsprop: RMSProp(for: model, learningRate: 0.01)
    case .rmsprop_momentum: RMSProp(for: model, learningRate: 0.01, momentum: 0.9)
    case .adagrad: Adagrad(for: model, learningRate: 0.01)
    }
  }
}

@Suite struct `An adaptive optimizer` {
  private func isFinite<Scalar: RealScalar>(_ state: OptimizerState<Scalar>) -> Bool {
    state.tensors.allSatisfy { $0.isFinite }
  }

  /// Returns the parameters after every tenth step of `gradients`, [steps, parameters].
  private func path<Scalar: RealScalar>(
    _ rule: Rule, _ gradients: Tensor<Scalar>
  ) -> Tensor<Double> {
    var model = OneParameter<Scalar>(value: .zeros([gradients.shape[1]]))
    var optimizer = rule.optimizer(for: model)
    var path: [Tensor<Double>] = []
    for step in 0..<gradients.shape[0] {
      optimizer.update(&model, along: OneParameter(value: gradients.select(step)))
      if step % 10 == 9 { path.append(Tensor(model.value)) }
    }
    #expect(isFinite(optimizer.state), "\(rule) \(Scalar.self)")
    return Tensor.stack(path)
  }

  private func expectExact<Scalar: RealScalar>(
    _ rule: Rule, _ case: String, as _: Scalar.Type
  ) throws {
    let fixture = FixtureFolder("optimizer_ranges/\(`case`)")
    let gradients = try fixture.tensor("gradients")
    let (actual, exact) = (
      path(rule, Tensor<Scalar>(gradients)), try fixture.tensor(rule.rawValue)
    )
    for column in 0..<exact.shape[1] {
      let expected = exact.select(column, axis: 1)
      expectClose(
        actual.select(column, axis: 1).elements, expected.elements,
        Tolerance(
          Scalar.self, length: gradients.shape[0], scale: expected.maxMagnitude(), factor: 1),
        "\(rule), \(Scalar.self), gradients up to \(gradients.select(column, axis: 1).max())")
    }
  }

  @Test(arguments: Rule.allCases)
  private func `takes the exact equations' steps whatever the size of its gradients`(
    rule: Rule
  ) throws {
    try expectExact(rule, "float", as: Float.self)
    try expectExact(rule, "double", as: Double.self)
  }

  // Except for ε, a common factor of all gradients does not change the equations. Adagrad is
  // excluded, because the sum of so many squares exceeds the precision.
  @Test(arguments: Rule.allCases.filter { $0 != .adagrad })
  private func `takes the same path at every size of its gradients`(rule: Rule) {
    var random = RandomSource(seed: 5)
    let signs = Tensor<Double>(
      (0..<300).map { _ in random.uniform() < 0.6 ? 1 : -1 }, shape: [300, 1])
    func expectSame<Scalar: RealScalar>(_ sizes: [Scalar]) {
      let expected = path(rule, Tensor<Scalar>(signs) * 1e10)
      for size in sizes {
        expectClose(
          path(rule, Tensor<Scalar>(signs) * size).elements, expected.elements,
          Tolerance(Scalar.self, length: 300, scale: expected.maxMagnitude(), factor: 1),
          "\(rule) \(Scalar.self) \(size)")
      }
    }
    expectSame([1e12, 1e18, 1e19, 1e25, Float.greatestFiniteMagnitude])
    expectSame([1e100, 1e153, 1e154, 1e200, Double.greatestFiniteMagnitude])
  }

  /// Returns the largest step of a run in units of the learning rate.
  private func longestStep<Scalar: RealScalar>(
    _ rule: Rule, _ gradients: [Scalar]
  ) -> Double {
    var model = OneParameter<Scalar>(value: .zeros([1]))
    var optimizer = rule.optimizer(for: model)
    var longest = 0.0
    for gradient in gradients {
      let before = model.value[0]
      optimizer.update(&model, along: OneParameter(value: Tensor([gradient])))
      if !(model.value.isFinite && isFinite(optimizer.state)) { return .infinity }
      longest = max(longest, Double((model.value[0] - before).magnitude) / 0.01)
    }
    return longest
  }

  // The bounds of a step are (1 − β₁)/√(1 − β₂) = 3.2 for Adam, plus the decay for AdamW, 1/√(1 −
  // α) = 10 for RMSProp, ten times that with momentum, and 1 for Adagrad.
  @Test(arguments: Rule.allCases)
  private func `keeps its longest step where no number holds a square`(rule: Rule) {
    let bound = [
      Rule.adam: 3.2, .adamw: 3.7, .rmsprop: 10.1, .rmsprop_momentum: 101, .adagrad: 1.1,
    ]
    func expectBounded<Scalar: RealScalar>(_ scales: [Scalar]) {
      for scale in scales {
        let steady = [Scalar](repeating: scale, count: 200)
        let falling = (0..<200).map { step in scale / Scalar(1 << (step / 4)) }
        let rising = [Scalar](falling.reversed())
        for gradients in [steady, falling, rising, falling + [1, 1]] {
          #expect(longestStep(rule, gradients) <= bound[rule]!, "\(rule) \(scale)")
        }
      }
    }
    expectBounded([1e-38, 1e-30, 1e-25, 1e-20, 1e18, 1e19, 1e25, Float.greatestFiniteMagnitude])
    expectBounded([1e-300, 1e-170, 1e-160, 1e153, 1e154, 1e200, Double.greatestFiniteMagnitude])
  }

  // ε is negligible here. If a square underflowed, the gradient would be divided by ε alone.
  @Test func `makes no large steps for gradients whose squares underflow`() {
    for scale in [1e-38, 1e-30, 1e-25, 1e-22, 1e-20, 1e-18] as [Float] {
      var model = OneParameter<Float>(value: .zeros([1]))
      var rules: [any Optimizer<Float>] = [
        Adam(for: model, learningRate: 1, epsilon: 1e-45),
        RMSProp(for: model, learningRate: 1, epsilon: 1e-45),
        Adagrad(for: model, learningRate: 1, epsilon: 1e-45),
      ]
      for index in rules.indices {
        for _ in 0..<20 {
          let before = model.value[0]
          rules[index].update(&model, along: OneParameter(value: Tensor([scale])))
          #expect((model.value[0] - before).magnitude <= 10.1, "\(scale) \(index)")
        }
      }
    }
  }

  @Test(arguments: Rule.allCases)
  private func `shows a gradient that is not finite`(rule: Rule) {
    for gradient in [Float.nan, .infinity, -.infinity] {
      var model = OneParameter<Float>(value: Tensor([1, 1]))
      var optimizer = rule.optimizer(for: model)
      optimizer.update(&model, along: OneParameter(value: Tensor([gradient, 1])))
      #expect(!model.value[0].isFinite && model.value[1].isFinite, "\(rule) \(gradient)")
      #expect(optimizer.state.tensors.allSatisfy { !$0[0].isFinite && $0[1].isFinite })
    }
  }

  @Test func `does not restore a state that is not finite, and names the tensor`() throws {
    let model = Dense<Float>(weight: .zeros([2, 3]), bias: .zeros([2]))
    var optimizer = Adam(for: model)
    let before = optimizer.state
    var state = before
    state.visitParameters { name, tensor in
      if name == "exp_avg_sq.weight" { tensor[1, 2] = .infinity }
    }
    #expect(throws: OptimizerStateError.nonFinite(name: "exp_avg_sq.weight", count: 1)) {
      try optimizer.restore(state)
    }
    #expect(optimizer.state == before)
  }
}
