public import BackflowKernels

// The same functions for computed extents: an `[Int]` or any other collection. They are disfavored
// so that an array literal remains a `Shape`, which allocates no memory.

extension Tensor {
  /// Creates a tensor from its elements in row-major order and its extents, outermost first.
  ///
  /// - Precondition: The number of elements is the product of the extents.
  @_disfavoredOverload
  public init(_ elements: [Scalar], shape extents: some Collection<Int>) {
    self.init(elements, shape: Shape(extents))
  }

  /// Creates a tensor with the given extents, outermost first, in which every element is `value`.
  @_disfavoredOverload
  public init(repeating value: Scalar, shape extents: some Collection<Int>) {
    self.init(repeating: value, shape: Shape(extents))
  }

  /// Returns a tensor of zeros with the given extents, outermost first.
  @_disfavoredOverload
  public static func zeros(_ extents: some Collection<Int>) -> Tensor { zeros(Shape(extents)) }

  /// Returns a tensor of ones with the given extents, outermost first.
  @_disfavoredOverload
  public static func ones(_ extents: some Collection<Int>) -> Tensor { ones(Shape(extents)) }

  /// Returns the same elements, in the same order, with the given extents, outermost first.
  ///
  /// - Precondition: The number of elements is the product of the extents.
  /// - Complexity: O(1); the memory is shared.
  @_disfavoredOverload
  public func reshaped(to extents: some Collection<Int>) -> Tensor { reshaped(to: Shape(extents)) }
}

extension RandomSource {
  /// Returns a tensor with the given extents of independent numbers, uniform on [lower, upper) and
  /// then rounded to `S`.
  @_disfavoredOverload
  public mutating func uniform<S: RealScalar>(
    _ extents: some Collection<Int>, in range: Range<Double> = 0..<1, as type: S.Type = S.self
  ) -> Tensor<S> {
    uniform(Shape(extents), in: range)
  }

  /// Returns a tensor with the given extents of independent, normally distributed numbers.
  @_disfavoredOverload
  public mutating func normal<S: RealScalar>(
    _ extents: some Collection<Int>, mean: Double = 0, standardDeviation: Double = 1,
    as type: S.Type = S.self
  ) -> Tensor<S> {
    normal(Shape(extents), mean: mean, standardDeviation: standardDeviation)
  }
}
