internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// The box in which the starts of a search are drawn.
struct SearchRegion: Sendable {
  /// The middle of the box and half its edges, [S] each.
  let center: Tensor<Double>
  let halfEdges: Tensor<Double>
  /// The largest |s_j| in a box about 0 that the map does not leave and that has all its fixed
  /// points, or `nil` if none is known.
  let box: Tensor<Double>?
  /// Completes a drawn state, where only a part of the box can have fixed points.
  private let completion: (@Sendable (Tensor<Double>) -> Tensor<Double>)?
  /// The size of a state, against which residuals are small.
  let unit: Double

  init<R: Recurrence>(of recurrence: R, _ settings: FixedPointSettings) throws(StabilityError) {
    let map =
      (recurrence as? any EquationsRecurrence)?.cellMap
      ?? (recurrence as? any ComposedRecurrence)?.baseMap
    if let map, !map.isFinite {
      throw .mapNotFinite("a weight or the constant input is NaN or infinite")
    }
    box = map?.invariantBox.flatMap { $0.isFinite ? $0 : nil }
    completion = settings.region == nil ? map?.restingState : nil
    if let region = settings.region {
      let size = recurrence.stateSize
      require(
        region.least.shape == [size] && region.largest.shape == [size],
        "FixedPoints: a region \(region.least.shape) and \(region.largest.shape) instead of"
          + " [\(size)] and [\(size)]")
      center = (region.least + region.largest) / 2
      halfEdges = (region.largest - region.least) / 2
    } else if let box {
      (center, halfEdges) = (.zeros(box.shape), box)
    } else {
      (center, halfEdges) = try SearchRegion.visited(by: recurrence)
    }
    let size = max(center.maxMagnitude(), halfEdges.maxMagnitude())
    unit = map == nil && size > 0 ? size : 1
  }

  /// Returns the state nearest to a state in an invariant box, and the state itself if the box is
  /// not invariant.
  func confined(_ state: Tensor<Double>) -> Tensor<Double> {
    guard let box else { return state }
    return .maximum(-box, .minimum(box, state))
  }

  /// Whether a fixed point can be there, up to rounding: the fixed points of a map with an
  /// invariant box are in it. Outside, the gates of a saturated cell may hold a state by rounding.
  func mayContain(_ state: Tensor<Double>) -> Bool {
    guard let box else { return true }
    return (state.magnitude - box * (1 + 1e-9)).max() <= 0
  }

  /// Returns twice the box of 256 steps from the initial state.
  private static func visited<R: Recurrence>(
    by recurrence: R
  ) throws(StabilityError) -> (center: Tensor<Double>, halfEdges: Tensor<Double>) {
    var state = recurrence.initialState.reshaped(to: [1, recurrence.stateSize])
    var (least, largest) = (state, state)
    for _ in 0..<256 {
      state = recurrence.advance(state, through: 0..<1)
      // A trajectory that grows without bound says nothing about where its fixed points are.
      guard state.isFinite, state.maxMagnitude() <= 1e6 * (1 + least.maxMagnitude()) else { break }
      (least, largest) = (.minimum(least, state), .maximum(largest, state))
    }
    let half = largest - least
    guard half.isFinite else { throw .mapNotFinite("the initial state is NaN or infinite") }
    let floor = 0.1 * max(half.maxMagnitude(), largest.maxMagnitude(), least.maxMagnitude())
    let edges = Tensor.maximum(
      half, Tensor(repeating: floor > 0 ? floor : 1, shape: half.shape))
    return ((least + largest).flattened / 2, edges.flattened)
  }

  /// Returns random starts, [B, S].
  ///
  /// They are uniform in boxes about the middle of the whole box, from small ones to the whole, so
  /// that both its middle and its corners are covered in a high dimension. In an LSTM, c is the one
  /// that rests for the drawn h, as in every fixed point. Every second start is advanced by 1, 2,
  /// 4, … or 128 steps, toward the states that a trajectory visits.
  func starts<R: Recurrence>(
    _ count: Int, of recurrence: R, using random: inout RandomSource
  ) -> Tensor<Double> {
    let drawn: [Tensor<Double>] = (0..<count).map { index in
      let share = Double(index / 2 % 8 + 1) / 8
      let offset: Tensor<Double> = random.uniform(center.shape, in: -share..<share)
      let state = center + offset * halfEdges
      guard let completed = completion?(state), completed.isFinite else { return state }
      return completed
    }
    let groups = Dictionary(grouping: 0..<count) { $0 % 2 == 0 ? 0 : 1 << ($0 / 16 % 8) }
    let rows = groups.sorted { $0.key < $1.key }.flatMap { steps, members in
      let first = Tensor.stack(members.map { drawn[$0] })
      let last = (0..<steps).reduce(first) { states, _ in
        recurrence.advance(states, through: 0..<1)
      }
      return members.indices.map { row in
        let state = last.select(row)
        return state.isFinite ? state : first.select(row)
      }
    }
    return .stack(rows)
  }
}
