internal import BackflowCheckpoints

/// What can be said of one tensor of a checkpoint.
public struct TensorReport: Sendable, Codable, Equatable {
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
  /// The properties of the rows and columns, for a floating-point tensor of at least two axes. The
  /// rows are the slices along the first axis, such as the weights of one unit.
  public let matrix: MatrixReport?

  /// The elements that are NaN or infinite.
  public struct NonFinite: Sendable, Codable, Equatable {
    /// The number of NaN.
    public let nanCount: Int
    /// The number of infinite elements.
    public let infiniteCount: Int
    /// The indices of the first such element, one for each axis.
    public let first: [Int]
  }

  /// Moments and limits of the finite elements.
  public struct Statistics: Sendable, Codable, Equatable {
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
  }

  /// The largest of the smaller extents for which a matrix is decomposed: 2,048. The time grows
  /// with its square.
  public static let maximumDecomposed = 2048

  /// Reads and examines a tensor. The real and imaginary parts of a complex tensor are examined as
  /// separate elements along an additional last axis.
  ///
  /// - Throws: `CheckpointError` if the tensor cannot be read.
  init(_ name: String, of tensor: StoredTensor) throws(CheckpointError) {
    self.name = name
    (shape, count, byteCount) = (tensor.shape, tensor.count, tensor.byteCount)
    type = tensor.type.rawValue
    let elements = try tensor.elements()
    nonFinite = NonFinite(of: elements, shape: tensor.viewAsReal?.shape ?? tensor.shape)
    statistics = Statistics(of: elements)
    let isMatrix = tensor.type.isFloatingPoint && tensor.shape.count >= 2 && tensor.count > 0
    matrix =
      isMatrix
      ? MatrixReport(of: elements, shape: tensor.shape, precision: tensor.type.precision) : nil
  }
}

extension TensorReport.NonFinite {
  fileprivate init?(of elements: [Double], shape: [Int]) {
    var (nanCount, infiniteCount) = (0, 0)
    var first: Int?
    for (index, element) in elements.enumerated() where !element.isFinite {
      if element.isNaN { nanCount += 1 } else { infiniteCount += 1 }
      first = first ?? index
    }
    guard var rest = first else { return nil }
    var indices: [Int] = []
    for extent in shape.reversed() {
      indices.append(rest % extent)
      rest /= extent
    }
    (self.nanCount, self.infiniteCount, self.first) = (nanCount, infiniteCount, indices.reversed())
  }
}

extension TensorReport.Statistics {
  fileprivate init?(of elements: [Double]) {
    var (minimum, maximum) = (Double.infinity, -Double.infinity)
    var (count, zeroCount, mean, squares) = (0.0, 0, 0.0, 0.0)
    // Welford's update of the mean and of the sum of squared deviations (Technometrics 4, 1962).
    for element in elements where element.isFinite {
      minimum = min(minimum, element)
      maximum = max(maximum, element)
      if element == 0 { zeroCount += 1 }
      count += 1
      let deviation = element - mean
      mean += deviation / count
      squares += deviation * (element - mean)
    }
    guard count > 0 else { return nil }
    (self.minimum, self.maximum, self.mean, self.zeroCount) = (minimum, maximum, mean, zeroCount)
    standardDeviation = (squares / count).squareRoot()
  }
}
