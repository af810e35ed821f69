internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// The box in which the starts of a search are drawn.
struct SearchRegion: Sendable {
  /// The middle of the box and half its edges, [S] each.
  let center: Tensor<Double>
  let halfEdges: Tensor<Double>
  /// Whether the map does not leave the box, so that the indices of its fixed points sum to 1.
  let isInvariant: Bool
  /// The size of a state, against which residuals are small.
  let unit: Double

  init<R: Recurrence>(of recurrence: R, _ settings: FixedPointSettings) throws(StabilityError) {
    let map =
      (recurrence as? any EquationsRecurrence)?.cellMap
      ?? (recurrence as? any ComposedRecurrence)?.baseMap
    if let map, !map.isFinite {
      throw .mapNotFinite("a weight or the constant input is NaN or infinite")
    }
    let box = map?.invariantBox
    isInvariant = box?.isFinite ?? false
    if let region = settings.region {
      let size = recurrence.stateSize
      require(
        region.least.shape == [size] && region.largest.shape == [size],
        "FixedPoints: a region \(region.least.shape) and \(region.largest.shape) instead of"
          + " [\(size)] and [\(size)]")
      center = (region.least + region.largest) / 2
      halfEdges = (region.largest - region.least) / 2
    } else if let box, box.isFinite {
      (center, halfEdges) = (.zeros(box.shape), box)
    } else {
      (center, halfEdges) = try SearchRegion.visited(by: recurrence)
    }
    let size = max(center.maxMagnitude(), halfEdges.maxMagnitude())
    unit = map == nil && size > 0 ? size : 1
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
  /// that both its middle and its corners are covered in a high dimension. Every second one is
  /// advanced by a few steps, toward the states that a trajectory visits.
  func starts<R: Recurrence>(
    _ count: Int, of recurrence: R, using random: inout RandomSource
  ) -> Tensor<Double> {
    let rows: [Tensor<Double>] = (0..<count).map { index in
      let share = Double(index / 2 % 8 + 1) / 8
      let offset: Tensor<Double> = random.uniform(center.shape, in: -share..<share)
      let start = (center + offset * halfEdges).reshaped(to: [1, center.count])
      guard index % 2 == 1 else { return start.flattened }
      let steps = index / 16 % 8 + 1
      let advanced = (0..<steps).reduce(start) { state, _ in
        recurrence.advance(state, through: 0..<1)
      }
      return (advanced.isFinite ? advanced : start).flattened
    }
    return .stack(rows)
  }
}
