public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// A distribution from which the weights of a layer are drawn.
///
/// A weight has the shape [outputs, inputs] or, in a convolution, [outputs, inputs, kernel …].
/// Fan-in is the number of inputs and fan-out that of outputs, each times the size of the kernel.
/// Numbers are drawn in double and rounded, so that both precisions start from the same weights.
///
/// A gain compensates for the nonlinearity that follows the weight: 1 for none and for the sigmoid,
/// 5/3 for tanh, √2 for ReLU, √(2/(1 + a²)) for a leaky ReLU of slope a (PyTorch `calculate_gain`).
public struct Initializer: Sendable {
  private let draw: @Sendable (Shape, inout RandomSource) -> Tensor<Double>

  /// An initializer from a closure that draws a tensor of the given shape.
  public init(_ draw: @escaping @Sendable (Shape, inout RandomSource) -> Tensor<Double>) {
    self.draw = draw
  }

  /// A randomly initialized tensor of `shape`.
  public func callAsFunction<S: RealScalar>(
    _ shape: Shape, using random: inout RandomSource
  ) -> Tensor<S> {
    Tensor<S>(draw(shape, &random))
  }
}

// MARK: - Of any shape

extension Initializer {
  /// All zero.
  public static let zeros = constant(0)

  /// All `value`.
  public static func constant(_ value: Double) -> Initializer {
    Initializer { shape, _ in Tensor(repeating: value, shape: shape) }
  }

  /// Uniform on `range`.
  public static func uniform(_ range: Range<Double>) -> Initializer {
    Initializer { shape, random in random.uniform(shape, in: range) }
  }

  /// Normal.
  public static func normal(mean: Double = 0, standardDeviation: Double = 1) -> Initializer {
    Initializer { shape, random in
      random.normal(shape, mean: mean, standardDeviation: standardDeviation)
    }
  }
}

// MARK: - By the size of the layer

// Precondition of each: the weight is [outputs, inputs, kernel …] with elements, and the gain or
// slope is finite.
extension Initializer {
  /// Uniform on ±gain·√(6/(fan-in + fan-out)): keeps the variance of signals in both directions.
  /// Glorot and Bengio, AISTATS 2010.
  public static func glorotUniform(gain: Double = 1) -> Initializer {
    SettingRange.finite.check(gain, "the gain", of: "glorotUniform")
    return uniform { gain * gain * 2 / Double($0.in + $0.out) }
  }

  /// Normal with variance gain²·2/(fan-in + fan-out). Glorot and Bengio, AISTATS 2010.
  public static func glorotNormal(gain: Double = 1) -> Initializer {
    SettingRange.finite.check(gain, "the gain", of: "glorotNormal")
    return normal { gain * gain * 2 / Double($0.in + $0.out) }
  }

  /// Uniform on ±√(6/((1 + a²)·fan-in)): keeps the variance of the signal through a leaky ReLU of
  /// slope a, which is ReLU for 0. He et al., ICCV 2015.
  public static func heUniform(slope: Double = 0) -> Initializer {
    SettingRange.finite.check(slope, "the slope", of: "heUniform")
    return uniform { 2 / ((1 + slope * slope) * Double($0.in)) }
  }

  /// Normal with variance 2/((1 + a²)·fan-in): keeps the variance of the signal through a leaky
  /// ReLU of slope a, which is ReLU for 0. He et al., ICCV 2015.
  public static func heNormal(slope: Double = 0) -> Initializer {
    SettingRange.finite.check(slope, "the slope", of: "heNormal")
    return normal { 2 / ((1 + slope * slope) * Double($0.in)) }
  }

  /// Uniform on ±gain·√(3/fan-in): keeps the variance of the signal in the forward pass, through a
  /// nonlinearity of any gain. LeCun et al., "Efficient BackProp", 1998.
  public static func lecunUniform(gain: Double = 1) -> Initializer {
    SettingRange.finite.check(gain, "the gain", of: "lecunUniform")
    return uniform { gain * gain / Double($0.in) }
  }

  /// Normal with variance gain²/fan-in: keeps the variance of the signal in the forward pass,
  /// through a nonlinearity of any gain. LeCun et al., "Efficient BackProp", 1998.
  public static func lecunNormal(gain: Double = 1) -> Initializer {
    SettingRange.finite.check(gain, "the gain", of: "lecunNormal")
    return normal { gain * gain / Double($0.in) }
  }

  private typealias Fans = (in: Int, out: Int)

  private static func uniform(variance: @escaping @Sendable (Fans) -> Double) -> Initializer {
    Initializer { shape, random in
      // A uniform draw on ±b has variance b²/3.
      let bound = (3 * variance(fans(shape))).squareRoot()
      return bound == 0 ? .zeros(shape) : random.uniform(shape, in: -bound..<bound)
    }
  }

  private static func normal(variance: @escaping @Sendable (Fans) -> Double) -> Initializer {
    Initializer { shape, random in
      random.normal(shape, standardDeviation: variance(fans(shape)).squareRoot())
    }
  }

  private static func fans(_ shape: Shape) -> Fans {
    require(
      shape.rank >= 2 && shape.elementCount > 0,
      "Initializer: shape \(shape) instead of [outputs, inputs, …] with elements")
    let taps = shape.dropFirst(2).reduce(1, *)
    return (shape[1] * taps, shape[0] * taps)
  }
}

// MARK: - Isometries

extension Initializer {
  /// gain · Q with Q uniform (Haar) on the matrices with orthonormal rows or columns, whichever are
  /// fewer: the Q factor of a normal draw with the signs of R's diagonal made positive. A kernel is
  /// drawn as the matrix [outputs, the rest]. Mezzadri, Notices of the AMS 54 (2007).
  ///
  /// - Precondition: The shape has at least two axes.
  public static func orthogonal(gain: Double = 1) -> Initializer {
    SettingRange.finite.check(gain, "the gain", of: "orthogonal")
    return Initializer { shape, random in
      require(
        shape.rank >= 2, "Initializer.orthogonal: shape \(shape) instead of at least two axes")
      let (rows, columns) = (shape[0], shape.dropFirst().reduce(1, *))
      let normal = random.normal([max(rows, columns), min(rows, columns)], as: Double.self)
      do {
        let q = try QRDecomposition(of: normal, positiveDiagonal: true).q
        return ((rows >= columns ? q : q.transpose()) * gain).reshaped(to: shape)
      } catch {
        stop("Initializer.orthogonal: the QR decomposition failed: \(error)")
      }
    }
  }

  /// gain · I, with zeros where the matrix is not square: a ReLU recurrence starts as a memory that
  /// keeps its state and its backward signal. Le, Jaitly and Hinton, "A simple way to initialize
  /// recurrent networks of rectified linear units", 2015.
  ///
  /// - Precondition: The shape is [outputs, inputs].
  public static func identity(gain: Double = 1) -> Initializer {
    SettingRange.finite.check(gain, "the gain", of: "identity")
    return Initializer { shape, _ in
      require(shape.rank == 2, "Initializer.identity: shape \(shape) instead of [outputs, inputs]")
      let small = min(shape[0], shape[1])
      var matrix = Tensor<Double>.zeros(shape)
      matrix.replaceSlice(
        0..<small, axis: shape[0] < shape[1] ? 1 : 0, with: Tensor.identity(small) * gain)
      return matrix
    }
  }
}
