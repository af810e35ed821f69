public import BackflowKernels
public import BackflowLinearAlgebra

/// A table of vectors looked up by index (PyTorch `Embedding`, dense gradient).
///
///     y_n = W[i_n]        W̄[v] = Σ ȳ_n over all n with i_n = v
///
/// An index that occurs several times gets the sum of its gradients, one that does not occur gets
/// 0. Bengio et al., JMLR 3 (2003).
///
/// Shapes: indices of any shape [...], in row-major order; W [V, E], y [..., E]. Cache: the
/// indices. Cost: count·E moves forward, as many additions backward, and V·E to clear W̄.
///
/// As the first layer of a `Sequential`, it reads a tensor of whole numbers, such as [T, B] for a
/// batch of texts. Their gradient x̄ is 0.
public struct Embedding<Scalar: RealScalar>: Layer {
  /// W, [V, E]
  public var weight: Tensor<Scalar>

  /// A table with these rows, [V, E].
  ///
  /// - Precondition: The table has two axes.
  public init(weight: Tensor<Scalar>) {
    require(weight.rank == 2, "Embedding: weight \(weight.shape) instead of [V, E]")
    self.weight = weight
  }

  /// A table of V = `count` vectors of E = `size` features, drawn from the standard normal
  /// distribution.
  public init(count: Int, size: Int, using random: inout RandomSource) {
    self.init(weight: random.normal([count, size]))
  }

  /// A copy of a table of either precision.
  public init<Other>(_ other: Embedding<Other>) { self.init(weight: Tensor(other.weight)) }

  /// What `backward` reads.
  public struct Cache: Sendable {
    /// i, in row-major order
    public let indices: [Int]
    /// The shape of y, [..., E]
    public let outputShape: Shape
  }

  /// y, [..., E], for indices of `shape`, which is [indices.count] by default.
  ///
  /// - Precondition: Indices are in 0 ..< V, and the shape has as many elements as there are
  ///   indices.
  public func forward(
    _ indices: [Int], shape: Shape? = nil
  ) -> (output: Tensor<Scalar>, cache: Cache) {
    let shape = shape ?? [indices.count]
    require(
      shape.elementCount == indices.count,
      "Embedding: \(indices.count) indices instead of \(shape.elementCount) for shape \(shape)")
    let outputShape = Shape(Array(shape) + [weight.shape[1]])
    var output = Tensor<Scalar>(uninitialized: outputShape)
    VectorKernels.indexSelect(
      weight.span, indices, columns: weight.shape[1], into: output.mutableSpan)
    return (output, Cache(indices: indices, outputShape: outputShape))
  }

  /// y, [..., E], for indices as a tensor, [...].
  ///
  /// - Precondition: The elements are whole numbers in 0 ..< V.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    forward(indices(in: input), shape: input.shape)
  }

  private func indices(in input: Tensor<Scalar>) -> [Int] {
    do throws(RequestError) {
      return try checkedIndices(in: input)
    } catch {
      stop("Embedding: \(error)")
    }
  }

  /// 0 for each index, and W̄[v] = Σ ȳ_n over all n with i_n = v, [V, E], from ȳ.
  ///
  /// - Precondition: ȳ is [..., E].
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: Embedding) {
    requireGradient(outputGradient, of: cache.outputShape, "Embedding")
    var gradient = Tensor<Scalar>.zeros(weight.shape)
    VectorKernels.indexAdd(
      outputGradient.span, cache.indices, columns: weight.shape[1], into: gradient.mutableSpan)
    let shape = cache.outputShape.removing(axis: cache.outputShape.rank - 1)
    return (.zeros(shape), Embedding(weight: gradient))
  }

  /// `.other`, because the input has no gradient.
  public var signalKind: SignalKind? { .other }

  /// Visits `weight`.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight", &weight)
  }
}

// MARK: - Serving

extension Embedding {
  /// y, [count, E], for indices from outside the program.
  ///
  /// - Throws: `RequestError` that names the first index outside 0 ..< V.
  public func output(for indices: [Int]) throws(RequestError) -> Tensor<Scalar> {
    let rows = 0..<weight.shape[0]
    if let position = indices.firstIndex(where: { !rows.contains($0) }) {
      throw .index(indices[position], position: position, count: rows.count)
    }
    return forward(indices).output
  }

  /// Returns [..., E] for indices of shape [...].
  public func outputShape(for input: Shape) throws(RequestError) -> Shape? {
    try requireRequest(input.rank < Shape.maximumRank, "Embedding", input, "at most seven axes")
    return Shape(Array(input) + [weight.shape[1]])
  }

  /// Throws an error that names the first element that is not a whole number in 0 ..< V.
  public func checkElements(of request: Tensor<Scalar>) throws(RequestError) {
    _ = try checkedIndices(in: request)
  }

  private func checkedIndices(in input: Tensor<Scalar>) throws(RequestError) -> [Int] {
    let count = weight.shape[0]
    let elements = input.elements
    var indices: [Int] = []
    indices.reserveCapacity(elements.count)
    for (position, element) in elements.enumerated() {
      guard let index = Int(exactly: element) else {
        throw .notAnIndex(value: Double(element), position: position, count: count)
      }
      guard (0..<count).contains(index) else {
        throw .index(index, position: position, count: count)
      }
      indices.append(index)
    }
    return indices
  }
}
