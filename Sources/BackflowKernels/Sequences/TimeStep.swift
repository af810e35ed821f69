/// A time step of a pass over a sequence, for the samples that run at this step on one thread.
///
/// It is a subscript of the views: `h[t]` is the state after this step, and `h[t - 1]` the state
/// before it.
public struct TimeStep: Sendable {
  @usableFromInline let index: Int
  @usableFromInline let samples: Range<Int>

  /// Step `index`, from 0, for the samples in the rows `samples`.
  @inlinable
  package init(_ index: Int, _ samples: Range<Int>) {
    (self.index, self.samples) = (index, samples)
  }

  /// The number of samples.
  package var count: Int { samples.count }

  /// The step before another step. Before step 0, this is the initial state.
  public struct Previous: Sendable {
    @usableFromInline let step: TimeStep

    @inlinable init(to step: TimeStep) { self.step = step }
  }

  /// Returns the step before `t`.
  ///
  /// - Precondition: `one` is 1: only the previous step is available.
  @inlinable
  public static func - (t: TimeStep, one: Int) -> Previous {
    require(one == 1, "only the previous step (t - 1) is available, not t - \(one)")
    return Previous(to: t)
  }
}
