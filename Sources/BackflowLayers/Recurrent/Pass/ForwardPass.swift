public import BackflowKernels
internal import BackflowLinearAlgebra

/// The sequences of one forward pass and the loop over its steps, for `RecurrentCell.step`.
///
///     pass.forEachStep { t in
///       W.multiply(h[t - 1], addingTo: gates[t])
///
/// `gates[t]` are the rows of a sequence at step t, one for each sample that runs, and `h[t - 1]`
/// are those of the step before, or of the initial state. A row times Wᵀ is what the equations
/// write as W times a column. The samples of the batch are divided among the threads once, for all
/// steps.
///
/// W_ih x_t is computed for a few steps at a time, before the first of them begins: together,
/// because a product of many rows is faster than several of few, and not all at once, so that the
/// gates are still in the cache when their step reads them.
public struct ForwardPass<Scalar: RealScalar>: Sendable {
  /// The gates, [T, B, G·H]. They hold W_ih x_t when step t begins, without a bias. What the step
  /// leaves in them is kept for the backward pass.
  public let gates: MutableSequenceView<Scalar>
  /// h, [T, B, H]: the output of each step. If the layout says that the gates become the output,
  /// this is the same sequence as `gates`, and holds W_ih x_t when step t begins.
  public let hidden: MutableSequenceView<Scalar>
  /// W_hhᵀ of the gates that multiply h_{t−1}: [H, G·H] in most cells.
  public let recurrentWeight: PackedMatrix<Scalar>
  /// The cell's `stepBias`.
  public let bias: Bias<Scalar>
  let projection: InputProjection<Scalar>
  let cellSpecific: CellSpecific
  let schedule: BatchSchedule

  /// What not every cell has.
  struct CellSpecific: Sendable {
    var cellState, kept: MutableSequenceView<Scalar>?
    var keptWeight: PackedMatrix<Scalar>?
  }

  /// The cell state c of an LSTM, [T, B, H], or whatever the second tensor of the state is.
  public var cellState: MutableSequenceView<Scalar> {
    unwrapped(cellSpecific.cellState, "a cell state")
  }
  /// What else a step writes for the backward pass, [T, B, K·H].
  public var kept: MutableSequenceView<Scalar> { unwrapped(cellSpecific.kept, "kept values") }
  /// W_hhᵀ of the gates that multiply what the step keeps.
  public var keptWeight: PackedMatrix<Scalar> {
    unwrapped(cellSpecific.keptWeight, "gates that multiply kept values")
  }

  /// Calls `body` for the steps 0 ..< T in order, on each thread for its own samples.
  public func forEachStep(_ body: @Sendable (TimeStep) -> Void) {
    schedule.split { samples in
      for t in 0..<schedule.time {
        if t % projection.steps == 0 {
          projection.compute(from: t, samples, schedule.active, into: gates)
        }
        body(TimeStep(t, schedule.active.at(t, of: samples)))
      }
    }
  }
}

/// The product W_ih x_t of a pass.
struct InputProjection<Scalar: RealScalar>: Sendable {
  /// x, [T, B, I]
  let input: SequenceView<Scalar>
  /// W_ihᵀ, [I, G·H]
  let weight: PackedMatrix<Scalar>
  /// The number of steps that are computed together, a power of two.
  let steps: Int

  /// Returns the number of steps whose gates, `columns` for each of `batch` samples, are together
  /// small enough for the cache of a processor core, besides the recurrent weight.
  static func steps(batch: Int, columns: Int) -> Int {
    let fitting = 65_536 / max(1, batch * columns)
    return fitting < 2 ? 1 : min(32, 1 << (Int.bitWidth - 1 - fitting.leadingZeroBitCount))
  }

  /// Computes the gates of the next steps, from step `first`, for these samples.
  func compute(
    from first: Int, _ samples: Range<Int>, _ active: ActiveSamples,
    into gates: MutableSequenceView<Scalar>
  ) {
    let next = first..<min(first + steps, active.time)
    weight.multiply(input, next, into: gates, next, samples, active)
  }
}

extension PackedMatrix {
  /// Multiplies the rows of some steps of a sequence: c_t ← a_t·self, in one product if the rows of
  /// the samples follow each other.
  ///
  /// - Parameters:
  ///   - active: The samples that run at the steps of c.
  func multiply(
    _ a: SequenceView<S>, _ stepsOfA: Range<Int>, into c: MutableSequenceView<S>,
    _ steps: Range<Int>, _ samples: Range<Int>, _ active: ActiveSamples
  ) {
    guard let last = steps.last else { return }
    if samples.count == active.batch && active[last] == active.batch {
      return multiply(a[stepsOfA], into: c[steps])
    }
    for (stepOfA, step) in zip(stepsOfA, steps) {
      let running = active.at(step, of: samples)
      multiply(a[TimeStep(stepOfA, running)], into: c[TimeStep(step, running)])
    }
  }
}

/// A bias that a cell adds to every row of a step.
public struct Bias<Scalar: RealScalar>: Sendable {
  let tensor: Tensor<Scalar>

  var span: Span<Scalar> {
    @_lifetime(borrow self)
    get { tensor.span }
  }
}

extension MutableRowsView {
  /// Adds `bias`, which has one element for each column, to every row.
  public func add(_ bias: Bias<S>) { addRow(bias.span) }
}

/// The samples that run at each step, and the division of the batch among threads.
struct BatchSchedule: Sendable {
  let active: ActiveSamples
  /// The smallest number of samples for which another thread pays off.
  let grain: Int

  /// The schedule of a cell whose recurrent weight has shape [gates·H, H].
  ///
  /// - Parameter steps: The number of steps between two divisions, if it is not all T.
  init(_ active: ActiveSamples, steps: Int? = nil, gates: Int, hiddenSize: Int) {
    self.active = active
    grain = Threads.grain(
      work: min(steps ?? active.time, active.time) * gates * hiddenSize * hiddenSize)
  }

  var time: Int { active.time }

  /// Calls `body` on each thread with its part of the batch.
  func split(_ body: (Range<Int>) -> Void) {
    Threads.split(active.batch, grain: grain, alignment: 2, body)
  }
}

/// Unwraps a sequence or weight that a cell may use only if its state and layout have it.
func unwrapped<Value>(_ value: Value?, _ what: String) -> Value {
  guard let value else { stop("this cell has no \(what)") }
  return value
}
