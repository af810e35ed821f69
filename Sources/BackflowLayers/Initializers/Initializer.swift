public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// How the weights of a layer are drawn.
///
/// A weight has the shape [outputs, inputs]; "fan-in" is the number of inputs, "fan-out" that of
/// outputs. The draws are made in double and rounded, so both precisions start alike.
public struct Initializer: Sendable {
  private let draw: @Sendable (Shape, inout RandomSource) -> Tensor<Double>

  /// An initialiser of one's own.
  public init(_ draw: @escaping @Sendable (Shape, inout RandomSource) -> Tensor<Double>) {
    self.draw = draw
  }

  /// A tensor of `shape`, freshly drawn.
  public func callAsFunction<S: RealScalar>(
    _ shape: Shape, using random: inout RandomSource
  ) -> Tensor<S> {
    Tensor<S>(draw(shape, &random))
  }

  /// All zero.
  public static let zeros = Initializer { shape, _ in .zeros(shape) }

  /// Uniform on ±gain·√(6/(fan-in + fan-out)): keeps the variance of signals in both directions.
  /// Glorot and Bengio, AISTATS 2010.
  public static func glorotUniform(gain: Double = 1) -> Initializer {
    Initializer { shape, random in
      let (fanIn, fanOut) = fans(shape)
      let bound = gain * (6 / Double(fanIn + fanOut)).squareRoot()
      return random.uniform(shape, in: -bound..<bound)
    }
  }

  /// Normal with variance gain²·2/(fan-in + fan-out). Glorot and Bengio, AISTATS 2010.
  public static func glorotNormal(gain: Double = 1) -> Initializer {
    Initializer { shape, random in
      let (fanIn, fanOut) = fans(shape)
      let deviation = gain * (2 / Double(fanIn + fanOut)).squareRoot()
      return random.normal(shape, standardDeviation: deviation)
    }
  }

  /// Uniform on ±√(6/fan-in): keeps the variance through ReLU. He et al., ICCV 2015.
  public static let heUniform = Initializer { shape, random in
    let bound = (6 / Double(fans(shape).in)).squareRoot()
    return random.uniform(shape, in: -bound..<bound)
  }

  /// Normal with variance 2/fan-in: keeps the variance through ReLU. He et al., ICCV 2015.
  public static let heNormal = Initializer { shape, random in
    random.normal(shape, standardDeviation: (2 / Double(fans(shape).in)).squareRoot())
  }

  /// gain · Q with Q uniform (Haar) on the matrices with orthonormal rows or columns, whichever are
  /// fewer: the Q factor of a normal draw with the signs of R's diagonal made positive.
  /// Mezzadri, Notices of the AMS 54 (2007).
  public static func orthogonal(gain: Double = 1) -> Initializer {
    Initializer { shape, random in
      require(shape.rank == 2, "an orthogonal matrix has two axes, not shape \(shape)")
      let (rows, columns) = (shape[0], shape[1])
      let normal = random.normal([max(rows, columns), min(rows, columns)], as: Double.self)
      do {
        let q = try QRDecomposition(of: normal, positiveDiagonal: true).q
        return (rows >= columns ? q : q.transpose()) * gain
      } catch {
        stop("the QR decomposition of finite numbers failed: \(error)")
      }
    }
  }

  private static func fans(_ shape: Shape) -> (in: Int, out: Int) {
    require(
      shape.rank == 2 && shape.elementCount > 0,
      "fan-in and fan-out belong to a weight [outputs, inputs], not to shape \(shape)")
    return (shape[1], shape[0])
  }
}
