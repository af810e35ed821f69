/// A view of a sequence of shape [time, batch, features] for reading on several threads.
///
/// The view keeps the memory alive.
@safe public struct SequenceView<S: RealScalar>: @unchecked Sendable {
  @usableFromInline let time, batch: Int
  /// The number of features, the columns of a step.
  public let features: Int
  @usableFromInline let base: UnsafePointer<S>
  /// The state before the first step, of shape [batch, features].
  @usableFromInline let initial: UnsafePointer<S>?
  private let owners: (Buffer<S>, Buffer<S>?)

  /// A view of `buffer`.
  ///
  /// - Parameter initial: The elements before the first step, if the sequence is one of states.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package init(
    _ buffer: Buffer<S>, time: Int, batch: Int, features: Int, after initial: Buffer<S>? = nil
  ) {
    requireExtents(time, batch, features, buffer.count, initial?.count)
    unsafe base = UnsafePointer(buffer.sharedBase)
    unsafe self.initial = initial.map { unsafe UnsafePointer($0.sharedBase) }
    owners = (buffer, initial)
    (self.time, self.batch, self.features) = (time, batch, features)
  }

  /// The rows of the samples that run at step `t`.
  public subscript(t: TimeStep) -> RowsView<S> {
    @inlinable @inline(__always)
    @_lifetime(borrow self)
    get {
      requireInside(t, time, batch, features)
      let start = unsafe base + (t.index * batch + t.samples.lowerBound) * features
      return unsafe RowsView(start: start, of: t, columns: features, owner: self)
    }
  }

  /// The rows of all samples at several steps, one step after the other.
  package subscript(steps: Range<Int>) -> RowsView<S> {
    @_lifetime(borrow self)
    get {
      requireSteps(steps, time)
      let start = unsafe base + steps.lowerBound * batch * features
      return unsafe RowsView(
        start: start, of: rows(of: steps, batch), columns: features, owner: self)
    }
  }

  /// The rows of the same samples one step earlier, which are those of the initial state if `t` is
  /// step 0.
  public subscript(previous: TimeStep.Previous) -> RowsView<S> {
    @inlinable @inline(__always)
    @_lifetime(borrow self)
    get {
      let t = previous.step
      requireInside(t, time, batch, features)
      if t.index > 0 {
        let step = unsafe base + (t.index - 1) * batch * features
        return unsafe RowsView(
          start: step + t.samples.lowerBound * features, of: t, columns: features, owner: self)
      }
      let start = unsafe beginning(initial, of: t, features)
      return unsafe RowsView(start: start, of: t, columns: features, owner: self)
    }
  }
}

/// A view of a sequence of shape [time, batch, features] for writing on several threads.
///
/// The view keeps the memory alive. Two threads must not write to the same sample. A pass divides
/// the samples among its threads accordingly, and its views must not be used after it.
@safe public struct MutableSequenceView<S: RealScalar>: @unchecked Sendable {
  @usableFromInline let time, batch: Int
  /// The number of features, the columns of a step.
  public let features: Int
  @usableFromInline let base: UnsafeMutablePointer<S>
  /// The state before the first step, of shape [batch, features].
  @usableFromInline let initial: UnsafePointer<S>?
  /// The distance between steps in elements, or 0 if all steps share one entry.
  @usableFromInline let timeStride: Int
  /// The bits of a step that select its entry, if later steps reuse those of earlier ones.
  @usableFromInline let mask: Int
  /// Whether the steps hold what a backward pass carries, so that no step may read another's.
  @usableFromInline let isCarried: Bool
  private let owners: (Buffer<S>, Buffer<S>?)

  /// A view of `buffer`, which is copied before if it shares its memory.
  ///
  /// - Parameters:
  ///   - entries: The number of steps that `buffer` holds, if it is not `time`: a power of two.
  ///     Each step overwrites that of so many steps before.
  ///   - initial: The elements before the first step, if the sequence is one of states.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package init(
    _ buffer: inout Buffer<S>, time: Int, batch: Int, features: Int, entries: Int? = nil,
    after initial: Buffer<S>? = nil
  ) {
    if let entries {
      require(entries > 0 && entries & (entries - 1) == 0, "\(entries) entries, no power of two")
    }
    requireExtents(entries ?? time, batch, features, buffer.count, initial?.count)
    mask = entries.map { $0 - 1 } ?? -1
    unsafe base = buffer.uniqueBase()
    unsafe self.initial = initial.map { unsafe UnsafePointer($0.sharedBase) }
    owners = (buffer, initial)
    (timeStride, isCarried) = (batch * features, false)
    (self.time, self.batch, self.features) = (time, batch, features)
  }

  /// A view of the gradients that a backward pass carries from each step to the one before it with
  /// `carryBack(to:of:)`.
  ///
  /// `buffer` holds time + 1 entries of shape [batch, features], of which the pass reads the last
  /// one first, or one entry that all steps share.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package init(carrying buffer: inout Buffer<S>, time: Int, batch: Int, features: Int) {
    let isShared = buffer.count == batch * features
    requireExtents(isShared ? 1 : time + 1, batch, features, buffer.count, nil)
    unsafe base = buffer.uniqueBase()
    unsafe initial = nil
    owners = (buffer, nil)
    (timeStride, mask, isCarried) = (isShared ? 0 : batch * features, -1, true)
    (self.time, self.batch, self.features) = (time, batch, features)
  }

  /// The rows of the samples that run at step `t`.
  public subscript(t: TimeStep) -> MutableRowsView<S> {
    @inlinable @inline(__always)
    @_lifetime(borrow self)
    get {
      requireInside(t, time, batch, features)
      let start =
        unsafe base + (t.index & mask) * timeStride + t.samples.lowerBound * features
      return unsafe MutableRowsView(start: start, of: t, columns: features, owner: self)
    }
  }

  /// The rows of all samples at several steps, one step after the other.
  package subscript(steps: Range<Int>) -> MutableRowsView<S> {
    @_lifetime(borrow self)
    get {
      requireSteps(steps, time)
      let first = steps.lowerBound & mask
      require(
        !isCarried && (mask < 0 || first + steps.count <= mask + 1),
        "the steps \(steps) are not next to each other")
      let start = unsafe base + first * timeStride
      return unsafe MutableRowsView(
        start: start, of: rows(of: steps, batch), columns: features, owner: self)
    }
  }

  /// The rows of the same samples one step earlier, which are those of the initial state if `t` is
  /// step 0.
  public subscript(previous: TimeStep.Previous) -> RowsView<S> {
    @inlinable @inline(__always)
    @_lifetime(borrow self)
    get {
      require(!isCarried, "a carried gradient has one entry at a time: use [t] instead of [t - 1]")
      let t = previous.step
      requireInside(t, time, batch, features)
      if t.index > 0 {
        let step = unsafe base + ((t.index - 1) & mask) * timeStride
        return unsafe RowsView(
          start: UnsafePointer(step + t.samples.lowerBound * features), of: t, columns: features,
          owner: self)
      }
      let start = unsafe beginning(initial, of: t, features)
      return unsafe RowsView(start: start, of: t, columns: features, owner: self)
    }
  }

  /// Copies the entry of step `t` + 1 to the entry of step `t`, for all of `samples`, unless all
  /// steps share one entry.
  @inlinable
  package func carryBack(to t: Int, of samples: Range<Int>) {
    if timeStride == 0 { return }
    requireInside(TimeStep(t, samples), time, batch, features)
    let start = unsafe base + t * timeStride + samples.lowerBound * features
    unsafe start.update(from: start + timeStride, count: samples.count * features)
  }
}

private func requireExtents(
  _ time: Int, _ batch: Int, _ features: Int, _ count: Int, _ initial: Int?
) {
  require(
    count == time * batch * features && initial ?? (batch * features) == batch * features,
    "a view of shape [\(time), \(batch), \(features)] needs \(time * batch * features) elements, got"
      + " \(count)" + (initial.map { ", with \($0) in the initial state" } ?? ""))
}

@inlinable @inline(__always)
func requireInside(_ t: TimeStep, _ time: Int, _ batch: Int, _ features: Int) {
  require(
    t.index >= 0 && t.index < time && t.samples.lowerBound >= 0 && t.samples.upperBound <= batch,
    "step \(t.index), samples \(t.samples) are outside [\(time), \(batch), \(features)]")
}

/// Returns the first element of the samples of `t` in the state before the first step.
@inlinable @inline(__always)
func beginning<S>(
  _ initial: UnsafePointer<S>?, of t: TimeStep, _ features: Int
) -> UnsafePointer<S> {
  guard let initial = unsafe initial else { stop("there is no state before the first step") }
  return unsafe initial + t.samples.lowerBound * features
}

private func requireSteps(_ steps: Range<Int>, _ time: Int) {
  require(
    steps.lowerBound >= 0 && steps.upperBound <= time, "steps \(steps) are outside 0..<\(time)")
}

/// Returns the rows of all samples at several steps as if they were those of the first one.
private func rows(of steps: Range<Int>, _ batch: Int) -> TimeStep {
  TimeStep(steps.lowerBound, 0..<steps.count * batch)
}
