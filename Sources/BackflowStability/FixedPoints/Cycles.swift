public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// A cycle of a recurrence under constant input: k different states, each the image of the one
/// before it.
public struct Cycle: Sendable, Equatable, Codable {
  /// The k states in their order, S numbers each.
  public let states: [[Double]]
  /// The first state as a fixed point of F^k. The eigenvalues of its modes are the multipliers of
  /// the cycle, and its times are in turns of k steps.
  public let point: FixedPoint

  /// k
  public var period: Int { states.count }

  /// Whether nearby states approach the cycle.
  public var stability: PointStability { point.stability }

  /// λ_1 = ln|largest multiplier|/k, in nats per step.
  public var growthRate: Double {
    Double.log(point.modes.first?.modulus ?? 0) / Double(period)
  }
}

/// The cycles of length k of a recurrence under constant input.
///
/// They are the fixed points of F^k that are not those of F^d for a divisor d of k, up to rotation.
/// In a ReLU network each is one linear solution in the regions that it visits, and counts only if
/// it visits them; otherwise they are found and certified like the points of `FixedPoints`.
public struct Cycles: Sendable, Equatable, Codable {
  /// k
  public let period: Int
  /// The cycles, the stable ones first.
  public let cycles: [Cycle]
  /// What is known about cycles that were not found, from the sum of the indices of all fixed
  /// points of F^k.
  public let completeness: FixedPoints.Completeness
  /// The number of sequences of linear regions of a ReLU network in which cycles exist but are not
  /// isolated.
  public let singularSequences: Int
  /// The number of starts.
  public let starts: Int

  private enum CodingKeys: String, CodingKey {
    case period, cycles, completeness, starts
    case singularSequences = "singular_sequences"
  }

  /// Finds cycles.
  ///
  /// - Parameters:
  ///   - recurrence: The recurrence. If it reads a sequence, the input of step 0 is held.
  ///   - period: k
  ///   - starts: States from which to search, [B, S], in addition to random ones.
  ///   - settings: The settings of the search.
  ///   - random: The source of the random starts.
  /// - Precondition: The starts and the region have the shapes of the recurrence.
  /// - Throws: `StabilityError` if k is not positive, if a weight or the map is not finite, or if
  ///   LAPACK does not converge.
  /// - Complexity: O(k·S³) for every iteration from every start.
  public init<R: Recurrence>(
    of recurrence: R, period: Int, from starts: Tensor<Double>? = nil,
    settings: FixedPointSettings = FixedPointSettings(), using random: inout RandomSource
  ) throws(StabilityError) {
    guard period > 0 else { throw .periodNotPositive(period) }
    require(
      starts.map { $0.rank == 2 && $0.shape[1] == recurrence.stateSize } ?? true,
      "Cycles: starts \(starts?.shape ?? []) instead of [B, \(recurrence.stateSize)]")
    if let known = recurrence as? any EquationsRecurrence,
      let map = try PiecewiseLinearMap(known.cellMap)
    {
      let search = FixedPointSearch(recurrence, settings)
      self = try search.cycles(map, period: period, from: starts, using: &random)
    } else {
      let search = FixedPointSearch(PowerRecurrence(recurrence, power: period), settings)
      self = try search.cycles(from: starts, using: &random)
    }
  }

  /// A result in its order.
  init(
    _ cycles: [Cycle], period: Int, completeness: FixedPoints.Completeness,
    singularSequences: Int = 0, starts: Int
  ) {
    self.cycles = cycles.sorted { first, second in
      if first.growthRate != second.growthRate { return first.growthRate < second.growthRate }
      return second.states[0].lexicographicallyPrecedes(first.states[0])
    }
    (self.period, self.completeness, self.starts) = (period, completeness, starts)
    self.singularSequences = singularSequences
  }
}

extension FixedPointSearch {
  /// Returns the cycles of a ReLU network.
  func cycles(
    _ map: PiecewiseLinearMap, period: Int, from given: Tensor<Double>?,
    using random: inout RandomSource
  ) throws(StabilityError) -> Cycles {
    var search = RegionSearch(map, period: period)
    let starts = try search.run(with: self, from: given, using: &random)
    let cycles = try analyzing { () throws(LAPACKError) in
      try search.found.values.map { found throws(LAPACKError) in
        let states = (0..<period).map { found.solution.states.select($0) }
        return Cycle(
          states: states.map(\.elements),
          point: try map.point(found.solution, starts: found.starts, context(states[0])))
      }
    }
    return Cycles(
      cycles, period: period, completeness: search.singular.isEmpty ? .notApplicable : .degenerate,
      singularSequences: search.singular.count, starts: starts)
  }

  /// Returns the cycles of a smooth map F of which this search seeks the fixed points of F^k.
  func cycles<Base>(
    from given: Tensor<Double>?, using random: inout RandomSource
  ) throws(StabilityError) -> Cycles where R == PowerRecurrence<Base> {
    let power = recurrence
    let points = try run(from: given, companions: power.images, using: &random)
    var cycles: [Cycle] = []
    for point in points.points {
      let orbit = [Tensor(point.state)] + power.images(of: Tensor(point.state))
      func isPoint(_ state: Tensor<Double>) -> Bool {
        let distance = (state - Tensor(point.state)).norm()
        let own = 16 * Double.ulpOfOne.squareRoot() * max(1, state.norm())
        return distance < (point.isDegenerate ? own : point.certificate.uniquenessRadius)
      }
      let divisors = (1..<power.power).filter { power.power % $0 == 0 }
      let isKnown = cycles.contains { $0.states.contains { isPoint(Tensor($0)) } }
      if !divisors.contains(where: { isPoint(orbit[$0]) }), !isKnown {
        cycles.append(Cycle(states: orbit.map(\.elements), point: point))
      }
    }
    return Cycles(
      cycles, period: power.power, completeness: points.completeness, starts: points.starts)
  }
}

extension PowerRecurrence {
  /// Returns F(h), …, F^{k−1}(h), [S] each, which are fixed points of F^k if h is one.
  func images(of state: Tensor<Double>) -> [Tensor<Double>] {
    var states = [state.reshaped(to: [1, stateSize])]
    for _ in 1..<power { states.append(base.advance(states[states.count - 1], through: 0..<1)) }
    return states.dropFirst().map(\.flattened)
  }
}
