public import BackflowKernels
public import BackflowLinearAlgebra

/// A recurrence given by a function and its Jacobian, such as the Hénon map or the linear map of a
/// matrix.
///
///     let logistic = MapRecurrence(initialState: Tensor([0.3])) { x, _ in
///       4 * x * (1 - x)
///     } jacobian: { x, _ in
///       Tensor([4 - 8 * x[0]], shape: [1, 1])
///     }
public struct MapRecurrence: Recurrence {
  /// A function of a state, [S], and the number of the step.
  public typealias Function = @Sendable (_ state: Tensor<Double>, _ step: Int) -> Tensor<Double>

  /// s_0, [S].
  public let initialState: Tensor<Double>
  private let function: Function
  private let jacobian: Function

  /// A recurrence that starts in `initialState`.
  ///
  /// - Parameters:
  ///   - initialState: s_0, [S].
  ///   - function: F_t(s), [S].
  ///   - jacobian: ∂F_t/∂s at s, [S, S].
  public init(
    initialState: Tensor<Double>, _ function: @escaping Function, jacobian: @escaping Function
  ) {
    require(
      initialState.rank == 1,
      "MapRecurrence: an initial state of shape \(initialState.shape) instead of [S]")
    (self.initialState, self.function, self.jacobian) = (initialState, function, jacobian)
  }

  /// S
  public var stateSize: Int { initialState.count }

  /// `nil`, because there is no input.
  public var stepLimit: Int? { nil }

  /// Returns the states after the steps, [B, S].
  public func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double> {
    .stack(
      (0..<states.shape[0]).map { row in
        steps.reduce(states.select(row)) { function($0, $1) }
      })
  }

  /// Returns the steps of one trajectory with their derivatives.
  public func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep] {
    var state = state
    return steps.map { step in
      let derivative = MatrixDerivative(jacobian(state, step))
      state = function(state, step)
      return RecurrenceStep(state: state, derivative: derivative)
    }
  }
}
