import Backflow
import TestSupport
import Testing

@Suite struct `Clipping by the global norm` {
  struct TwoParameters<Scalar: RealScalar>: Parameterized {
    var first, second: Tensor<Scalar>

    mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
      visit("first", &first)
      visit("second", &second)
    }
  }

  @Test func `scales gradients to the limit and returns the norm before clipping`()
    throws
  {
    var gradients = TwoParameters<Double>(first: Tensor([3, 0]), second: Tensor([4]))
    #expect(try clipGradientNorm(&gradients, to: 2.5) == 5)
    #expect(gradients.first == Tensor([1.5, 0]))
    #expect(gradients.second == Tensor([2]))
  }

  @Test func `leaves short gradients unchanged`() throws {
    var gradients = TwoParameters<Float>(first: Tensor([3, 0]), second: Tensor([4]))
    #expect(try clipGradientNorm(&gradients, to: 5) == 5)
    #expect(gradients.first == Tensor([3, 0]))
  }

  // pytorch #46849: the squares overflow in Float, but the norm 1e21 does not.
  @Test func `scales large finite gradients instead of setting them to zero`() throws {
    let gradient = Tensor<Float>(repeating: 1e20, shape: [100])
    var gradients = TwoParameters(first: gradient, second: Tensor([0]))
    let norm = try clipGradientNorm(&gradients, to: 1)
    expectClose([norm], [1e21], Tolerance(Float.self, length: 4, scale: 1e21))
    expectClose(
      gradients.first.elements.map(Double.init), [Double](repeating: 0.1, count: 100),
      Tolerance(Float.self, length: 4, scale: 0.1))
  }

  @Test func `returns a norm beyond the range of Float`() throws {
    let gradient = Tensor<Float>(repeating: 3e38, shape: [4])
    var gradients = TwoParameters(first: gradient, second: gradient)
    let norm = try clipGradientNorm(&gradients, to: 1)
    expectClose([norm], [3e38 * 8.0.squareRoot()], Tolerance(Float.self, length: 4, scale: 1e39))
    expectClose(
      [Double(gradients.second[3])], [1 / 8.0.squareRoot()],
      Tolerance(Float.self, length: 4, scale: 1))
  }

  @Test func `scales doubles whose squares overflow`() throws {
    var gradients = TwoParameters<Double>(first: Tensor([3e200]), second: Tensor([4e200]))
    expectClose(
      [try clipGradientNorm(&gradients, to: 5)], [5e200],
      Tolerance(Double.self, length: 8, scale: 5e200))
    expectClose(
      [gradients.first[0], gradients.second[0]], [3, 4],
      Tolerance(Double.self, length: 8, scale: 4))
  }

  @Test func `scales doubles whose norm overflows`() throws {
    var gradients = TwoParameters<Double>(
      first: Tensor([1.5e308, 0]), second: Tensor([-1.5e308, 1.5e308]))
    #expect(try clipGradientNorm(&gradients, to: 3) == .infinity)
    let part = 3.0.squareRoot()
    expectClose(
      gradients.first.elements + gradients.second.elements, [part, 0, -part, part],
      Tolerance(Double.self, length: 8, scale: 3))
  }

  @Test func `rejects a limit that rounds to zero in Float`() throws {
    var gradients = TwoParameters<Float>(first: Tensor([1]), second: Tensor([1]))
    #expect(throws: GradientClippingError.limitNotPositive(1e-60)) {
      try clipGradientNorm(&gradients, to: 1e-60)
    }
    #expect(throws: GradientClippingError.limitNotPositive(1e-60)) {
      try clipGradientValue(&gradients, to: 1e-60)
    }
    #expect(gradients.first == Tensor([1]))
  }

  @Test func `works if the factor would underflow`() throws {
    var gradients = TwoParameters<Float>(first: Tensor([1e38]), second: Tensor([0]))
    try clipGradientNorm(&gradients, to: 1e-30)
    expectClose([Double(gradients.first[0])], [1e-30], Tolerance(1e-35, scale: 1e-30))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `refuses what is not finite, names the parameter and changes nothing`(value: Double) {
    var gradients = TwoParameters<Double>(first: Tensor([1000]), second: Tensor([1, value]))
    #expect(throws: GradientClippingError.nonFiniteGradient(parameter: "second", count: 1)) {
      try clipGradientNorm(&gradients, to: 1)
    }
    #expect(gradients.first == Tensor([1000]))
  }

  @Test(arguments: [0, -1, Double.nan])
  func `refuses a limit that is not positive`(limit: Double) {
    var gradients = TwoParameters<Double>(first: Tensor([1]), second: Tensor([1]))
    #expect(throws: GradientClippingError.self) { try clipGradientNorm(&gradients, to: limit) }
    #expect(gradients.first == Tensor([1]))
  }
}

// The function itself returns this norm: with the limit ∞ it does not change the gradients.
@Suite struct `A clipped norm` {
  struct ManyParameters<Scalar: RealScalar>: Parameterized, Equatable {
    var tensors: [Tensor<Scalar>]

    mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
      for index in tensors.indices { visit("\(index)", &tensors[index]) }
    }

    func norm() throws -> Double {
      var copy = self
      return try clipGradientNorm(&copy, to: .infinity)
    }
  }

  /// Up to eight parameters with up to `count` elements each, whose magnitudes differ by up to 2¹⁶.
  private func gradients<Scalar: RealScalar>(
    _ count: Int, exponent: Int, using random: inout RandomSource
  ) -> ManyParameters<Scalar> {
    let tensors = (0...random.integer(below: 8)).map { _ in
      let scale = Double(
        sign: .plus, exponent: exponent - random.integer(below: 16), significand: 1)
      let draws: Tensor<Double> = random.uniform([1 + random.integer(below: count)], in: -1..<1)
      return Tensor<Scalar>(draws * scale)
    }
    return ManyParameters(tensors: tensors)
  }

  private func expectAtMost<Scalar: RealScalar>(
    _ exponents: ClosedRange<Int>, closeness: Double, as _: Scalar.Type
  ) throws {
    var random = RandomSource(seed: 12)
    var (above, clipped, recounted, loose) = (0, 0, 0, 0)
    for index in 0..<1500 {
      let exponent = Int.random(in: exponents, using: &random)
      var gradients: ManyParameters<Scalar> = gradients(
        index % 10 == 0 ? 3000 : 40, exponent: exponent, using: &random)
      let before = try gradients.norm()
      // Limits from just below the norm down to underflow.
      let fall = index % 2 == 0 ? 0 : random.integer(below: exponent - exponents.lowerBound + 1)
      let limit =
        min(before, .greatestFiniteMagnitude) * (0.5 + 0.5 * random.uniform())
        * Double(sign: .plus, exponent: -fall, significand: 1)
      guard limit > 0, Scalar(limit) > 0, before > limit else { continue }
      try clipGradientNorm(&gradients, to: limit)
      clipped += 1
      let after = try gradients.norm()
      if after > limit { above += 1 }
      let count = gradients.tensors.reduce(0) { $0 + $1.count }
      let holdsAll = limit > 1e4 * Double(Scalar.leastNormalMagnitude) * Double(count).squareRoot()
      if holdsAll, !(after >= limit * (1 - closeness)) { loose += 1 }

      let once = gradients
      var clipper = GradientClipper(norm: limit)
      try clipper.clip(&gradients)
      let again = ClippedStep(before: once, after: gradients)
      if clipper.clippedSteps > 0 || again.isClipped || gradients != once { recounted += 1 }
      #expect(again.normAfter == after)
    }
    #expect(clipped > 1000)
    #expect(above == 0, "\(Scalar.self): \(above) of \(clipped) above the limit")
    #expect(loose == 0, "\(Scalar.self): \(loose) of \(clipped) far below the limit")
    #expect(recounted == 0, "\(Scalar.self): \(recounted) of \(clipped) clipped twice")
  }

  @Test func `is at most the limit, close to it, and not clipped again`() throws {
    try expectAtMost(-140...127, closeness: 1e-6, as: Float.self)
    try expectAtMost(-1060...1023, closeness: 4e-15, as: Double.self)
    // Usual magnitudes.
    try expectAtMost(-20...20, closeness: 1e-6, as: Float.self)
    try expectAtMost(-20...20, closeness: 4e-15, as: Double.self)
  }

  @Test func `is at most a limit of a few times the smallest number`() throws {
    for quanta in 1...40 {
      let limit = Double(quanta) * Double(Float.leastNonzeroMagnitude)
      for count in [1, 2, 7, 100] {
        var gradients = ManyParameters<Float>(tensors: [Tensor(repeating: 1e-3, shape: [count])])
        try clipGradientNorm(&gradients, to: limit)
        #expect(try gradients.norm() <= limit)
      }
    }
  }

  @Test func `by value is at most the limit and not clipped again`() throws {
    func check<Scalar: RealScalar>(_ limits: [Double], as _: Scalar.Type) throws {
      for limit in limits {
        var gradients = OneParameter<Scalar>(
          value: Tensor([-1, Scalar(limit), Scalar(limit) / 2, 1]))
        var clipper = GradientClipper(value: limit)
        try clipper.clip(&gradients)
        #expect(Double(gradients.value.maxMagnitude()) <= limit)
        #expect(Double(gradients.value.maxMagnitude()) >= limit * (1 - 2 * Double(Scalar.ulpOfOne)))
        let once = gradients.value
        try clipper.clip(&gradients)
        #expect(gradients.value == once && clipper.clippedSteps == 1, "\(limit)")
      }
    }
    try check([0.1, 0.3, 1e-10, 0.7, 1.0 / 3], as: Float.self)
    try check([0.1, 0.3, 1e-300, 0.7, 1.0 / 3], as: Double.self)
  }

  @Test func `by value rejects a limit that is positive only after rounding`() {
    var gradients = OneParameter<Float>(value: Tensor([1]))
    #expect(throws: GradientClippingError.limitNotPositive(1e-45)) {
      try clipGradientValue(&gradients, to: 1e-45)
    }
  }
}

@Suite struct `Clipping by value` {
  @Test func `limits every element and returns the largest magnitude before clipping`() throws {
    var gradients = OneParameter<Float>(value: Tensor([-7, 1, 0.5, 2]))
    #expect(try clipGradientValue(&gradients, to: 1) == 7)
    #expect(gradients.value == Tensor([-1, 1, 0.5, 1]))
    #expect(try clipGradientValue(&gradients, to: 1) == 1)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `refuses what is not finite and changes nothing`(value: Double) {
    var gradients = OneParameter<Double>(value: Tensor([1000, value]))
    #expect(throws: GradientClippingError.nonFiniteGradient(parameter: "value", count: 1)) {
      try clipGradientValue(&gradients, to: 1)
    }
    #expect(gradients.value[0] == 1000)
  }

  @Test(arguments: [0, -1, Double.nan])
  func `refuses a limit that is not positive`(limit: Double) {
    var gradients = OneParameter<Double>(value: Tensor([1]))
    #expect(throws: GradientClippingError.self) { try clipGradientValue(&gradients, to: limit) }
    #expect(gradients.value == Tensor([1]))
  }
}

@Suite struct `A gradient clipper` {
  @Test func `records how often it clipped, and the last norm`() throws {
    var clipper = GradientClipper(norm: 5)
    #expect(clipper.clipRate == nil && clipper.last == nil)
    for gradient in [[3.0, 4], [30, 40], [0, 1], [6, 8]] {
      var gradients = OneParameter<Double>(value: Tensor(gradient))
      try clipper.clip(&gradients)
      #expect(gradients.value.norm() <= 5)
    }
    #expect(clipper.steps == 4 && clipper.clippedSteps == 2)
    #expect(clipper.clipRate == 0.5 && clipper.last == 10)
  }

  @Test func `also clips by value`() throws {
    var clipper = GradientClipper(value: 1)
    var gradients = OneParameter<Float>(value: Tensor([3, 0.5]))
    #expect(try clipper.clip(&gradients) == 3)
    #expect(gradients.value == Tensor([1, 0.5]))
    #expect(clipper.clipRate == 1 && clipper.quantity == .value && clipper.limit == 1)
  }

  @Test func `does not count a rejected step`() throws {
    var clipper = GradientClipper(norm: 1)
    var gradients = OneParameter<Double>(value: Tensor([.nan]))
    #expect(throws: GradientClippingError.self) { try clipper.clip(&gradients) }
    #expect(clipper == GradientClipper(norm: 1))
  }
}
