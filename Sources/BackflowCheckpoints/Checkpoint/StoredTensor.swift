public import BackflowKernels
public import BackflowLinearAlgebra

/// A tensor of a checkpoint: its shape and type, and its values, which are read from the file only
/// when they are asked for.
///
/// A tensor read from a file keeps the file open. If another program changes the file in place, the
/// values change too; programs that replace a file, as this library does, do not disturb readers.
public struct StoredTensor: Sendable {
  /// The extents of the axes, outermost first. A file may have more axes and larger extents than a
  /// `Shape`.
  public let shape: [Int]
  /// The type of the elements.
  public let type: ElementType
  let storage: Storage
  let layout: StridedLayout

  /// The elements that a tensor is a view of.
  enum Storage: Sendable {
    /// The elements of a file or of an entry of an archive.
    case source(ByteSource, isBigEndian: Bool)
    case single(Tensor<Float>)
    case double(Tensor<Double>)
  }

  /// A view of the elements of `storage`.
  ///
  /// - Throws: `CheckpointError` if the view is not within the storage.
  init(
    shape: [Int], type: ElementType, source: ByteSource, isBigEndian: Bool = false,
    offset: Int = 0, strides: [Int]? = nil
  ) throws(CheckpointError) {
    do {
      layout = try StridedLayout(shape, strides: strides, offset: offset, itemSize: type.size)
    } catch {
      throw source.failure(error.description)
    }
    guard layout.end * type.size <= source.count else {
      throw source.failure(
        "a tensor of shape \(shape) of \(type.rawValue) needs \(layout.end * type.size) bytes, found"
          + " \(source.count)")
    }
    (self.shape, self.type) = (shape, type)
    storage = .source(source, isBigEndian: isBigEndian)
  }

  /// A tensor in memory.
  public init<Scalar: RealScalar>(_ tensor: Tensor<Scalar>) {
    shape = Array(tensor.shape)
    layout = StridedLayout(rowMajor: tensor.shape)
    if let tensor = tensor as? Tensor<Float> {
      (type, storage) = (.float32, .single(tensor))
    } else {
      (type, storage) = (.float64, .double(tensor as? Tensor<Double> ?? Tensor<Double>(tensor)))
    }
  }

  /// Integers in memory, in row-major order, of type `int64` or `uint64`.
  ///
  /// - Precondition: The number of integers is that of `shape`, and they have at most 64 bits.
  public init<Integer: FixedWidthInteger>(_ integers: [Integer], shape: Shape) {
    require(
      shape.elementCount == integers.count,
      "StoredTensor: \(integers.count) integers do not have the shape \(shape)")
    require(
      Integer.bitWidth <= 64, "StoredTensor: \(Integer.self) has more than 64 bits")
    self.shape = Array(shape)
    layout = StridedLayout(rowMajor: shape)
    type = Integer.isSigned ? .int64 : .uint64
    let bytes = integers.flatMap { integer in
      (0..<8).map { UInt8(truncatingIfNeeded: integer >> (8 * $0)) }
    }
    storage = .source(ByteSource(bytes, of: "memory"), isBigEndian: false)
  }

  /// The number of elements.
  public var count: Int { layout.count }

  /// The number of bytes that the elements need in a file.
  public var byteCount: Int { layout.count * type.size }

  /// The elements of a complex tensor as real numbers, with an additional last axis of extent 2 for
  /// the real and the imaginary part, as PyTorch's `view_as_real`. The result is `nil` for a tensor
  /// that is not complex.
  public var viewAsReal: StoredTensor? {
    guard let real = type.realType else { return nil }
    return StoredTensor(realPartsOf: self, real)
  }

  private init(realPartsOf complex: StoredTensor, _ real: ElementType) {
    shape = complex.shape + [2]
    type = real
    storage = complex.storage
    layout = complex.layout.splittingElements
  }

  func failure(_ problem: String) -> CheckpointError {
    guard case .source(let source, _) = storage else { return CheckpointError("memory", problem) }
    return source.failure(problem)
  }
}
