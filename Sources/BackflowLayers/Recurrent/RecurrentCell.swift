internal import BackflowKernels
public import BackflowLinearAlgebra

/// The equations of one layer of a recurrent network in one direction. `Recurrent` stacks such
/// cells.
///
/// A cell states the equations of one time step and of its backward pass. A `ForwardPass` or
/// `BackwardPass` holds the sequences that the equations read and write, and calls them for every
/// step, on all threads, for batches of different lengths. A cell runs forward in time and never
/// sees padding.
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
  /// The values that one step passes to the next.
  associatedtype State: RecurrentState<Scalar>

  /// The number of gates of the cell, and the memory that a step needs.
  static var layout: CellLayout { get }

  /// W_ih, W_hh, and b_ih and b_hh if the cell has biases.
  var weights: GateWeights<Scalar> { get set }

  /// A cell with these parameters.
  ///
  /// - Precondition: The parameters have as many gates as the layout.
  init(_ weights: GateWeights<Scalar>)

  /// A randomly initialized cell. The default initializes the weights of each gate separately and
  /// sets the biases to zero. Without `bias`, there are none.
  init(
    inputSize: Int, hiddenSize: Int, bias: Bool, inputWeights: Initializer,
    recurrentWeights: Initializer, using random: inout RandomSource)

  /// The bias that `step` adds, computed once for a whole pass. The default is b_ih + b_hh, or
  /// zero for a cell without biases.
  var stepBias: Tensor<Scalar> { get }

  /// Computes every step of `pass` with `pass.forEachStep`.
  func step(_ pass: borrowing ForwardPass<Scalar>)

  /// Computes the gradients of the steps of `pass`, from the last to the first, with
  /// `pass.forEachStep`. It is called once for each chunk of steps, from the last chunk to the
  /// first, and must keep nothing from one call to the next outside `pass`.
  func stepBack(_ pass: borrowing BackwardPass<Scalar>)

  /// Returns the derivative of one step for one sample, with respect to the state s = (h, c …) and
  /// to the input. The default computes it with S backward steps; a cell may state its factors
  /// instead.
  ///
  /// - Parameters:
  ///   - step: t, from 0.
  ///   - sample: A row of the cache. After a pass with `lengths`, the rows are the samples in
  ///     descending order of length.
  ///   - cache: The cache of the forward pass.
  /// - Precondition: The sample has not ended before that step.
  func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Scalar>

  /// The equations by name, for analyses whose bounds hold for these equations only. The default is
  /// `.other`.
  var equations: CellEquations { get }

  /// The gates and units at all time steps, for observers such as `HealthMonitor`. The default is
  /// none.
  func activations(in cache: Cache) -> [Activation<Scalar>]
}

extension RecurrentCell {
  /// The values of the forward pass that the backward pass reads.
  public typealias Cache = RecurrentCache<State>

  /// No activations.
  public func activations(in cache: Cache) -> [Activation<Scalar>] { [] }

  /// A cell with an orthogonal W_hh for each gate, unless another initializer is given, and zero
  /// biases, or no biases if `bias` is false.
  public init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    self.init(
      GateWeights(
        gates: Self.layout.gates, inputSize: inputSize, hiddenSize: hiddenSize, bias: bias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random))
  }

  /// I, the number of features of the input.
  public var inputSize: Int { weights.inputSize }
  /// H, the number of units.
  public var hiddenSize: Int { weights.hiddenSize }
  /// S, the number of elements of one sample's state.
  public var stateSize: Int { State.tensorCount * hiddenSize }

  /// `.other`, for a cell whose equations the library does not know.
  public var equations: CellEquations { .other }

  /// b_ih + b_hh, [G·H], which is zero for a cell without biases.
  public var stepBias: Tensor<Scalar> { weights.biasSum }

  /// Visits the parameters with the names and in the order of PyTorch.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    weights.visitParameters(visit)
  }
}
