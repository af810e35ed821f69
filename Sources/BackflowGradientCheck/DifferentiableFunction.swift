public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// A function of several tensors with an explicit backward pass, for a gradient check.
///
/// Any layer can be wrapped: give the names and values of its arguments (inputs, states,
/// parameters), and closures that compute the output and the gradients.
public struct DifferentiableFunction {
  /// A tensor on which the function depends.
  public struct Argument {
    /// The name that identifies the argument in reports.
    public let name: String
    /// The point at which the derivative is taken.
    public let value: Tensor<Double>

    /// Creates an argument from its name and value.
    public init(_ name: String, _ value: Tensor<Double>) {
      self.name = name
      self.value = value
    }
  }

  /// All tensors on which the function depends.
  public let arguments: [Argument]
  /// The forward pass, from the values of the arguments to the output.
  public let forward: ([Tensor<Double>]) -> Tensor<Double>
  /// The backward pass, from the values of the arguments and the gradient with respect to the
  /// output to the gradients with respect to the arguments, in their order.
  public let backward: ([Tensor<Double>], Tensor<Double>) -> [Tensor<Double>]

  /// Creates a function from its forward and backward passes.
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
  /// Wraps a layer. The arguments are the input and all parameters.
  ///
  /// - Parameters:
  ///   - layer: The layer.
  ///   - input: The input at which the derivatives are taken.
  ///   - mode: The mode of the forward pass. The same seed drops the same units every time.
  ///   - checksInput: Whether the input is an argument. The indices that an `Embedding` reads have
  ///     no derivative.
  public init<L: Layer<Double>>(
    _ layer: L, input: Tensor<Double>, mode: Mode = .evaluation, checksInput: Bool = true
  ) {
    func pass(_ arguments: [Tensor<Double>]) -> (layer: L, output: Tensor<Double>, cache: L.Cache) {
      let layer = layer.replacingParameters(with: arguments.dropFirst(checksInput ? 1 : 0))
      let (output, cache) = layer.forward(checksInput ? arguments[0] : input, mode)
      return (layer, output, cache)
    }
    self.init(
      of: (checksInput ? [Argument("input", input)] : []) + layer.parameterArguments,
      forward: { pass($0).output },
      backward: { arguments, outputGradient in
        let (layer, _, cache) = pass(arguments)
        let (inputGradient, gradients) = layer.backward(outputGradient, cache)
        return (checksInput ? [inputGradient] : []) + gradients.namedParameters.map(\.value)
      })
  }

  /// Wraps a recurrent network. The arguments are the input, the initial state, and all parameters.
  /// The output consists of the outputs and the final states, so that the gradients of both are
  /// checked.
  public init<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, input: Tensor<Double>, initialState: [Cell.State],
    lengths: [Int]? = nil, mode: Mode = .evaluation
  ) {
    let perState = initialState[0].tensors.count
    let stateTensors = initialState.flatMap(\.tensors)

    func states(_ tensors: some Collection<Tensor<Double>>) -> [Cell.State] {
      let tensors = Array(tensors)
      return stride(from: 0, to: tensors.count, by: perState).map {
        Cell.State(tensors: Array(tensors[$0..<$0 + perState]))
      }
    }
    func run(
      _ values: [Tensor<Double>]
    ) -> (
      network: Recurrent<Cell>, output: Tensor<Double>, finalState: [Cell.State],
      cache: Recurrent<Cell>.Cache
    ) {
      let network = network.replacingParameters(with: values.dropFirst(1 + stateTensors.count))
      let (output, finalState, cache) = network.forward(
        values[0], mode, initialState: states(values[1..<1 + stateTensors.count]), lengths: lengths)
      return (network, output, finalState, cache)
    }

    self.init(
      of: [Argument("input", input)]
        + stateTensors.enumerated().map { Argument("initial state \($0.offset)", $0.element) }
        + network.parameterArguments,
      forward: { values in
        let (_, output, finalState, _) = run(values)
        return .concatenate(([output] + finalState.flatMap(\.tensors)).map(\.flattened))
      },
      backward: { values, gradient in
        let (network, output, _, cache) = run(values)
        let stateSize = stateTensors[0].count
        let stateGradients = stateTensors.enumerated().map { index, tensor in
          let start = output.count + index * stateSize
          return gradient[start..<start + stateSize].reshaped(to: tensor.shape)
        }
        let (inputGradient, stateGradient, gradients) = network.backward(
          gradient[0..<output.count].reshaped(to: output.shape),
          finalStateGradient: states(stateGradients), cache)
        return [inputGradient] + stateGradient.flatMap(\.tensors)
          + gradients.namedParameters.map(\.value)
      })
  }

  /// Wraps a loss. `loss` returns its value and its gradient with respect to the prediction.
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
