public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// A recurrence s_{t+1} = F_t(s_t) with its derivative, in double precision: what the analyses of
/// this module follow.
///
/// F_t depends on the step t if the recurrence reads an input. `CellRecurrence` is one cell of a
/// network, `StackRecurrence` all layers of one, `ClosedLoop` a network that reads its own output,
/// and `MapRecurrence` any function. S is the size of the state.
public protocol Recurrence: Sendable {
  /// S, the size of the state.
  var stateSize: Int { get }

  /// The number of leading elements of the state that are the output, in which a loss acts; S if
  /// the whole state is the output.
  var outputRange: Range<Int> { get }

  /// T, the number of steps for which there is input, or `nil` if the recurrence runs without end.
  var stepLimit: Int? { get }

  /// s_0, the state in which a trajectory starts, [S].
  var initialState: Tensor<Double> { get }

  /// Returns the states after the steps in `steps`, for several trajectories.
  ///
  /// - Parameters:
  ///   - states: The states before the first of the steps, [B, S].
  ///   - steps: The numbers of the steps, t.
  /// - Returns: The states after the last step, [B, S].
  func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double>

  /// Returns the steps of one trajectory with their derivatives.
  ///
  /// - Parameters:
  ///   - steps: The numbers of the steps, t.
  ///   - state: The state before the first of the steps, [S].
  func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep]

  /// Returns J_aᵀ … J_bᵀ D, the gradients with respect to the state before the steps a ... b, by
  /// the backward pass with which the network is trained. The default multiplies by the
  /// transposed Jacobians.
  ///
  /// - Parameters:
  ///   - gradients: D, [S, K], one gradient with respect to the last state in each column.
  ///   - steps: The numbers of the steps, a ..< b + 1.
  ///   - state: The state before the first of the steps, [S].
  func pullBack(
    _ gradients: Tensor<Double>, through steps: Range<Int>, from state: Tensor<Double>
  ) -> Tensor<Double>
}

extension Recurrence {
  /// The whole state.
  public var outputRange: Range<Int> { 0..<stateSize }

  /// The product of the transposed Jacobians of the steps, from the last to the first.
  public func pullBack(
    _ gradients: Tensor<Double>, through steps: Range<Int>, from state: Tensor<Double>
  ) -> Tensor<Double> {
    linearize(steps, from: state).reversed().reduce(gradients) {
      $1.derivative.multiplyTransposed($0)
    }
  }
}

/// One step of a trajectory.
public struct RecurrenceStep: Sendable {
  /// The state after the step, [S].
  public let state: Tensor<Double>
  /// The derivative of the step at the state before it.
  public let derivative: any StateDerivative

  /// A step that ends in `state`.
  public init(state: Tensor<Double>, derivative: any StateDerivative) {
    (self.state, self.derivative) = (state, derivative)
  }
}

/// The Jacobian J of one step, [S, S], as products, which need not form it.
public protocol StateDerivative: Sendable {
  /// J, [S, S].
  var matrix: Tensor<Double> { get }
  /// Returns J V for V [S, K].
  func multiply(_ vectors: Tensor<Double>) -> Tensor<Double>
  /// Returns Jᵀ D for D [S, K].
  func multiplyTransposed(_ gradients: Tensor<Double>) -> Tensor<Double>
  /// Returns the parts of Jᵀ δ by path, for δ [S], or `nil` if the paths are not known.
  func paths(of gradient: Tensor<Double>) -> GradientPaths<Double>?
}

extension StateDerivative {
  /// `nil`
  public func paths(of gradient: Tensor<Double>) -> GradientPaths<Double>? { nil }
}

/// A Jacobian as a matrix.
public struct MatrixDerivative: StateDerivative {
  /// J, [S, S].
  public let matrix: Tensor<Double>

  /// The derivative with this Jacobian, [S, S].
  public init(_ matrix: Tensor<Double>) { self.matrix = matrix }

  /// Returns J V for V [S, K].
  public func multiply(_ vectors: Tensor<Double>) -> Tensor<Double> { matmul(matrix, vectors) }

  /// Returns Jᵀ D for D [S, K].
  public func multiplyTransposed(_ gradients: Tensor<Double>) -> Tensor<Double> {
    matmul(matrix.transposed, gradients)
  }
}

extension LinearizedStep<Double>: StateDerivative {
  /// J, [S, S].
  public var matrix: Tensor<Double> { stateMatrix }

  /// Returns J V for V [S, K].
  public func multiply(_ vectors: Tensor<Double>) -> Tensor<Double> {
    multiply(vectors, inputs: nil)
  }

  /// Returns the parts of Jᵀ δ by path, for δ [S].
  public func paths(of gradient: Tensor<Double>) -> GradientPaths<Double>? {
    gradientPaths(gradient)
  }
}
