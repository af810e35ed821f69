public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// A function of several tensors with a backward pass of its own: what a gradient check examines.
///
/// Anyone's layer fits: name its arguments (inputs, states, parameters) and say how the output and
/// the gradients are had from them.
public struct DifferentiableFunction {
  /// One tensor the function depends on.
  public struct Argument {
    /// The name under which an error is reported.
    public let name: String
    /// The point at which the derivative is taken.
    public let value: Tensor<Double>

    /// An argument of this name and value.
    public init(_ name: String, _ value: Tensor<Double>) {
      self.name = name
      self.value = value
    }
  }

  /// All tensors that the function depends on.
  public let arguments: [Argument]
  /// The output, from the values of the arguments in their order.
  public let forward: ([Tensor<Double>]) -> Tensor<Double>
  /// The gradients by every argument in their order, from the arguments and the gradient by the
  /// output.
  public let backward: ([Tensor<Double>], Tensor<Double>) -> [Tensor<Double>]

  /// A function from its two passes.
  public init(
    of arguments: [Argument],
    forward: @escaping ([Tensor<Double>]) -> Tensor<Double>,
    backward: @escaping ([Tensor<Double>], Tensor<Double>) -> [Tensor<Double>]
  ) {
    self.arguments = arguments
    self.forward = forward
    self.backward = backward
  }
}

extension DifferentiableFunction {
  /// A layer at `input`: the arguments are the input and every parameter.
  public init<L: Layer<Double>>(
    _ layer: L, input: Tensor<Double>, mode: Mode = .evaluation
  ) {
    self.init(
      of: [Argument("input", input)] + layer.parameterArguments,
      forward: { layer.replacingParameters(with: $0.dropFirst()).forward($0[0], mode).output },
      backward: { arguments, outputGradient in
        let layer = layer.replacingParameters(with: arguments.dropFirst())
        let (inputGradient, gradients) = layer.backward(
          outputGradient, layer.forward(arguments[0], mode).cache)
        return [inputGradient] + gradients.namedParameters.map(\.value)
      })
  }

  /// A recurrent layer at `input` and `initialState`, both of them arguments.
  public init(_ layer: RNN<Double>, input: Tensor<Double>, initialState: Tensor<Double>) {
    self.init(
      of: [Argument("input", input), Argument("initial state", initialState)]
        + layer.parameterArguments,
      forward: {
        layer.replacingParameters(with: $0.dropFirst(2)).forward($0[0], initialState: $0[1]).output
      },
      backward: { arguments, outputGradient in
        let layer = layer.replacingParameters(with: arguments.dropFirst(2))
        let cache = layer.forward(arguments[0], initialState: arguments[1]).cache
        let (input, state, gradients) = layer.backward(outputGradient, cache)
        return [input, state] + gradients.namedParameters.map(\.value)
      })
  }

  /// A loss of one tensor: `loss` returns its value and its gradient by that tensor.
  public init(
    loss: @escaping (Tensor<Double>) -> (loss: Double, gradient: Tensor<Double>),
    at prediction: Tensor<Double>
  ) {
    self.init(
      of: [Argument("prediction", prediction)],
      forward: { Tensor(scalar: loss($0[0]).loss) },
      backward: { [loss($0[0]).gradient * $1.scalar] })
  }
}

extension Parameterized<Double> {
  fileprivate var parameterArguments: [DifferentiableFunction.Argument] {
    namedParameters.map { .init($0.name, $0.value) }
  }

  fileprivate func replacingParameters(with values: ArraySlice<Tensor<Double>>) -> Self {
    var copy = self
    var values = values
    copy.visitParameters { _, parameter in parameter = values.removeFirst() }
    return copy
  }
}
