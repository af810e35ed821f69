internal import BackflowKernels
public import BackflowLinearAlgebra

/// The equations of one layer of a recurrent network in one direction: what `Recurrent` stacks.
///
/// `forward` and `backward` run over a whole sequence, because all but the product with the recurrent
/// weight can then be done for all steps at once; a `stepper` runs over one step, for a stream.
public protocol RecurrentCell<Scalar>: Parameterized {
  /// What is handed from step to step.
  associatedtype State: RecurrentState<Scalar>
  /// What the backward pass needs of the forward pass.
  associatedtype Cache: Sendable

  /// I, the number of features of the input.
  var inputSize: Int { get }
  /// H, the number of units.
  var hiddenSize: Int { get }

  /// The outputs h_1 … h_T, [T, B, H], and the state after each sample's last step, from the input
  /// [T, B, I] and the state before the first step, [B, H] each. Stops at other shapes.
  func forward(
    _ input: Tensor<Scalar>, from state: State, active: ActiveSamples
  ) -> (output: Tensor<Scalar>, finalState: State, cache: Cache)

  /// The gradients by the input, [T, B, I], the initial state, [B, H] each, and the parameters, from
  /// those by the outputs, [T, B, H], and the final state. Stops at other shapes. Beyond a sample's last step the outputs' gradient is zero, and so must be the
  /// input's.
  ///
  /// If `traced`, also what flowed back at each step; else `nil`, at no cost. The gradients are the
  /// same bits either way.
  func backward(
    _ outputGradient: Tensor<Scalar>, finalStateGradient: State, _ cache: Cache, traced: Bool
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: State, gradients: Self,
    trace: BackwardTrace<Scalar>?
  )

  /// This cell made ready to run step by step.
  associatedtype Stepper: RecurrentStepper<State>
  /// This cell, as it is now, made ready to run step by step on `batch` samples.
  func stepper(batch: Int) -> Stepper

  /// The number of elements of one sample's state.
  var stateSize: Int { get }

  /// J = ∂s_t/∂s_{t−1}, [state, state], for one sample at step t = `step` (0 is the first) of the
  /// forward pass that made `cache`. All that an analysis of stability needs to know of a cell.
  ///
  /// `sample` is a row of the cache: after `lengths`, those are the samples longest first. Stops where
  /// the sample does not run at that step.
  func stateJacobian(step: Int, sample: Int, _ cache: Cache) -> Tensor<Scalar>

  /// The gates and units of all time steps, for an observer; by default none.
  func activations(in cache: Cache) -> [Activation<Scalar>]

  /// h_1 … h_T, [T, B, H], as the forward pass returned them.
  func output(in cache: Cache) -> Tensor<Scalar>
}

extension RecurrentCell {
  /// None.
  public func activations(in cache: Cache) -> [Activation<Scalar>] { [] }

  /// The gradients by the input, the initial state and the parameters, without a trace.
  public func backward(
    _ outputGradient: Tensor<Scalar>, finalStateGradient: State, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, initialStateGradient: State, gradients: Self) {
    let (inputGradient, initialStateGradient, gradients, _) = backward(
      outputGradient, finalStateGradient: finalStateGradient, cache, traced: false)
    return (inputGradient, initialStateGradient, gradients)
  }

  /// The fewest samples that are worth a thread of their own, for a recurrent weight of
  /// `gates`·H × H over `time` steps.
  func grain(time: Int, gates: Int) -> Int {
    max(1, 500_000 / max(1, time * gates * hiddenSize * hiddenSize))
  }

  /// Stops unless the input is [T, B, I] and the state fits it.
  func checkShapes(_ input: Tensor<Scalar>, _ state: State) {
    require(
      input.rank == 3 && input.shape[2] == inputSize,
      "\(Self.self): input \(input.shape) instead of [T, B, \(inputSize)]")
    requireState(state, "\(Self.self): state", batch: input.shape[1], hidden: hiddenSize)
  }

  /// Stops unless the gradients by the outputs and by the final state have the shapes of a forward
  /// pass whose outputs are `output`, [T, B, H].
  func checkGradients(
    _ outputGradient: Tensor<Scalar>, _ finalStateGradient: State, of output: Shape
  ) {
    require(
      outputGradient.shape == output,
      "\(Self.self): output gradient \(outputGradient.shape) instead of \(output)")
    requireState(
      finalStateGradient, "\(Self.self): final state gradient", batch: output[1],
      hidden: hiddenSize)
  }
}
