import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A layer prepared for serving` {
  @Test(arguments: [1, 2, 3]) func `computes what the layer computes`(threads: Int) {
    Threads.withCount(threads) {
      check(Double.self)
      check(Float.self)
    }
    func check<S: RealScalar>(_: S.Type) {
      for (name, model, shape) in models(S.self) {
        for batch in [1, 2, 33, 300] where batch < 300 || shape.count < 3 {
          var random = RandomSource(seed: 4)
          let x: Tensor<S> = random.normal(Shape([batch] + shape))
          let expected = model.forward(x).output
          #expect(model(x) == expected, "\(name)")
          let actual = model.prepared()(x)
          #expect(actual.shape == expected.shape, "\(name)")
          expectClose(
            actual.elements.map { Double($0) }, expected.elements.map { Double($0) },
            Tolerance(S.self, length: 300, scale: 4), "\(name) \(batch) \(S.self)")
        }
      }
    }
  }

  @Test func `states the shape of its output`() throws {
    for (name, model, shape) in models(Double.self) {
      let input = Shape([5] + shape)
      let actual = model(.ones(input)).shape
      #expect(try model.outputShape(for: input) == actual, "\(name)")
      #expect(try model.prepared().outputShape(for: input) == actual, "\(name)")
    }
  }

  @Test func `of no rows or no columns has an empty output or the bias`() {
    var random = RandomSource(seed: 1)
    let model = Sequential<Float> {
      Dense(inputSize: 3, outputSize: 4, using: &random)
      ReLU()
    }
    #expect(model.prepared()(.zeros([0, 3])).shape == [0, 4])
    #expect(model.prepared()(.zeros([2, 0, 3])).shape == [2, 0, 4])
    var none = Dense<Float>(weight: .zeros([2, 0]), bias: Tensor([1, 2]))
    #expect(none.prepared()(.zeros([2, 0])) == Tensor(rows: [[1, 2], [1, 2]]))
    none.bias = nil
    #expect(none.prepared()(.zeros([2, 0])) == .zeros([2, 2]))
    #expect(ReLU<Float>().prepared()(Tensor(repeating: -1, shape: [])) == .zeros([]))
  }

  @Test func `is not changed by later changes of the layer`() {
    var random = RandomSource(seed: 1)
    var layer = Dense<Float>(inputSize: 3, outputSize: 4, using: &random)
    let served = layer.prepared()
    let x: Tensor<Float> = random.normal([2, 3])
    let before = served(x)
    layer.weight = .zeros([4, 3])
    #expect(served(x) == before)
  }

  @Test func `answers several threads at once`() {
    var random = RandomSource(seed: 1)
    let model = Sequential<Float> {
      Dense(inputSize: 30, outputSize: 200, using: &random)
      Tanh()
      Dense(inputSize: 200, outputSize: 4, using: &random)
    }
    let served = model.prepared()
    let x: Tensor<Float> = random.normal([100, 30])
    let expected = Threads.withCount(2) { served(x) }
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<50 { #expect(Threads.withCount(2) { served(x) } == expected) }
    }
  }

  @Test func `allocates its output and less than a megabyte`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      let model = Sequential<Float> {
        Dense(inputSize: 64, outputSize: 512, using: &random)
        ReLU()
        Dense(inputSize: 512, outputSize: 512, using: &random)
        Tanh()
        Dense(inputSize: 512, outputSize: 16, using: &random)
      }
      let served = model.prepared()
      let x: Tensor<Float> = random.normal([20_000, 64])
      Threads.count = 1
      let memory = PeakMemory()
      let output = served(x)
      // A block may be up to a quarter larger than requested.
      precondition(memory.growth <= output.count * 5 + 1_000_000, "\(memory.growth) bytes")
    }
  }
}

@Suite struct `A request to a served model` {
  @Test func `is answered if it fits`() throws {
    var random = RandomSource(seed: 1)
    let served = Dense<Double>(inputSize: 3, outputSize: 2, using: &random).prepared()
    let x: Tensor<Double> = random.normal([4, 3])
    #expect(try served.output(for: x) == served(x))
  }

  @Test func `throws an error that names the layer and the shapes`() {
    func expectShapeError<S: RealScalar>(
      _ model: any Layer<S>, _ shape: Shape, _ text: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let request = Tensor<S>.ones(shape)
      let error = #expect(throws: RequestError.self, sourceLocation: sourceLocation) {
        try answer(model, request)
      }
      #expect(error?.description.contains(text) == true, sourceLocation: sourceLocation)
      #expect(
        throws: RequestError.self, sourceLocation: sourceLocation,
        performing: { try model.outputShape(for: shape) })
    }
    var random = RandomSource(seed: 1)
    let dense = Dense<Float>(inputSize: 3, outputSize: 2, using: &random)
    expectShapeError(dense, [4, 2], "Dense: the input has shape [4, 2] instead of [..., 3]")
    expectShapeError(dense, [], "Dense: the input has shape [] instead of [..., 3]")
    let second = Sequential<Float> {
      dense
      ReLU()
      dense
    }
    expectShapeError(second, [4, 3], "Dense: the input has shape [4, 2] instead of [..., 3]")
    let conv = Conv2D<Float>(inputChannels: 2, outputChannels: 3, kernelSize: 3, using: &random)
    expectShapeError(conv, [4, 1, 5, 5], "Conv2D: the input has shape [4, 1, 5, 5]")
    expectShapeError(conv, [4, 2, 5], "[B, 2, height, width]")
    expectShapeError(conv, [4, 2, 5, 2], "of at least the kernel, [3, 3]")
    expectShapeError(MaxPool2D<Float>(kernelSize: 4), [1, 1, 3, 8], "MaxPool2D")
    expectShapeError(AvgPool2D<Float>(kernelSize: 4), [1, 1, 8], "AvgPool2D")
    expectShapeError(Flatten<Float>(), [], "Flatten")
    expectShapeError(LastStep<Float>(), [0, 2, 3], "LastStep")
    expectShapeError(LayerNorm<Float>(size: 4), [3, 5], "[..., 4]")
    expectShapeError(BatchNorm<Float>(channels: 4), [3, 5], "[B, 4, ...]")
    expectShapeError(
      MultiHeadAttention<Float>(size: 4, heads: 2, using: &random), [3, 4], "[B, T, 4]")
    expectShapeError(Residual(dense), [4, 3], "a shape that its layer keeps (it returns [4, 2])")
    expectShapeError(
      LSTM<Float>(inputSize: 3, hiddenSize: 2, using: &random), [5, 4], "[T, B, 3]")
  }

  @Test func `throws an error that names the first element that is not finite`() {
    var random = RandomSource(seed: 1)
    let served = Dense<Float>(inputSize: 3, outputSize: 2, using: &random).prepared()
    var x = Tensor<Float>.ones([2, 2, 3])
    x[1, 0, 2] = .infinity
    let error = #expect(throws: RequestError.self) { try served.output(for: x) }
    #expect(error == .notFinite(value: .infinity, index: [1, 0, 2]))
    #expect(error?.description == "the element of the input at [1, 0, 2] is inf")
  }

  @Test func `of an embedding throws an error that names the index`() throws {
    var random = RandomSource(seed: 1)
    let embedding = Embedding<Float>(count: 5, size: 2, using: &random)
    #expect(try embedding.output(for: [4, 0]) == embedding.forward([4, 0]).output)
    let error = #expect(throws: RequestError.self) { try embedding.output(for: [0, 5]) }
    #expect(error == .index(5, position: 1, count: 5))
    #expect(error?.description == "the index 5 at position 1 is not in 0..<5")
  }

  @Test func `is not checked by a layer that does not state shapes`() throws {
    let model = Sequential<Float> {
      Doubling()
      ReLU()
    }
    #expect(try model.outputShape(for: [2, 3]) == nil)
    #expect(
      try model.prepared().output(for: .ones([2, 3])) == Tensor(repeating: 2, shape: [2, 3]))
  }
}

/// A layer of a program's own.
private struct Doubling: ParameterlessLayer {
  typealias Scalar = Float

  func forward(_ x: Tensor<Float>) -> (output: Tensor<Float>, cache: Shape) { (2 * x, x.shape) }

  func inputGradient(_ outputGradient: Tensor<Float>, _ cache: Shape) -> Tensor<Float> {
    2 * outputGradient
  }
}

private func answer<L: Layer>(_ model: L, _ request: Tensor<L.Scalar>) throws -> Tensor<L.Scalar> {
  try model.prepared().output(for: request)
}

/// Models with every kind of layer, and the shape of one sample of their input.
private func models<S: RealScalar>(
  _: S.Type
) -> [(name: String, model: Sequential<S>, sample: [Int])] {
  var random = RandomSource(seed: 3)
  func dense(_ input: Int, _ output: Int, bias: Bool = true) -> Dense<S> {
    var layer = Dense<S>(inputSize: input, outputSize: output, bias: bias, using: &random)
    layer.bias = layer.bias.map { random.normal($0.shape) }
    return layer
  }
  return [
    ("dense", Sequential { dense(7, 5) }, [7]),
    ("dense without bias", Sequential { dense(7, 40, bias: false) }, [7]),
    ("sequences", Sequential { dense(7, 5) }, [3, 7]),
    ("activation alone", Sequential { GELU() }, [3, 7]),
    ("nothing", Sequential { Dropout(probability: 0.5) }, [4]),
    (
      "perceptron",
      Sequential {
        dense(20, 65)
        ReLU()
        Dropout(probability: 0.5)
        dense(65, 33)
        Tanh()
        Sigmoid()
        dense(33, 10)
        LogSoftmax()
      }, [20]
    ),
    (
      "activations",
      Sequential {
        SiLU()
        dense(6, 6)
        Softplus()
        dense(6, 6)
        LeakyReLU(slope: 0.1)
        dense(6, 6)
        ELU(alpha: 0.7)
        dense(6, 6)
        GELU(.tanh)
        dense(6, 6)
        Softmax()
      }, [6]
    ),
    (
      "residual",
      Sequential {
        dense(8, 8)
        Residual(
          Sequential<S> {
            LayerNorm(size: 8)
            dense(8, 8)
            ReLU()
          })
        dense(8, 3)
      }, [8]
    ),
    (
      "images",
      Sequential {
        Conv2D(inputChannels: 2, outputChannels: 4, kernelSize: 3, padding: 1, using: &random)
        BatchNorm(channels: 4)
        ReLU()
        MaxPool2D(kernelSize: 2)
        AvgPool2D(kernelSize: 2, stride: 1)
        Flatten()
        dense(4 * 2 * 1, 3)
      }, [2, 6, 5]
    ),
    (
      "attention",
      Sequential {
        MultiHeadAttention(size: 8, heads: 2, using: &random)
        dense(8, 3)
      }, [4, 8]
    ),
  ]
}
