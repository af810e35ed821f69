public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

extension DifferentiableFunction {
  /// Wraps the loss of a model in double precision. The arguments are the input and all parameters.
  ///
  ///     let function = DifferentiableFunction(model, input: x) { softmaxCrossEntropy($0, labels) }
  ///     print(GradientCheck(function, using: &random))
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - input: Its input.
  ///   - mode: The mode of the forward pass. The same seed drops the same units every time.
  ///   - checksInput: Whether the input is an argument. The indices that an `Embedding` reads have
  ///     no derivative.
  ///   - loss: A function of the output that returns the loss and its gradient.
  public init<Model: Layer<Double>>(
    _ model: Model, input: Tensor<Double>, mode: Mode = .evaluation,
    checksInput: Bool = true,
    loss: @escaping (Tensor<Double>) -> (loss: Double, gradient: Tensor<Double>)
  ) {
    let outputs = DifferentiableFunction(
      model, input: input, mode: mode, checksInput: checksInput)
    self.init(
      of: outputs.arguments,
      forward: { Tensor(scalar: loss(outputs.forward($0)).loss) },
      backward: { arguments, lossGradient in
        let (_, outputGradient) = loss(outputs.forward(arguments))
        return outputs.backward(arguments, outputGradient * lossGradient.scalar)
      })
  }

  /// Wraps the loss of a copy of a model in double precision, because finite differences in single
  /// precision have errors of some percent. The arguments are the input and all parameters.
  ///
  ///     DifferentiableFunction(inDoublePrecision: model, input: x) {
  ///       softmaxCrossEntropy($0, labels)
  ///     }
  public init<Model: DoubleConvertibleLayer<Float>>(
    inDoublePrecision model: Model, input: Tensor<Float>, mode: Mode = .evaluation,
    checksInput: Bool = true,
    loss: @escaping (Tensor<Double>) -> (loss: Double, gradient: Tensor<Double>)
  ) {
    self.init(
      model.inDoublePrecision, input: Tensor<Double>(input), mode: mode, checksInput: checksInput,
      loss: loss)
  }

  /// Wraps a copy of a layer in double precision. The arguments are the input and all parameters.
  public init<Model: DoubleConvertibleLayer<Float>>(
    inDoublePrecision model: Model, input: Tensor<Float>, mode: Mode = .evaluation,
    checksInput: Bool = true
  ) {
    self.init(
      model.inDoublePrecision, input: Tensor<Double>(input), mode: mode, checksInput: checksInput)
  }
}
