import Backflow
import TestSupport
import Testing

@Suite struct `The curvature limit` {
  /// |x| after 400 steps from 1e-30 on ½ h x², where the optimizer continues from `state`. The
  /// gradients are too small to change a preconditioner.
  private func distance<Rule: Optimizer<Double>>(_ optimizer: Rule, curvature h: Double) -> Double {
    var (optimizer, model) = (optimizer, Model<Double>(["x": Tensor([1e-30])]))
    for _ in 0..<400 {
      let gradient = model.map { h * $0 }
      optimizer.update(&model, along: gradient)
    }
    return abs(model.tensors[0].elements[0]) / 1e-30
  }

  /// Expects that the steps converge for a curvature of 0.98 times the limit and diverge for 1.02
  /// times, and returns the limit times P.
  private func check<Rule: Optimizer<Double>>(
    _ optimizer: Rule, sourceLocation: SourceLocation = #_sourceLocation
  ) -> Double {
    guard let limit = optimizer.curvatureLimit else {
      Issue.record("no limit", sourceLocation: sourceLocation)
      return .nan
    }
    let largest = limit.limit * (limit.preconditioner?[0].elements[0] ?? 1) - limit.penalty
    #expect(distance(optimizer, curvature: 0.98 * largest) < 0.5, sourceLocation: sourceLocation)
    #expect(distance(optimizer, curvature: 1.02 * largest) > 2, sourceLocation: sourceLocation)
    return limit.limit
  }

  private let model = Model<Double>(["x": Tensor([1])])

  @Test func `of gradient descent is where its steps start to diverge`() {
    expectClose([check(SGD(for: model, learningRate: 0.1))], [20], Tolerance(1e-12, scale: 20))
    _ = check(SGD(for: model, learningRate: 0.1, weightDecay: 3))
    let heavyBall = check(SGD(for: model, learningRate: 0.1, momentum: 0.9))
    expectClose([heavyBall], [38], Tolerance(1e-12, scale: 38))
    let nesterov = check(SGD(for: model, learningRate: 0.1, momentum: 0.9, nesterov: true))
    expectClose([nesterov], [38 / 2.8], Tolerance(1e-12, scale: 14))
  }

  @Test func `of a preconditioned step is where its steps start to diverge`() throws {
    // A decay of almost 1, or a large sum, keeps the preconditioner.
    let (still, late) = (1 - 1e-15, 1 << 52)
    func state(_ names: String..., squares: Double) -> OptimizerState<Double> {
      OptimizerState(
        step: late,
        names.map {
          ($0 + ".x", Tensor([["exp_avg", "momentum_buffer"].contains($0) ? 0 : squares]))
        })
    }
    var rmsProp = RMSProp(for: model, learningRate: 0.1, alpha: still, momentum: 0.5)
    try rmsProp.restore(state("square_avg", "momentum_buffer", squares: 4))
    expectClose([check(rmsProp)], [30], Tolerance(1e-12, scale: 30))

    var adagrad = Adagrad(for: model, learningRate: 0.1)
    try adagrad.restore(state("sum", squares: 9))
    expectClose([check(adagrad)], [20], Tolerance(1e-12, scale: 20))

    var adam = Adam(for: model, learningRate: 0.1, beta2: still, weightDecay: 0.5)
    try adam.restore(state("exp_avg", "exp_avg_sq", squares: 4))
    expectClose([check(adam)], [380], Tolerance(1e-11, scale: 380))

    var adamW = AdamW(for: model, learningRate: 0.1, beta2: still, weightDecay: 2)
    try adamW.restore(state("exp_avg", "exp_avg_sq", squares: 4))
    expectClose([check(adamW)], [0.9 * 380], Tolerance(1e-11, scale: 380))
  }

  @Test func `of Adam includes the correction of its first steps`() {
    var (adam, model) = (Adam(for: model, learningRate: 0.1), model)
    #expect(adam.curvatureLimit == nil)
    adam.update(&model, along: Model(["x": Tensor([-7])]))
    // v̂ = g² after one step, and m̂ = m/(1 − β₁).
    expectClose(
      adam.curvatureLimit?.preconditioner?[0].elements ?? [], [0.1 * 7], Tolerance(1e-8, scale: 1))
  }

  @Test func `is infinite without a step and zero for a momentum of one`() {
    #expect(SGD(for: model, learningRate: 0, momentum: 1).curvatureLimit?.limit == .infinity)
    #expect(SGD(for: model, learningRate: 0.1, momentum: 1).curvatureLimit?.limit == 0)
  }
}
