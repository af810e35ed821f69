import BackflowKernels
import Foundation
import TestSupport
import Testing

@Suite struct `A view of a sequence` {
  @Test func `writes into its buffer and into no other of the same memory`() {
    let elements = (0..<12).map(Double.init)
    let original = Buffer(copying: elements.span)
    var own = original
    let view = MutableSequenceView(&own, time: 2, batch: 3, features: 2)
    view[TimeStep(1, 1..<3)].addRow([100, 200].span)
    #expect(own.elements == [0, 1, 2, 3, 4, 5, 6, 7, 108, 209, 110, 211])
    #expect(original.elements == elements)
  }

  @Test func `reads the initial state before the first step`() {
    var buffer = Buffer(copying: [1.0, 2, 3, 4, 5, 6, 7, 8].span)
    let initial = Buffer(copying: [10.0, 20, 30, 40].span)
    let h = MutableSequenceView(&buffer, time: 2, batch: 2, features: 2, after: initial)
    for step in [1, 0] {
      let t = TimeStep(step, 1..<2)
      h[t].add(h[t - 1])
    }
    #expect(buffer.elements == [1, 2, 33, 44, 5, 6, 7 + 3, 8 + 4])
    let read = SequenceView(buffer, time: 2, batch: 2, features: 2, after: initial)
    var target = Buffer(repeating: 0.0, count: 8)
    let copy = MutableSequenceView(&target, time: 2, batch: 2, features: 2)
    for step in 0..<2 { copy[TimeStep(step, 0..<2)].assign(read[TimeStep(step, 0..<2) - 1]) }
    #expect(target.elements == [10, 20, 30, 40, 1, 2, 33, 44])
  }

  @Test func `stops where there is no state before the first step`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let view = SequenceView(Buffer(repeating: 1.0, count: 2), time: 1, batch: 1, features: 2)
      _ = view[TimeStep(0, 0..<1) - 1].rows
    }
    #expect(stopMessage(result).contains("no state before the first step"))
    let far = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TimeStep(1, 0..<1) - 2
    }
    #expect(stopMessage(far).contains("only the previous step (t - 1) is available, not t - 2"))
  }

  @Test func `stops at the step before one that carries`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 1.0, count: 2)
      let view = MutableSequenceView(carrying: &buffer, time: 2, batch: 2, features: 1)
      _ = view[TimeStep(1, 0..<2) - 1].rows
    }
    #expect(stopMessage(result).contains("a carried gradient has one entry at a time"))
    let traced = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 1.0, count: 6)
      let view = MutableSequenceView(carrying: &buffer, time: 2, batch: 2, features: 1)
      _ = view[TimeStep(1, 0..<2) - 1].rows
    }
    #expect(stopMessage(traced).contains("a carried gradient has one entry at a time"))
  }

  @Test func `stops at operands that overlap the result in part`() async {
    let columns = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 1.0, count: 12)
      let view = MutableSequenceView(&buffer, time: 1, batch: 2, features: 6)
      let rows = view[TimeStep(0, 0..<2)]
      rows.columns(0..<3).add(rows.columns(2..<5).reading)
    }
    #expect(stopMessage(columns).contains("overlaps the result in part"))
    let product = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 1.0, count: 4)
      let view = MutableSequenceView(&buffer, time: 1, batch: 2, features: 2)
      let rows = view[TimeStep(0, 0..<2)]
      PackedMatrix([1.0, 0, 0, 1].span, rows: 2, columns: 2).multiply(rows.reading, into: rows)
    }
    #expect(stopMessage(product).contains("overlaps the result"))
  }

  @Test func `computes with some of its columns`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let x = samples(24, seed: 1, as: S.self)
      var buffer = Buffer(copying: x.span)
      combineColumns(MutableSequenceView(&buffer, time: 1, batch: 2, features: 12))
      for row in 0..<2 {
        for column in 0..<3 {
          func old(_ part: Int) -> Double { Double(x[12 * row + 3 * part + column]) }
          func new(_ part: Int) -> Double {
            Double(buffer.elements[12 * row + 3 * part + column])
          }
          let tolerance = Tolerance(S.self, length: 4, scale: 4)
          expectClose([new(0)], [old(1) + old(2)], tolerance)
          expectClose([new(3)], [-old(2) * old(2)], tolerance)
          expectClose([new(1)], [2 * old(2) * old(2) + Double(column + 1)], tolerance)
          expectClose([new(2)], [1 / (1 + Foundation.exp(-old(2)))], tolerance)
        }
      }
    }
  }

  @Test func `carries a gradient back, with one entry or one for each step`() {
    var shared = Buffer(copying: [1.0, 2].span)
    let one = MutableSequenceView(carrying: &shared, time: 3, batch: 2, features: 1)
    for step in (0..<3).reversed() {
      one.carryBack(to: step, of: 0..<2)
      one[TimeStep(step, 0..<1)].add(one[TimeStep(step, 0..<1)].reading)
    }
    #expect(shared.elements == [8, 2])
    var traced = Buffer(copying: [0.0, 0, 0, 0, 1, 2].span)
    let all = MutableSequenceView(carrying: &traced, time: 2, batch: 2, features: 1)
    for step in (0..<2).reversed() {
      all.carryBack(to: step, of: 0..<2)
      all[TimeStep(step, 0..<1)].add(all[TimeStep(step, 0..<1)].reading)
    }
    #expect(traced.elements == [4, 2, 2, 2, 1, 2])
  }

  @Test func `keeps its memory when the buffer is changed or gone`() {
    var buffer = Buffer(copying: [1.0, 2].span)
    let view = MutableSequenceView(&buffer, time: 1, batch: 1, features: 2)
    buffer = Buffer(repeating: 0, count: 2)
    var target = Buffer(repeating: 0.0, count: 2)
    let sum = MutableSequenceView(&target, time: 1, batch: 1, features: 2)
    PackedMatrix([1.0, 0, 0, 1].span, rows: 2, columns: 2)
      .multiply(view[TimeStep(0, 0..<1)].reading, into: sum[TimeStep(0, 0..<1)])
    #expect(target.elements == [1, 2])
    #expect(buffer.elements == [0, 0])
  }

  @Test func `may have no samples, steps or features`() {
    var none = Buffer<Float>(uninitialized: 0)
    let view = MutableSequenceView(&none, time: 2, batch: 0, features: 3)
    view[TimeStep(1, 0..<0)].tanh()
    let featureless = MutableSequenceView(&none, time: 1, batch: 2, features: 0)
    featureless[TimeStep(0, 0..<2)].addRow([Float]().span)
    var some = Buffer<Float>(repeating: 1, count: 6)
    let samples = MutableSequenceView(&some, time: 1, batch: 2, features: 3)
    samples[TimeStep(0, 1..<1)].addRow([Float(1), 1, 1].span)
    #expect(some.elements == [1, 1, 1, 1, 1, 1])
  }

  @Test func `takes the hyperbolic tangent and its derivative at the output`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let x = samples(33, seed: 1, as: S.self).map { 4 * $0 }
      let gradient = samples(33, seed: 2, as: S.self)
      var output = Buffer(copying: x.span)
      let y = MutableSequenceView(&output, time: 1, batch: 3, features: 11)
      y[TimeStep(0, 0..<3)].tanh()
      let expected = x.map { Foundation.tanh(Double($0)) }
      expectClose(numbers(output), expected, Tolerance(S.self, length: 1, scale: 1))

      var inputGradient = Buffer(copying: gradient.span)
      let dx = MutableSequenceView(&inputGradient, time: 1, batch: 3, features: 11)
      dx[TimeStep(0, 0..<3)].multiplyByTanhDerivative(at: y[TimeStep(0, 0..<3)].reading)
      expectClose(
        numbers(inputGradient), zip(gradient, expected).map { Double($0) * (1 - $1 * $1) },
        Tolerance(S.self, length: 2, scale: 1))
    }
  }

  @Test func `takes the rectifier and its derivative at the output`() {
    var output = Buffer(copying: [-2.0, -0.0, 0, 3, .infinity, .nan].span)
    let y = MutableSequenceView(&output, time: 1, batch: 2, features: 3)
    y[TimeStep(0, 0..<2)].relu()
    #expect(output.elements[..<5] == [0, 0, 0, 3, .infinity])
    #expect(output.elements[5].isNaN)

    var gradient = Buffer(copying: [1.0, 2, 3, 4, 5, 6].span)
    let dx = MutableSequenceView(&gradient, time: 1, batch: 2, features: 3)
    dx[TimeStep(0, 0..<2)].multiplyByReLUDerivative(at: y[TimeStep(0, 0..<2)].reading)
    #expect(gradient.elements[..<5] == [0, 0, 0, 4, 5])
  }

  @Test func `stops with the shapes outside the sequence`() async {
    let elements = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 11)
      _ = MutableSequenceView(&buffer, time: 2, batch: 3, features: 2)
    }
    #expect(stopMessage(elements).contains("a view of shape [2, 3, 2] needs 12 elements, got 11"))
    let step = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 12)
      let view = MutableSequenceView(&buffer, time: 2, batch: 3, features: 2)
      view[TimeStep(2, 0..<3)].tanh()
    }
    #expect(stopMessage(step).contains("step 2, samples 0..<3 are outside [2, 3, 2]"))
    let samples = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 12)
      let view = MutableSequenceView(&buffer, time: 2, batch: 3, features: 2)
      view[TimeStep(1, 1..<4)].tanh()
    }
    #expect(stopMessage(samples).contains("step 1, samples 1..<4 are outside [2, 3, 2]"))
    let row = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var buffer = Buffer(repeating: 0.0, count: 12)
      let view = MutableSequenceView(&buffer, time: 2, batch: 3, features: 2)
      view[TimeStep(1, 0..<3)].addRow([1.0, 2, 3].span)
    }
    #expect(stopMessage(row).contains("a row of 3 elements against 2 columns"))
  }
}

/// With a, b, c, d the quarters of each row: a ← b + c, d ← (b − a) c, b ← 2 c² + (1, 2, 3), c ←
/// σ(c).
private func combineColumns<S: RealScalar>(_ gates: MutableSequenceView<S>) {
  let t = TimeStep(0, 0..<2)
  let a = gates[t].columns(0..<3)
  let b = gates[t].columns(3..<6)
  let c = gates[t].columns(6..<9)
  let d = gates[t].columns(9..<12)
  a.assignSum(b.reading, c.reading)
  d.assignDifference(b.reading, a.reading)
  d.multiply(by: c.reading)
  b.assignProduct(c.reading, c.reading)
  b.addProduct(c.reading, gates[t].reading.columns(6..<9))
  c.sigmoid()
  let row = [1, 2, 3].map { S($0) }
  b.addRow(row.span)
}
