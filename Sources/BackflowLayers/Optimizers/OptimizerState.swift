public import BackflowKernels
public import BackflowLinearAlgebra

/// The state of an optimizer: the number of steps, and named tensors.
///
/// It is `Parameterized`, so it is saved and read as a model is. `Checkpoint.insert` and
/// `Optimizer.load` do this:
///
///     try checkpoint.insert(optimizer, prefix: "optimizer")
///     try optimizer.load(checkpoint, prefix: "optimizer")
///
/// A tensor's name is PyTorch's name of the moment, a dot, and the name of the parameter:
/// `exp_avg.weight_hh_l0`. The number of steps is the counter `step`.
public struct OptimizerState<Scalar: RealScalar>: Parameterized, Equatable {
  /// The names of the tensors.
  public let names: [String]
  /// The tensors, in the order of their names.
  public private(set) var tensors: [Tensor<Scalar>]
  /// The number of steps.
  public private(set) var step: Int

  /// The state after `step` steps with these tensors.
  ///
  /// - Precondition: `step` is not negative.
  public init(step: Int, _ tensors: [(name: String, value: Tensor<Scalar>)]) {
    require(step >= 0, "OptimizerState: the number of steps must not be negative, it is \(step)")
    names = tensors.map(\.name)
    self.tensors = tensors.map(\.value)
    self.step = step
  }

  /// Visits every tensor.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    for index in tensors.indices { visit(names[index], &tensors[index]) }
  }

  /// Visits `step`.
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) { visit("step", &step) }
}

/// The reason why a state does not belong to an optimizer.
public enum OptimizerStateError: BackflowError, Equatable {
  /// Another kind of optimizer, or another model.
  case otherTensors(expected: [String], found: [String])
  /// A model of another size.
  case otherShape(name: String, expected: Shape, found: Shape)
  /// A tensor has NaN or infinite elements.
  case nonFinite(name: String, count: Int)
  /// The number of steps is negative, or too large for another step.
  case stepOutOfRange(Int)

  /// The numbers of steps that a double represents end here, at 2⁵³.
  static let maximumStep = 1 << 53

  /// The reason in a sentence.
  public var description: String {
    switch self {
    case .otherTensors(let expected, let found):
      "expected the tensors \(expected.joined(separator: ", ")), found"
        + " \(found.joined(separator: ", "))"
    case .otherShape(let name, let expected, let found):
      "expected shape \(expected) for \(name), found \(found)"
    case .nonFinite(let name, let count):
      "the tensor \(name) has \(count) elements that are NaN or infinite; restore an earlier state,"
        + " or start with a new optimizer"
    case .stepOutOfRange(let step):
      "the number of steps must be in 0 ..< \(Self.maximumStep), found \(step)"
    }
  }
}

/// One tensor for each parameter of a model, initially filled with one value: a momentum or a
/// moment.
struct Accumulator<Scalar: RealScalar>: Sendable {
  /// PyTorch's name of these tensors.
  let name: String
  private let parameterNames: [String]
  var tensors: [Tensor<Scalar>]

  init<Model: Parameterized<Scalar>>(
    _ name: String, for model: Model, filledWith value: Double = 0
  ) {
    model.requireAllVisited(by: "an optimizer")
    let parameters = model.namedParameters
    self.name = name
    parameterNames = parameters.map(\.name)
    tensors = parameters.map { Tensor(repeating: Scalar(value), shape: $0.value.shape) }
  }

  /// Visits every parameter of `model` with its gradient, its tensor here and its index.
  ///
  /// - Precondition: The model is the one that this was made for.
  mutating func visit<Model: Parameterized<Scalar>>(
    with model: inout Model, _ gradients: Model,
    _ body: (
      _ index: Int, _ own: inout Tensor<Scalar>, _ gradient: Tensor<Scalar>,
      _ parameter: inout Tensor<Scalar>
    ) -> Void
  ) {
    var index = 0
    model.visitParameters(with: gradients) { name, parameter, gradient in
      check(index, name, parameter)
      body(index, &tensors[index], gradient, &parameter)
      index += 1
    }
    require(
      index == tensors.count,
      "the optimizer was made for \(tensors.count) parameters, the model has \(index)")
  }

  private func check(_ index: Int, _ name: String, _ parameter: Tensor<Scalar>) {
    require(
      index < tensors.count && tensors[index].shape == parameter.shape,
      "the optimizer was made for "
        + (index < tensors.count
          ? "\(parameterNames[index]) of shape \(tensors[index].shape)"
          : "\(tensors.count) parameters")
        + ", the model has \(name) of shape \(parameter.shape)")
  }

  var named: [(name: String, value: Tensor<Scalar>)] {
    zip(parameterNames, tensors).map { (name + "." + $0, $1) }
  }
}

extension OptimizerState {
  init(step: Int, _ accumulators: Accumulator<Scalar>...) {
    self.init(step: step, accumulators.flatMap(\.named))
  }

  /// This state's number of steps, and its tensors of each accumulator of `current`.
  func restored(
    over current: Self
  ) throws(OptimizerStateError) -> (step: Int, tensors: [Tensor<Scalar>]) {
    guard names == current.names else {
      throw .otherTensors(expected: current.names, found: names)
    }
    for (index, expected) in current.tensors.enumerated()
    where tensors[index].shape != expected.shape {
      throw .otherShape(
        name: names[index], expected: expected.shape, found: tensors[index].shape)
    }
    for (name, tensor) in zip(names, tensors) where !tensor.isFinite {
      throw .nonFinite(name: name, count: tensor.nonfiniteCount)
    }
    guard (0..<OptimizerStateError.maximumStep).contains(step) else { throw .stepOutOfRange(step) }
    return (step, tensors)
  }
}
