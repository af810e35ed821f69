public import BackflowKernels
public import BackflowLinearAlgebra

/// A part of a trajectory of a recurrence, in pieces that are computed again when they are needed.
///
/// Only the state before each piece is kept, so that the memory does not grow with the derivatives
/// of all steps.
public struct Trajectory<R: Recurrence>: Sendable {
  /// The recurrence.
  public let recurrence: R
  /// The steps of the trajectory, after the discarded ones.
  public let steps: Range<Int>
  /// The state before the first of `steps`, [S].
  public var start: Tensor<Double> { starts[0] }
  /// The state after the last of `steps`, [S].
  public let end: Tensor<Double>
  private let starts: [Tensor<Double>]
  /// The number of steps of a piece.
  let pieceLength: Int

  /// Follows a recurrence from its initial state.
  ///
  /// - Parameters:
  ///   - recurrence: The recurrence.
  ///   - steps: The number of steps, or `nil` for all steps of the input.
  ///   - discarded: The number of steps before them, in which the state approaches its attractor.
  /// - Throws: `StabilityError` if there are no steps, more steps than the input has, or if a state
  ///   is not finite.
  /// - Complexity: One forward pass. The memory is O(√T·S).
  public init(
    of recurrence: R, steps: Int? = nil, discarding discarded: Int = 0
  ) throws(StabilityError) {
    guard let count = steps ?? recurrence.stepLimit.map({ $0 - discarded }) else {
      throw .noTrajectory("a recurrence without input needs a number of steps")
    }
    guard discarded >= 0 else { throw .negativeSteps(discarded) }
    guard count > 0 else { throw .noTrajectory("there are no steps after \(discarded) discarded") }
    if let limit = recurrence.stepLimit, discarded + count > limit {
      throw .noTrajectory("the input has \(limit) steps, fewer than \(discarded + count)")
    }
    self.recurrence = recurrence
    self.steps = discarded..<discarded + count
    pieceLength = max(64, Int(Double(count).squareRoot()))
    var state = recurrence.initialState
    var starts: [Tensor<Double>] = []
    try Trajectory.check(state, before: 0)
    for piece in Trajectory.pieces(of: 0..<discarded, length: 1024) {
      state = Trajectory.advance(recurrence, state, piece)
      try Trajectory.check(state, before: piece.upperBound)
    }
    for piece in Trajectory.pieces(of: self.steps, length: pieceLength) {
      starts.append(state)
      state = Trajectory.advance(recurrence, state, piece)
      try Trajectory.check(state, before: piece.upperBound)
    }
    (self.starts, end) = (starts, state)
  }

  /// At most `count` states of the trajectory, the last first, [count, S].
  func states(count: Int) -> Tensor<Double> {
    let all = starts + [end]
    let chosen = min(count, all.count)
    return .stack(
      (0..<chosen).map { all[all.count - 1 - $0 * (all.count - 1) / max(1, chosen - 1)] })
  }

  /// The Jacobian of the last step, [S, S].
  var lastJacobian: Tensor<Double>? {
    var last: Tensor<Double>?
    forEachPieceBackward(from: steps.upperBound) { _, steps in
      last = steps.last?.derivative.matrix
      return false
    }
    return last
  }

  /// Calls `body` with the steps of each piece and their derivatives, in order.
  func forEachPiece<Failure: Error>(
    _ body: (_ range: Range<Int>, _ steps: [RecurrenceStep]) throws(Failure) -> Void
  ) throws(Failure) {
    for (index, range) in Trajectory.pieces(of: steps, length: pieceLength).enumerated() {
      try body(range, recurrence.linearize(range, from: starts[index]))
    }
  }

  /// Calls `body` with the steps of each piece before `end` and their derivatives, from the last
  /// piece to the first, until it returns false.
  func forEachPieceBackward(
    from end: Int, _ body: (_ range: Range<Int>, _ steps: [RecurrenceStep]) -> Bool
  ) {
    for (index, range) in Trajectory.pieces(of: steps, length: pieceLength).enumerated().reversed()
    where range.lowerBound < end {
      let range = range.lowerBound..<min(end, range.upperBound)
      if !body(range, recurrence.linearize(range, from: starts[index])) { return }
    }
  }

  /// Calls `body` with each part of at most `length` steps and the state before it, in order.
  ///
  /// - Parameters:
  ///   - length: The largest number of steps of a part.
  ///   - cut: The number of a step at which a part begins, if it is in the trajectory.
  func forEachPart(
    length: Int, cut: Int, _ body: (_ range: Range<Int>, _ state: Tensor<Double>) -> Void
  ) {
    for (index, piece) in Trajectory.pieces(of: steps, length: pieceLength).enumerated() {
      var state = starts[index]
      for part in Trajectory.parts(of: piece, length: length, cut: cut) {
        body(part, state)
        if part.upperBound < piece.upperBound {
          state = Trajectory.advance(recurrence, state, part)
        }
      }
    }
  }

  /// Calls `body` with each part of at most `length` steps and the state before it, from the last
  /// part to the first.
  ///
  /// - Parameters:
  ///   - length: The largest number of steps of a part.
  ///   - cut: The number of a step at which a part begins, if it is in the trajectory.
  func forEachPartBackward(
    length: Int, cut: Int, _ body: (_ range: Range<Int>, _ state: Tensor<Double>) -> Void
  ) {
    for (index, piece) in Trajectory.pieces(of: steps, length: pieceLength).enumerated().reversed()
    {
      let parts = Trajectory.parts(of: piece, length: length, cut: cut)
      var states = [starts[index]]
      for part in parts.dropLast() {
        states.append(Trajectory.advance(recurrence, states[states.count - 1], part))
      }
      for (part, state) in zip(parts, states).reversed() { body(part, state) }
    }
  }

  /// Divides a range into ranges of at most `length`, one of which begins at `cut`.
  private static func parts(of range: Range<Int>, length: Int, cut: Int) -> [Range<Int>] {
    guard range.contains(cut) else { return pieces(of: range, length: length) }
    return pieces(of: range.lowerBound..<cut, length: length)
      + pieces(of: cut..<range.upperBound, length: length)
  }

  /// Divides a range into ranges of at most `length`.
  static func pieces(of range: Range<Int>, length: Int) -> [Range<Int>] {
    stride(from: range.lowerBound, to: range.upperBound, by: length).map {
      $0..<min($0 + length, range.upperBound)
    }
  }

  private static func advance(
    _ recurrence: R, _ state: Tensor<Double>, _ steps: Range<Int>
  ) -> Tensor<Double> {
    recurrence.advance(state.reshaped(to: [1, state.count]), through: steps).flattened
  }

  private static func check(_ state: Tensor<Double>, before step: Int) throws(StabilityError) {
    guard state.isFinite else {
      throw .noTrajectory("the state before step \(step) is NaN or infinite")
    }
  }
}
