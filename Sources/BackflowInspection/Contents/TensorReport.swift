internal import BackflowCheckpoints
internal import BackflowKernels
internal import BackflowLinearAlgebra

/// What can be said of one tensor of a checkpoint.
public struct TensorReport: Sendable, Equatable {
  /// The name of the tensor.
  public let name: String
  /// The extents of the axes, outermost first.
  public let shape: [Int]
  /// PyTorch's name of the type of the elements.
  public let type: String
  /// The number of elements.
  public let count: Int
  /// The number of bytes of the elements.
  public let byteCount: Int
  /// The elements that are NaN or infinite, or `nil` if there are none.
  public let nonFinite: NonFinite?
  /// The moments and limits of the finite elements, or `nil` if there are none.
  public let statistics: Statistics?
  /// The properties of the rows and columns of a floating-point tensor, not complex, with at least
  /// two axes. The rows are the slices along the first axis, such as the weights of one unit.
  public let matrix: MatrixReport?

  /// The elements that are NaN or infinite.
  public struct NonFinite: Sendable, Encodable, Equatable {
    /// The number of NaN.
    public let nanCount: Int
    /// The number of infinite elements.
    public let infiniteCount: Int
    /// The indices of the first such element, one for each axis.
    public let first: [Int]

    private enum CodingKeys: String, CodingKey {
      case first
      case nanCount = "nan_count"
      case infiniteCount = "infinite_count"
    }
  }

  /// Moments and limits of the finite elements.
  public struct Statistics: Sendable, Encodable, Equatable {
    /// The smallest element.
    public let minimum: Double
    /// The largest element.
    public let maximum: Double
    /// The mean of the elements.
    public let mean: Double
    /// The standard deviation: the root of the mean squared deviation from the mean.
    public let standardDeviation: Double
    /// The number of zeros.
    public let zeroCount: Int

    /// Whether all finite elements are equal.
    public var isConstant: Bool { minimum == maximum }

    /// The largest absolute value.
    public var largestMagnitude: Double { max(maximum.magnitude, minimum.magnitude) }

    private enum CodingKeys: String, CodingKey {
      case minimum, maximum, mean
      case standardDeviation = "standard_deviation"
      case zeroCount = "zero_count"
    }
  }

  /// Reads and examines a tensor. The real and imaginary parts of a complex tensor are examined as
  /// separate elements along an additional last axis.
  ///
  /// - Throws: `CheckpointError` if the tensor cannot be read.
  init(_ name: String, of tensor: StoredTensor) throws(CheckpointError) {
    self.name = name
    (shape, count, byteCount) = (tensor.shape, tensor.count, tensor.byteCount)
    type = tensor.type.rawValue
    let parts = tensor.viewAsReal ?? tensor
    let elements = try parts.realElements()
    nonFinite = NonFinite(of: elements, shape: parts.shape)
    statistics = Statistics(of: nonFinite == nil ? elements : elements.finiteElements)
    let isMatrix = tensor.type.isFloatingPoint && tensor.type.realType == nil
    matrix =
      isMatrix && shape.count >= 2 && count > 0
      ? MatrixReport(of: elements, shape: shape, type: tensor.type) : nil
  }
}

extension StoredTensor {
  /// Returns the elements of a tensor that is not complex, in double precision: in its shape if
  /// a `Tensor` can have it, and otherwise as a vector.
  fileprivate func realElements() throws(CheckpointError) -> Tensor<Double> {
    if shape.count <= Shape.maximumRank, shape.allSatisfy({ $0 <= Shape.maximumExtent }) {
      return try values()
    }
    return Tensor(try elements())
  }
}

extension Tensor<Double> {
  /// The elements that are neither NaN nor infinite, as a vector.
  fileprivate var finiteElements: Tensor<Double> { Tensor(elements.filter(\.isFinite)) }
}

extension TensorReport.NonFinite {
  fileprivate init?(of elements: Tensor<Double>, shape: [Int]) {
    guard elements.nonfiniteCount > 0 else { return nil }
    let span = elements.span
    var (nanCount, infiniteCount) = (0, 0)
    var rest = span.count
    for index in span.indices where !span[index].isFinite {
      if span[index].isNaN { nanCount += 1 } else { infiniteCount += 1 }
      rest = min(rest, index)
    }
    var indices: [Int] = []
    for extent in shape.reversed() {
      indices.append(rest % extent)
      rest /= extent
    }
    (self.nanCount, self.infiniteCount, first) = (nanCount, infiniteCount, indices.reversed())
  }
}

extension TensorReport.Statistics {
  /// - Precondition: The elements are finite.
  fileprivate init?(of elements: Tensor<Double>) {
    guard !elements.isEmpty else { return nil }
    (minimum, maximum) = (elements.min(), elements.max())
    (mean, standardDeviation) = (elements.mean(), elements.standardDeviation())
    let span = elements.span
    var zeroCount = 0
    for index in span.indices where span[index] == 0 { zeroCount += 1 }
    self.zeroCount = zeroCount
  }
}
