import Backflow
import TestSupport
import Testing

@Suite struct `Layers in sequence` {
  let first = Dense<Double>(weight: Tensor(rows: [[1, 2], [3, 4]]), bias: Tensor([0, 1]))
  let last = Dense<Double>(weight: Tensor(rows: [[1, -1]]), bias: Tensor([5]))

  @Test func `run from the first to the last, and backward`() {
    let model = Sequential<Double> {
      first
      ReLU()
      last
    }
    let (y, cache) = model.forward(Tensor(rows: [[1, 1]]))
    #expect(y == Tensor(rows: [[3 - 8 + 5]]))
    let (inputGradient, gradients) = model.backward(Tensor(rows: [[2]]), cache)
    #expect(inputGradient == Tensor(rows: [[2 - 6, 4 - 8]]))
    #expect(
      gradients.namedParameters.map(\.name) == ["0.weight", "0.bias", "2.weight", "2.bias"])
    #expect(gradients.namedParameters[2].value == Tensor(rows: [[6, 16]]))
  }

  @Test func `are values with independent copies`() {
    let model = Sequential<Double> {
      first
      last
    }
    var copy = model
    copy.visitParameters { _, parameter in parameter *= 2 }
    #expect(model.namedParameters[0].value == first.weight)
    #expect(copy.namedParameters[0].value == first.weight * 2)
  }

  @Test func `can be selected with if and for`() {
    func model(depth: Int, drops: Bool) -> Sequential<Double> {
      Sequential {
        for _ in 0..<depth {
          first
          if drops { Dropout() }
        }
        if drops { Tanh() } else { ReLU() }
      }
    }
    #expect(model(depth: 3, drops: true).layers.count == 7)
    #expect(model(depth: 2, drops: false).layers.count == 3)
    let x = Tensor<Double>(rows: [[1, 2]])
    #expect(Sequential<Double>([])(x) == x)
  }

  @Test func `have their own dropout masks and statistics in training`() {
    var model = Sequential<Double> {
      Dropout()
      Dropout()
      BatchNorm(channels: 50)
    }
    let x = Tensor<Double>.ones([40, 50])
    let (_, cache) = model.forward(x, .training(seed: 4))
    let once = Dropout<Double>().forward(x, Mode.training(seed: 4).part(0)).output
    let twice = model.layers[1].forward(once, Mode.training(seed: 4).part(1)).output
    #expect(abs(twice.elements.count { $0 != 0 } - 500) < 120)
    model.updateBuffers(from: cache)
    var buffers: [(String, Tensor<Double>)] = []
    model.visitBuffers { name, buffer in buffers.append((name, buffer)) }
    #expect(buffers.map { $0.0 } == ["2.running_mean", "2.running_var"])
    expectClose(
      buffers[0].1.elements, (twice.mean(axis: 0) * 0.1).elements,
      Tolerance(Double.self, length: 40, scale: 1))
  }

  @Test func `are trained by an optimizer as one model`() {
    var model = Sequential<Double> {
      first
      last
    }
    let x = Tensor<Double>(rows: [[1, 2], [3, -1]])
    var optimizer = SGD(for: model, learningRate: 1e-3)
    var norms: [Double] = []
    for _ in 0..<50 {
      let (y, cache) = model.forward(x)
      norms.append(y.norm())
      optimizer.update(&model, along: model.backward(y, cache).gradients)
    }
    #expect(norms[49] < norms[0] / 2)
  }
}

@Suite struct `A residual layer` {
  @Test func `adds its input to the output of the body, forward and backward`() {
    let body = Dense<Double>(weight: Tensor(rows: [[0, 1], [0, 0]]), bias: Tensor([10, 20]))
    let layer = Residual(body)
    let (y, cache) = layer.forward(Tensor(rows: [[1, 2]]))
    #expect(y == Tensor(rows: [[13, 22]]))
    let (inputGradient, gradients) = layer.backward(Tensor(rows: [[1, 5]]), cache)
    #expect(inputGradient == Tensor(rows: [[1, 6]]))
    #expect(gradients.namedParameters.map(\.name) == ["body.weight", "body.bias"])
  }

  @Test func `stops for a cache of other layers`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var model = Sequential<Float>([ReLU(), Tanh()])
      model.updateBuffers(from: Sequential<Float>([ReLU()]).forward(.zeros([1, 2])).cache)
    }
    #expect(stopMessage(result).contains("Sequential: a cache of 1 layers instead of 2"))
  }

  @Test func `stops with both shapes if the body changes the shape`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Residual(Dense<Float>(weight: .zeros([3, 2]), bias: .zeros([3])))(.zeros([1, 2]))
    }
    #expect(stopMessage(result).contains("[1, 2]"))
    #expect(stopMessage(result).contains("[1, 3]"))
  }
}
