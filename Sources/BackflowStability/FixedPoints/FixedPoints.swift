public import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra

/// The fixed points of a recurrence under constant input, with proof.
///
/// Newton's method is started from many states. Each point is polished to rounding, certified by
/// the theorem of Newton and Kantorovich, and classified by its eigenvalues with their error
/// bounds. Whether a point is missing is checked by the sum of the indices: if the map does not
/// leave a box,
///
///     Σ sign det(I − J) = 1
///
/// over the nondegenerate fixed points (the Poincaré–Hopf theorem for the field h − F(h), which
/// points out of the box at its border). This requires that all certificates and indices are
/// proven. A ReLU network is solved in its linear regions, each of which has one linear solution,
/// with bounds of the rounding errors.
public struct FixedPoints: Sendable, Equatable, Codable {
  /// What is known about points that were not found.
  public enum Completeness: String, Sendable, Codable, CaseIterable {
    /// All linear regions of a ReLU network were solved, and the rounding errors decide for each
    /// whether its solution is in it: there are no other points.
    case proven
    /// The indices sum to 1, as they must. A pair of points with opposite indices may be missing.
    case consistent
    /// The indices do not sum to 1: at least one point is missing.
    case pointMissing = "point missing"
    /// There is a degenerate point, whose index is not known.
    case degenerate
    /// A certificate or an index is not proven, or a point of a ReLU network is on the border of
    /// its linear region up to rounding, so that nothing follows.
    case notProven = "not proven"
    /// The map is not known to be bounded, as that of a ReLU network, so that the sum says nothing.
    case notApplicable = "not applicable"
  }

  /// The points: stable ones first, and then by the number of unstable directions.
  public let points: [FixedPoint]
  /// The slow points, the slowest first. They are not sought in a ReLU network.
  public let slowPoints: [SlowPoint]
  /// Σ sign det(I − J) over the nondegenerate points.
  public let indexSum: Int
  /// What is known about points that were not found.
  public let completeness: Completeness
  /// The number of starts.
  public let starts: Int
  /// The numbers of the active units of the linear regions of a ReLU network in which J has an
  /// eigenvalue of 1, so that there is no fixed point or a continuum of them, for at most 16
  /// regions. Empty for other networks.
  public let singularRegions: [[Int]]

  private enum CodingKeys: String, CodingKey {
    case points = "fixed_points"
    case slowPoints = "slow_points"
    case indexSum = "index_sum"
    case singularRegions = "singular_regions"
    case completeness, starts
  }

  /// Finds fixed points.
  ///
  /// - Parameters:
  ///   - recurrence: The recurrence. If it reads a sequence, the input of step 0 is held.
  ///   - starts: States from which to search, such as those of a trajectory, [B, S], in addition to
  ///     random ones.
  ///   - settings: The settings of the search.
  ///   - random: The source of the random starts.
  /// - Precondition: The starts, the region, and the read-out have the shapes of the recurrence.
  /// - Throws: `StabilityError` if a weight or the map is not finite, or LAPACK does not converge.
  /// - Complexity: O(S³) for every iteration from every start, and for every point; for a ReLU
  ///   network of at most `enumeratedUnits` units, O(2^S·S³).
  public init<R: Recurrence>(
    of recurrence: R, from starts: Tensor<Double>? = nil,
    settings: FixedPointSettings = FixedPointSettings(), using random: inout RandomSource
  ) throws(StabilityError) {
    let size = recurrence.stateSize
    require(
      starts.map { $0.rank == 2 && $0.shape[1] == size } ?? true,
      "FixedPoints: starts \(starts?.shape ?? []) instead of [B, \(size)]")
    let outputs = recurrence.outputRange.count
    require(
      settings.readout.map { $0.rank == 2 && $0.shape[1] == outputs } ?? true,
      "FixedPoints: a read-out \(settings.readout?.shape ?? []) instead of [O, \(outputs)]")
    let search = FixedPointSearch(recurrence, settings)
    if let known = recurrence as? any EquationsRecurrence,
      let map = try PiecewiseLinearMap(known.cellMap)
    {
      self = try search.solve(map, from: starts, using: &random)
    } else {
      self = try search.run(from: starts, using: &random)
    }
  }

  /// A result in its order.
  init(
    _ points: [FixedPoint], slowPoints: [SlowPoint] = [], completeness: Completeness, starts: Int,
    singularRegions: [[Int]] = []
  ) {
    self.points = points.sorted { first, second in
      if first.unstableCount != second.unstableCount {
        return first.unstableCount < second.unstableCount
      }
      return second.state.lexicographicallyPrecedes(first.state)
    }
    self.slowPoints = slowPoints.sorted { $0.speed < $1.speed }
    self.starts = starts
    self.completeness = completeness
    self.singularRegions = Array(singularRegions.prefix(16))
    indexSum = points.reduce(0) { $0 + ($1.index ?? 0) }
  }

  /// The points that are certainly stable.
  public var stablePoints: [FixedPoint] { points.filter { $0.stability == .stable } }
}
