public import BackflowCheckpoints
public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// Features shifted and scaled to mean 0 and standard deviation 1, with the means and deviations of
/// the training data:
///
///     z = (x − μ)/σ        σ = √(mean((x − μ)²))
///
/// A feature that is constant in the training data has σ = 1, so that it becomes 0 there and stays
/// finite elsewhere.
///
/// μ and σ are buffers: a model that has a standardizer and visits it saves both under the names
/// `mean` and `standard_deviation`, and `load` restores them.
///
/// Shapes: x and z [..., I]; μ and σ [I].
public struct Standardizer<Scalar: RealScalar>: Parameterized {
  /// μ, [I]
  public private(set) var mean: Tensor<Scalar>
  /// σ, [I]
  public private(set) var standardDeviation: Tensor<Scalar>

  /// A standardizer that changes nothing, for features whose statistics are loaded.
  public init(featureCount: Int) {
    self.init(mean: .zeros([featureCount]), standardDeviation: .ones([featureCount]))
  }

  /// A standardizer with known statistics, both [I].
  ///
  /// - Precondition: Both are vectors of the same length, and no deviation is 0.
  public init(mean: Tensor<Scalar>, standardDeviation: Tensor<Scalar>) {
    require(
      mean.rank == 1 && mean.shape == standardDeviation.shape,
      "Standardizer: mean \(mean.shape) and standard deviation \(standardDeviation.shape) instead"
        + " of [I]")
    require(
      standardDeviation.elements.allSatisfy { $0 > 0 },
      "Standardizer: standard deviations must be positive, got \(standardDeviation)")
    (self.mean, self.standardDeviation) = (mean, standardDeviation)
  }

  /// Computes μ and σ of `data`, [..., I]: of the training data, and of nothing else.
  ///
  /// - Throws: `DataError` if there are no rows, or a number is not finite.
  /// - Precondition: The data have at least one axis.
  /// - Complexity: O(count); the sums are formed in double precision.
  public init(fitting data: Tensor<Scalar>) throws(DataError) {
    let rows = data.asRows
    let (count, features) = (rows.shape[0], rows.shape[1])
    guard count > 0 else { throw DataError("there are no rows to compute a mean of") }
    if data.nonfiniteCount > 0,
      let index = rows.elements.firstIndex(where: { !$0.isFinite })
    {
      throw DataError(
        "row \(index / features), feature \(index % features): expected a finite number, found"
          + " \(rows.elements[index])")
    }
    let moments = VectorKernels.channelMoments(
      rows.span, ChannelLayout(outer: count, channels: features, inner: 1), withVariance: true)
    // A mean that was rounded would give a constant feature a tiny deviation.
    let isConstant = constantColumns(rows.span, columns: features)
    let deviations = (0..<features).map { feature -> Scalar in
      let deviation = Scalar(moments.standardDeviation(feature))
      return isConstant[feature] || deviation == 0 ? 1 : deviation
    }
    let means = (0..<features).map { feature in
      isConstant[feature] ? rows.span[feature] : Scalar(moments.mean(feature))
    }
    self.init(mean: Tensor(means), standardDeviation: Tensor(deviations))
  }

  /// A copy of a standardizer of either precision.
  ///
  /// - Precondition: The deviations do not become 0 when they are rounded to `Scalar`.
  public init<Other>(_ other: Standardizer<Other>) {
    self.init(mean: Tensor(other.mean), standardDeviation: Tensor(other.standardDeviation))
  }

  /// I, the number of features.
  public var featureCount: Int { mean.count }

  /// Returns z, of the shape of x.
  ///
  /// - Precondition: x is [..., I].
  /// - Complexity: O(count)
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let layout = layout(of: x)
    let moments = ChannelMoments(means: mean.span, variances: standardDeviation.span)
    var factors = Buffer<Double>(repeating: 1, count: featureCount)
    fill(&factors) { 1 / Double($0) }
    var z = Tensor<Scalar>(uninitialized: x.shape)
    VectorKernels.channelStandardize(
      x.span, moments, factors: factors, layout, into: z.mutableSpan)
    return z
  }

  private func fill(_ factors: inout Buffer<Double>, _ factor: (Scalar) -> Double) {
    var span = factors.mutableSpan
    for (index, deviation) in standardDeviation.elements.enumerated() {
      span[index] = factor(deviation)
    }
  }

  /// Returns x = σ z + μ, of the shape of z: the features in their units.
  ///
  /// - Precondition: z is [..., I].
  /// - Complexity: O(count)
  public func inverse(_ z: Tensor<Scalar>) -> Tensor<Scalar> {
    let layout = layout(of: z)
    var x = Tensor<Scalar>(uninitialized: z.shape)
    VectorKernels.channelAffine(
      z.span, scale: standardDeviation.span, shift: mean.span, layout, into: x.mutableSpan)
    return x
  }

  private func layout(of x: Tensor<Scalar>) -> ChannelLayout {
    require(
      x.rank >= 1 && x.shape[x.rank - 1] == featureCount,
      "Standardizer: input \(x.shape) instead of [..., \(featureCount)]")
    return ChannelLayout(outer: x.shape.rowCount, channels: featureCount, inner: 1)
  }

  /// Visits nothing.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {}

  /// Visits `mean` and `standard_deviation`.
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    visit("mean", &mean)
    visit("standard_deviation", &standardDeviation)
  }
}

/// Returns whether all elements of a column of a row-major matrix are equal, for each column.
@specialized(where S == Float)
@specialized(where S == Double)
private func constantColumns<S: RealScalar>(_ elements: Span<S>, columns: Int) -> [Bool] {
  var isConstant = [Bool](repeating: true, count: columns)
  var start = 0
  while start < elements.count {
    for column in 0..<columns where elements[start + column] != elements[column] {
      isConstant[column] = false
    }
    start += columns
  }
  return isConstant
}

extension Standardizer {
  /// Reads the statistics that a checkpoint has under this prefix.
  ///
  /// - Throws: `CheckpointError` if there are none, or a mean is not finite or a deviation not
  ///   positive.
  public init(_ checkpoint: Checkpoint, prefix: String) throws(CheckpointError) {
    let mean = checkpoint[dotted(prefix, "mean")]
    guard let mean, mean.shape.count == 1 else {
      throw CheckpointError(
        checkpoint.origin, entry: dotted(prefix, "mean"), "expected the means of a standardizer")
    }
    var loaded = Standardizer(featureCount: mean.count)
    try loaded.load(checkpoint, prefix: prefix)
    guard
      loaded.mean.elements.allSatisfy(\.isFinite),
      loaded.standardDeviation.elements.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw CheckpointError(
        checkpoint.origin, entry: prefix, "expected finite means and positive deviations")
    }
    self = loaded
  }
}
