import BackflowKernels
import Foundation
import TestSupport
import Testing

@Suite struct `A view of a sequence` {
  @Test func `writes into its buffer and into no other of the same memory`() {
    let elements = (0..<12).map(Double.init)
    let original = Buffer(copying: elements.span)
    var own = original
    let view = SequenceView(&own, time: 2, batch: 3, features: 2)
    view[1, 1..<3].addRow([100, 200].span)
    #expect(own.elements == [0, 1, 2, 3, 4, 5, 6, 7, 108, 209, 110, 211])
    #expect(original.elements == elements)
  }

  @Test func `for reading stops whoever writes through it`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let buffer = Buffer(repeating: 1.0, count: 2)
      SequenceView(reading: buffer, time: 1, batch: 1, features: 2)[0, 0..<1].tanh()
    }
    #expect(stopMessage(result).contains("a view for reading cannot be written"))
  }

  @Test func `keeps its memory when the buffer is changed or gone`() {
    var buffer = Buffer(copying: [1.0, 2].span)
    let view = SequenceView(&buffer, time: 1, batch: 1, features: 2)
    buffer = Buffer(repeating: 0, count: 2)
    var target = Buffer(repeating: 0.0, count: 2)
    let sum = SequenceView(&target, time: 1, batch: 1, features: 2)
    PackedMatrix([1.0, 0, 0, 1].span, rows: 2, columns: 2)
      .multiply(view[0, 0..<1], into: sum[0, 0..<1])
    #expect(target.elements == [1, 2])
    #expect(buffer.elements == [0, 0])
  }

  @Test func `may have no samples, steps or features`() {
    var none = Buffer<Float>(uninitialized: 0)
    let view = SequenceView(&none, time: 2, batch: 0, features: 3)
    view[1, 0..<0].tanh()
    let featureless = SequenceView(&none, time: 1, batch: 2, features: 0)
    featureless[0, 0..<2].addRow([Float]().span)
    var some = Buffer<Float>(repeating: 1, count: 6)
    let samples = SequenceView(&some, time: 1, batch: 2, features: 3)
    samples[0, 1..<1].addRow([Float(1), 1, 1].span)
    #expect(some.elements == [1, 1, 1, 1, 1, 1])
  }

  @Test func `takes the hyperbolic tangent and its derivative at the output`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let x = samples(33, seed: 1, as: S.self).map { 4 * $0 }
      let gradient = samples(33, seed: 2, as: S.self)
      var output = Buffer(copying: x.span)
      let y = SequenceView(&output, time: 1, batch: 3, features: 11)
      y[0, 0..<3].tanh()
      let expected = x.map { Foundation.tanh(Double($0)) }
      expectClose(numbers(output), expected, Tolerance(S.self, length: 1, scale: 1))

      var inputGradient = Buffer(copying: gradient.span)
      let dx = SequenceView(&inputGradient, time: 1, batch: 3, features: 11)
      dx[0, 0..<3].multiplyByTanhDerivative(at: y[0, 0..<3])
      expectClose(
        numbers(inputGradient), zip(gradient, expected).map { Double($0) * (1 - $1 * $1) },
        Tolerance(S.self, length: 2, scale: 1))
    }
  }

  @Test func `takes the rectifier and its derivative at the output`() {
    var output = Buffer(copying: [-2.0, -0.0, 0, 3, .infinity, .nan].span)
    let y = SequenceView(&output, time: 1, batch: 2, features: 3)
    y[0, 0..<2].relu()
    #expect(output.elements[..<5] == [0, 0, 0, 3, .infinity])
    #expect(output.elements[5].isNaN)

    var gradient = Buffer(copying: [1.0, 2, 3, 4, 5, 6].span)
    let dx = SequenceView(&gradient, time: 1, batch: 2, features: 3)
    dx[0, 0..<2].multiplyByReLUDerivative(at: y[0, 0..<2])
    #expect(gradient.elements[..<5] == [0, 0, 0, 4, 5])
  }

  @Test func `stops with the shapes outside the sequence`() async {
    let elements = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 11)
      _ = SequenceView(&buffer, time: 2, batch: 3, features: 2)
    }
    #expect(stopMessage(elements).contains("[2, 3, 2] is no view of 11 elements"))
    let step = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 12)
      let view = SequenceView(&buffer, time: 2, batch: 3, features: 2)
      view[2, 0..<3].tanh()
    }
    #expect(stopMessage(step).contains("step 2, samples 0..<3 are outside [2, 3, 2]"))
    let samples = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 12)
      let view = SequenceView(&buffer, time: 2, batch: 3, features: 2)
      view[1, 1..<4].tanh()
    }
    #expect(stopMessage(samples).contains("step 1, samples 1..<4 are outside [2, 3, 2]"))
    let row = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 12)
      let view = SequenceView(&buffer, time: 2, batch: 3, features: 2)
      view[1, 0..<3].addRow([1.0, 2, 3].span)
    }
    #expect(stopMessage(row).contains("a row of 3 elements against 2 columns"))
  }
}
