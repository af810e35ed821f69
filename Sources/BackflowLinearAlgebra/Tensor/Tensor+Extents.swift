public import BackflowKernels

// The same functions for extents that are computed: an `[Int]` or any other collection. They are
// disfavored so that an array literal stays a `Shape`, which needs no memory of its own.

extension Tensor {
  /// A tensor with these extents, outermost first, from its elements in row-major order. Stops if
  /// their number differs.
  @_disfavoredOverload
  public init(_ elements: [Scalar], shape extents: some Collection<Int>) {
    self.init(elements, shape: Shape(extents))
  }

  /// A tensor with these extents, outermost first, with every element equal to `value`.
  @_disfavoredOverload
  public init(repeating value: Scalar, shape extents: some Collection<Int>) {
    self.init(repeating: value, shape: Shape(extents))
  }

  /// All elements 0, with these extents, outermost first.
  @_disfavoredOverload
  public static func zeros(_ extents: some Collection<Int>) -> Tensor { zeros(Shape(extents)) }

  /// All elements 1, with these extents, outermost first.
  @_disfavoredOverload
  public static func ones(_ extents: some Collection<Int>) -> Tensor { ones(Shape(extents)) }

  /// The same elements, in the same order, with these extents, outermost first. O(1), shares memory.
  /// Stops if the number of elements differs.
  @_disfavoredOverload
  public func reshaped(to extents: some Collection<Int>) -> Tensor { reshaped(to: Shape(extents)) }
}

extension RandomSource {
  /// A tensor with these extents of independent draws, uniform on [lower, upper), then rounded to `S`.
  @_disfavoredOverload
  public mutating func uniform<S: RealScalar>(
    _ extents: some Collection<Int>, in range: Range<Double> = 0..<1, as type: S.Type = S.self
  ) -> Tensor<S> {
    uniform(Shape(extents), in: range)
  }

  /// A tensor with these extents of independent normal draws.
  @_disfavoredOverload
  public mutating func normal<S: RealScalar>(
    _ extents: some Collection<Int>, mean: Double = 0, standardDeviation: Double = 1,
    as type: S.Type = S.self
  ) -> Tensor<S> {
    normal(Shape(extents), mean: mean, standardDeviation: standardDeviation)
  }
}
