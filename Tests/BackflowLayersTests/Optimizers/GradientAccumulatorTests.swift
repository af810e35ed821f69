import Backflow
import TestSupport
import Testing

@Suite struct `Accumulated gradients` {
  /// The gradients of a regression with one row for each label, and those of its parts.
  private func gradients<S: RealScalar>(
    of model: Dense<S>, _ x: Tensor<S>, _ labels: [Int]
  ) -> Dense<S> {
    let (logits, cache) = model.forward(x)
    return model.backward(softmaxCrossEntropy(logits, labels).gradient, cache).gradients
  }

  @Test func `of small batches are those of one large batch`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      var random = RandomSource(seed: 41)
      let model = Dense<S>(inputSize: 5, outputSize: 3, using: &random)
      let x: Tensor<S> = random.normal([20, 5])
      let labels = (0..<20).map { _ in random.integer(below: 3) }
      let whole = gradients(of: model, x, labels)
      var accumulator = GradientAccumulator<Dense<S>>()
      // The second round shows that nothing remains of the first.
      for _ in 0..<2 {
        for range in [0..<7, 7..<8, 8..<20] {
          accumulator.add(
            gradients(of: model, x.slice(range), Array(labels[range])),
            weight: Double(range.count))
        }
        #expect(accumulator.batchCount == 3 && accumulator.totalWeight == 20)
        let mean = accumulator.takeMean()
        for (own, expected) in zip(mean.namedParameters, whole.namedParameters) {
          expectClose(
            own.value.elements.map { Double($0) }, expected.value.elements.map { Double($0) },
            Tolerance(S.self, length: 20, scale: Double(expected.value.maxMagnitude())))
        }
        #expect(accumulator.batchCount == 0 && accumulator.totalWeight == 0)
      }
    }
  }

  private func one(_ value: Float) -> OneParameter<Float> { OneParameter(value: Tensor([value])) }

  @Test func `of one batch keep their bits`() {
    var accumulator = GradientAccumulator<OneParameter<Float>>()
    accumulator.add(one(0.1), weight: 3)
    #expect(accumulator.takeMean().value == Tensor([0.1]))
  }

  @Test func `are weighted means or sums`() {
    var accumulator = GradientAccumulator<OneParameter<Float>>()
    accumulator.add(one(8), weight: 1)
    accumulator.add(one(-4), weight: 3)
    #expect(accumulator.takeMean().value == Tensor([-1]))
    accumulator.add(one(1.5), weight: 2)
    accumulator.add(one(4), weight: 1)
    #expect(accumulator.takeSum().value == Tensor([7]))
    accumulator.add(one(.nan))
    accumulator.removeAll()
    accumulator.add(one(1))
    accumulator.add(one(2))
    #expect(accumulator.takeSum().value == Tensor([3]))
  }

  @Test func `do not change the gradients that were added`() {
    var accumulator = GradientAccumulator<OneParameter<Float>>()
    let (first, second) = (one(1), one(2))
    accumulator.add(first)
    accumulator.add(second)
    #expect(accumulator.takeMean().value == Tensor([1.5]))
    #expect(first.value == Tensor([1]) && second.value == Tensor([2]))
  }

  @Test func `stop if there are none, and for other shapes and weights`() async {
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var accumulator = GradientAccumulator<OneParameter<Float>>()
      _ = accumulator.takeMean()
    }
    #expect(stopMessage(none).contains("no gradients have been added"))
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var accumulator = GradientAccumulator<OneParameter<Float>>()
      accumulator.add(OneParameter(value: .zeros([2])))
      accumulator.add(OneParameter(value: .zeros([3])))
    }
    #expect(stopMessage(shape).contains("value has shape [2], its counterpart [3]"))
    let weight = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var accumulator = GradientAccumulator<OneParameter<Float>>()
      accumulator.add(OneParameter(value: .zeros([2])), weight: -1)
    }
    #expect(
      stopMessage(weight).contains(
        "GradientAccumulator: the weight must be 0 or positive and finite, got -1.0"))
  }

  @Test func `does not read gradients of weight 0`() {
    var accumulator = GradientAccumulator<OneParameter<Float>>()
    accumulator.add(OneParameter(value: Tensor([.nan])), weight: 0)
    accumulator.add(OneParameter(value: Tensor([3])), weight: 2)
    accumulator.add(OneParameter(value: Tensor([.nan])), weight: 0)
    #expect(accumulator.batchCount == 3 && accumulator.totalWeight == 2)
    #expect(accumulator.takeMean().value == Tensor([3]))
  }
}
