import Backflow
import TestSupport
import Testing

/// A model with one vector of parameters.
struct OneParameter<Scalar: RealScalar>: Parameterized {
  var value: Tensor<Scalar>

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) { visit("value", &value) }
}

@Suite struct `Stochastic gradient descent` {
  @Test func `subtracts the gradient`() {
    var model = OneParameter<Double>(value: Tensor([1, 2]))
    var optimizer = SGD(for: model, learningRate: 0.5)
    optimizer.update(&model, along: OneParameter(value: Tensor([2, -4])))
    #expect(model.value == Tensor([0, 4]))
  }

  @Test func `accumulates momentum as a geometric series`() {
    var model = OneParameter<Double>(value: Tensor([0]))
    var optimizer = SGD(for: model, learningRate: 1, momentum: 0.5)
    let gradient = OneParameter<Double>(value: Tensor([1]))
    var positions: [Double] = []
    for _ in 0..<4 {
      optimizer.update(&model, along: gradient)
      positions.append(model.value[0])
    }
    // The steps are 1, 1.5, 1.75 and 1.875.
    #expect(positions == [-1, -2.5, -4.25, -6.125])
  }

  @Test func `decays weights`() {
    var model = OneParameter<Double>(value: Tensor([8]))
    var optimizer = SGD(for: model, learningRate: 0.5, weightDecay: 0.25)
    optimizer.update(&model, along: OneParameter(value: Tensor([0])))
    #expect(model.value == Tensor([7]))
  }

  @Test func `stops for another model and names the parameter`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = OneParameter<Double>(value: .zeros([2]))
      var optimizer = Adam(for: OneParameter<Double>(value: .zeros([3])))
      optimizer.update(&model, along: model)
    }
    #expect(
      stopMessage(result).contains("made for value of shape [3], the model has value of shape [2]"))
  }

  @Test func `stops for a model with fewer parameters`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      func model(_ layers: Int) -> Sequential<Double> {
        Sequential((0..<layers).map { _ in Dense(weight: .zeros([2, 2]), bias: .zeros([2])) })
      }
      var (optimizer, small) = (RMSProp(for: model(2)), model(1))
      optimizer.update(&small, along: model(1))
    }
    #expect(stopMessage(result).contains("made for 4 parameters, the model has 2"))
  }

  @Test func `stops for settings out of range, with its own name`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdamW(for: OneParameter<Double>(value: .zeros([2])), beta1: 1)
    }
    #expect(stopMessage(result).contains("AdamW: β₁ must be at least 0 and below 1, got 1.0"))
  }

  @Test func `stops if a gradient has another shape`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = OneParameter<Double>(value: .zeros([2]))
      var optimizer = SGD(for: model, learningRate: 1)
      optimizer.update(&model, along: OneParameter(value: .zeros([3])))
    }
    #expect(stopMessage(result).contains("[2]"))
    #expect(stopMessage(result).contains("[3]"))
  }
}

@Suite("Adam") struct AdamTests {
  @Test func `has a first step of the learning rate for any gradient`() {
    for gradient in [1e-3, 1, 1e6] {
      var model = OneParameter<Double>(value: Tensor([0, 0]))
      var optimizer = Adam(for: model, learningRate: 0.1, epsilon: 1e-12)
      optimizer.update(&model, along: OneParameter(value: Tensor([gradient, -gradient])))
      expectClose(model.value.elements, [-0.1, 0.1], Tolerance(1e-8, scale: 0.1))
    }
  }

  @Test func `agrees with its equations over several steps`() {
    let gradients = [0.5, -1, 0.25, 2, -0.125]
    var model = OneParameter<Double>(value: Tensor([1]))
    var optimizer = Adam(for: model, learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 1e-3)
    var (p, m, v) = (1.0, 0.0, 0.0)
    var (power1, power2) = (1.0, 1.0)
    for g in gradients {
      optimizer.update(&model, along: OneParameter(value: Tensor([g])))
      m = 0.8 * m + 0.2 * g
      v = 0.9 * v + 0.1 * g * g
      power1 *= 0.8
      power2 *= 0.9
      p -= 0.01 * (m / (1 - power1)) / ((v / (1 - power2)).squareRoot() + 1e-3)
      expectClose(model.value.elements, [p], Tolerance(Double.self, length: 10, scale: 1))
    }
    #expect(optimizer.step == gradients.count)
  }

  @Test func `does not change the parameters of other models`() {
    let before = OneParameter<Float>(value: Tensor([1, 2, 3]))
    var model = before
    var optimizer = Adam(for: model)
    optimizer.update(&model, along: before)
    #expect(before.value == Tensor([1, 2, 3]))
    #expect(model.value != before.value)
  }
}
