public import BackflowKernels
internal import BackflowLinearAlgebra

/// A layer that has a copy in double precision, in which a gradient check computes.
///
/// A model of a program's own, with the precision as its parameter, conforms with its own copy:
///
///     extension MyModel: DoubleConvertibleLayer {
///       var inDoublePrecision: MyModel<Double> { MyModel<Double>(self) }
///     }
public protocol DoubleConvertibleLayer<Scalar>: Layer {
  /// The same layer in double precision.
  associatedtype DoubleLayer: Layer<Double>

  /// A copy of the layer in double precision. Every number keeps its value.
  var inDoublePrecision: DoubleLayer { get }
}

// MARK: - Layers with parameters

extension Dense: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: Dense<Double> { Dense<Double>(self) }
}

extension Embedding: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: Embedding<Double> { Embedding<Double>(self) }
}

extension Conv2D: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: Conv2D<Double> { Conv2D<Double>(self) }
}

extension LayerNorm: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: LayerNorm<Double> { LayerNorm<Double>(self) }
}

extension BatchNorm: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: BatchNorm<Double> { BatchNorm<Double>(self) }
}

extension MultiHeadAttention: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: MultiHeadAttention<Double> { MultiHeadAttention<Double>(self) }
}

extension Recurrent: DoubleConvertibleLayer where Cell: DoubleConvertible {
  /// A copy of the network in double precision.
  public var inDoublePrecision: Recurrent<Cell.DoubleCell> { mapCells(\.inDoublePrecision) }
}

// MARK: - Containers

extension Sequential: DoubleConvertibleLayer {
  /// A copy of the layers in double precision.
  ///
  /// - Precondition: Every layer is a `DoubleConvertibleLayer`, as those of the library are, except
  ///   `StagedBatchNorm`.
  public var inDoublePrecision: Sequential<Double> {
    Sequential<Double>(
      layers.map { layer in
        guard let layer = layer as? any DoubleConvertibleLayer<Scalar> else {
          stop("Sequential: \(type(of: layer)) has no copy in double precision")
        }
        return copy(of: layer)
      })
  }
}

private func copy<L: DoubleConvertibleLayer>(of layer: L) -> any Layer<Double> {
  layer.inDoublePrecision
}

extension Residual: DoubleConvertibleLayer where Body: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: Residual<Body.DoubleLayer> {
    Residual<Body.DoubleLayer>(body.inDoublePrecision)
  }
}

extension Frozen: DoubleConvertibleLayer where Body: DoubleConvertibleLayer {
  /// A copy of the layer in double precision.
  public var inDoublePrecision: Frozen<Body.DoubleLayer> {
    Frozen<Body.DoubleLayer>(body.inDoublePrecision)
  }
}

// MARK: - Layers without parameters

extension Sigmoid: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: Sigmoid<Double> { Sigmoid<Double>() }
}

extension Tanh: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: Tanh<Double> { Tanh<Double>() }
}

extension ReLU: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: ReLU<Double> { ReLU<Double>() }
}

extension LeakyReLU: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: LeakyReLU<Double> { LeakyReLU<Double>(slope: Double(slope)) }
}

extension ELU: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: ELU<Double> { ELU<Double>(alpha: Double(alpha)) }
}

extension GELU: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: GELU<Double> {
    switch approximation {
    case .exact: GELU<Double>(.exact)
    case .tanh: GELU<Double>(.tanh)
    }
  }
}

extension SiLU: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: SiLU<Double> { SiLU<Double>() }
}

extension Softplus: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: Softplus<Double> { Softplus<Double>() }
}

extension Softmax: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: Softmax<Double> { Softmax<Double>() }
}

extension LogSoftmax: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: LogSoftmax<Double> { LogSoftmax<Double>() }
}

extension Dropout: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: Dropout<Double> { Dropout<Double>(probability: probability) }
}

extension Flatten: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: Flatten<Double> { Flatten<Double>() }
}

extension LastStep: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: LastStep<Double> { LastStep<Double>() }
}

extension MaxPool2D: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: MaxPool2D<Double> {
    MaxPool2D<Double>(kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
  }
}

extension AvgPool2D: DoubleConvertibleLayer {
  /// The layer in double precision.
  public var inDoublePrecision: AvgPool2D<Double> {
    AvgPool2D<Double>(
      kernelSize: kernelSize, stride: stride, padding: padding, countsPadding: countsPadding)
  }
}
