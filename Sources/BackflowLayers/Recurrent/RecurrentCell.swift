internal import BackflowKernels
public import BackflowLinearAlgebra

/// The equations of one layer of a recurrent network in one direction: what `Recurrent` stacks.
///
/// A cell states the equations of one step and of one step back; `ForwardPass` and `BackwardPass` run
/// them over time, threads and batches of different lengths. A cell runs forward in time and never sees
/// padding.
///
///     struct MyCell<Scalar: RealScalar>: RecurrentCell {
///       typealias State = Tensor<Scalar>
///       static var layout: CellLayout { CellLayout(gates: 1) }
///       var weights: GateWeights<Scalar>
///       init(_ weights: GateWeights<Scalar>) { self.weights = weights }
///       func step(_ pass: borrowing ForwardPass<Scalar>) { pass.forEachStep { t in … } }
///       func stepBack(_ pass: borrowing BackwardPass<Scalar>) { pass.forEachStep { t in … } }
///     }
public protocol RecurrentCell<Scalar>: Parameterized {
  /// What is handed from step to step.
  associatedtype State: RecurrentState<Scalar>

  /// How many gates the cell has, and what else a step computes with.
  static var layout: CellLayout { get }

  /// W_ih, W_hh, b_ih and b_hh.
  var weights: GateWeights<Scalar> { get set }

  /// A cell with these parameters.
  ///
  /// - Precondition: They are those of the layout's number of gates.
  init(_ weights: GateWeights<Scalar>)

  /// A randomly initialized cell. The default draws one weight matrix for each gate and sets
  /// the biases to zero.
  init(
    inputSize: Int, hiddenSize: Int, inputWeights: Initializer, recurrentWeights: Initializer,
    using random: inout RandomSource)

  /// The bias that `step` adds, once for a whole pass; b_ih + b_hh unless the cell overrides it.
  var stepBias: Tensor<Scalar> { get }

  /// Runs the equations of one step for every step of `pass`.
  func step(_ pass: borrowing ForwardPass<Scalar>)

  /// Runs the backward pass of one step for every step of `pass`, from the last to the first.
  func stepBack(_ pass: borrowing BackwardPass<Scalar>)

  /// J = ∂s_t/∂s_{t−1}, [S, S], for the state s = (h, c …) of `stateSize` S: how one step moves a small
  /// change of the state. The default is S backward steps; a cell may state it as a formula.
  ///
  /// - Parameters:
  ///   - step: t, from 0.
  ///   - sample: A row of the cache. After a pass with `lengths`, the rows are the samples in descending
  ///     order of length.
  /// - Precondition: The sample runs at that step.
  func stateJacobian(step: Int, sample: Int, _ cache: Cache) -> Tensor<Scalar>

  /// φ of a cell whose step is h_t = φ(W_hh h_{t−1} + …) and nothing else, so that W_hh and the largest slope
  /// of φ bound what a step does to a gradient; `nil`, the default, for a cell with gates.
  var soleNonlinearity: Nonlinearity? { get }

  /// The gates and units of all time steps, for an observer; by default none.
  func activations(in cache: Cache) -> [Activation<Scalar>]
}

extension RecurrentCell {
  /// What the backward pass needs of the forward pass.
  public typealias Cache = RecurrentCache<State>

  /// None.
  public func activations(in cache: Cache) -> [Activation<Scalar>] { [] }

  /// A cell with an orthogonal W_hh for each gate, unless another initializer is given, and zero biases.
  public init(
    inputSize: Int, hiddenSize: Int, inputWeights: Initializer = .glorotUniform(),
    recurrentWeights: Initializer = .orthogonal(), using random: inout RandomSource
  ) {
    self.init(
      GateWeights(
        gates: Self.layout.gates, inputSize: inputSize, hiddenSize: hiddenSize,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random))
  }

  /// I, the number of features of the input.
  public var inputSize: Int { weights.inputSize }
  /// H, the number of units.
  public var hiddenSize: Int { weights.hiddenSize }
  /// S, the number of elements of one sample's state.
  public var stateSize: Int { State.tensorCount * hiddenSize }

  /// `nil`: the cell has gates.
  public var soleNonlinearity: Nonlinearity? { nil }

  /// b_ih + b_hh, [G·H].
  public var stepBias: Tensor<Scalar> { weights.inputBias + weights.recurrentBias }

  /// Visits the parameters under PyTorch's names and in its order.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    weights.visitParameters(visit)
  }
}
