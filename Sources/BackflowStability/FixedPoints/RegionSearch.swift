internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The search for the fixed points and cycles of a piecewise linear map (Eisenmann, Monfared,
/// Göring and Durstewitz, "Bifurcations and loss jumps in RNN training", NeurIPS 2023).
///
/// The states that the maps of a sequence of regions take to each other are one linear solution. If
/// they are in these regions, they are a cycle; rounding errors of the solution are bounded, and
/// leave this open only for a unit that is at its threshold within them. Otherwise the regions of
/// the trajectory from the first of them are tried next.
struct RegionSearch {
  let map: PiecewiseLinearMap
  let period: Int
  /// The cycles found, with the number of starts that led to each. A sequence of regions has one
  /// solution at most, so that it identifies the cycle.
  private(set) var found: [[[Bool]]: (solution: RegionSolution, starts: Int)] = [:]
  /// The sequences of regions in which cycles are not isolated.
  private(set) var singular: Set<[[Bool]]> = []
  /// Whether rounding leaves open in which regions a solution is, or whether there is one.
  private(set) var isOpen = false
  /// The sequences that were solved, with the sequence to try next, or `nil` at an end.
  private var followers: [[[Bool]]: [[Bool]]?] = [:]

  init(_ map: PiecewiseLinearMap, period: Int) { (self.map, self.period) = (map, period) }

  /// Follows the regions from a first sequence until a cycle, a repetition, or a singular one.
  mutating func run(from regions: [[Bool]], iterations: Int) throws(LAPACKError) {
    var (current, visited) = (regions, Set<[[Bool]]>())
    for _ in 0..<iterations where visited.insert(current).inserted {
      if let known = followers[current] {
        guard let next = known else { break }
        current = next
        continue
      }
      guard let next = try solve(current) else { break }
      current = next
    }
    let name = RegionSearch.canonical(current)
    found[name]?.starts += 1
  }

  /// Solves in a sequence of regions, and returns the next to try.
  mutating func solve(_ regions: [[Bool]]) throws(LAPACKError) -> [[Bool]]? {
    var next: [[Bool]]?
    switch try map.solve(regions) {
    case .inconsistent: isOpen = true
    case .singular: singular.insert(RegionSearch.canonical(regions))
    case .solution(let solution):
      isOpen = isOpen || !decides(solution, regions)
      if agrees(solution, with: regions) {
        let name = RegionSearch.canonical(regions)
        let isNew = found[name] == nil && !isKnownOnBorder(solution)
        if isNew, !RegionSearch.repeats(regions), !returnsEarly(solution) {
          found[name] = (solution, 0)
        }
      } else {
        next = map.patterns(from: solution.states.select(0), period)
      }
    }
    followers[regions] = .some(next)
    return next
  }

  /// Whether it is certain that the solution is in the regions, or that it is not: one unit that is
  /// certainly on the other side of its threshold suffices.
  private func decides(_ solution: RegionSolution, _ regions: [[Bool]]) -> Bool {
    if !solution.isOnBorder { return true }
    let a = (matmul(solution.states, map.weight.transposed) + map.bias).elements
    return zip(a, regions.joined()).contains { abs($0) > solution.rounding && ($0 > 0) != $1 }
  }

  /// Whether the units are active as in the regions; a unit at its threshold may be either.
  private func agrees(_ solution: RegionSolution, with regions: [[Bool]]) -> Bool {
    if solution.patterns == regions { return true }
    // The map is continuous, so that a point on a border returns to itself in all its regions.
    guard solution.isOnBorder, solution.residuals.maxMagnitude() <= 4 * solution.rounding else {
      return false
    }
    let a = (matmul(solution.states, map.weight.transposed) + map.bias).elements
    return zip(a, regions.joined()).allSatisfy {
      abs($0) <= solution.rounding || ($0 > 0) == $1
    }
  }

  /// Whether a point on a border, where several sequences of regions have the same solution,
  /// returns to itself before the end.
  private func returnsEarly(_ solution: RegionSolution) -> Bool {
    guard solution.isOnBorder else { return false }
    return (1..<max(1, period)).contains {
      period % $0 == 0
        && (solution.states.select($0) - solution.states.select(0)).norm() <= 2 * solution.rounding
    }
  }

  /// Whether a point on a border was found from another of its regions.
  private func isKnownOnBorder(_ solution: RegionSolution) -> Bool {
    guard solution.isOnBorder else { return false }
    return found.values.contains { other in
      other.solution.isOnBorder
        && (0..<period).contains {
          (other.solution.states.select($0) - solution.states.select(0)).norm()
            <= other.solution.rounding + solution.rounding
        }
    }
  }

  /// The rotation of a sequence that comes first in the order of its elements.
  static func canonical(_ regions: [[Bool]]) -> [[Bool]] {
    let keys = regions.map { String($0.map { $0 ? "1" as Character : "0" }) }
    let rotations = regions.indices.map { keys[$0...] + keys[..<$0] }
    let first = regions.indices.min { rotations[$0].lexicographicallyPrecedes(rotations[$1]) } ?? 0
    return Array(regions[first...] + regions[..<first])
  }

  /// Whether a sequence repeats a shorter one, whose solution is then the same.
  static func repeats(_ regions: [[Bool]]) -> Bool {
    let count = regions.count
    return (1..<max(1, count)).contains { part in
      count % part == 0 && (part..<count).allSatisfy { regions[$0] == regions[$0 - part] }
    }
  }
}

extension FixedPointSearch {
  /// Solves a ReLU network: in all linear regions if there are few, otherwise from starts.
  func solve(
    _ map: PiecewiseLinearMap, from given: Tensor<Double>?, using random: inout RandomSource
  ) throws(StabilityError) -> FixedPoints {
    var search = RegionSearch(map, period: 1)
    let isComplete = map.units <= settings.enumeratedUnits
    var starts = 0
    if isComplete {
      for bits in 0..<1 << map.units {
        let active = (0..<map.units).map { bits >> $0 & 1 == 1 }
        _ = try analyzing { () throws(LAPACKError) in try search.solve([active]) }
      }
    } else {
      starts = try search.run(with: self, from: given, using: &random)
    }
    let points = try analyzing { () throws(LAPACKError) in
      try search.found.values.map { found throws(LAPACKError) in
        try map.point(
          found.solution, starts: found.starts, context(found.solution.states.select(0)))
      }
    }
    let singular = search.singular.map { region in
      region[0].indices.filter { region[0][$0] }
    }
    return FixedPoints(
      points,
      completeness: !singular.isEmpty
        ? .degenerate : !isComplete ? .notApplicable : search.isOpen ? .notProven : .proven,
      starts: starts, singularRegions: singular.sorted { $0.lexicographicallyPrecedes($1) })
  }
}

extension RegionSearch {
  /// Runs from the regions of trajectories and from random sequences, half of each. Returns the
  /// number of starts.
  mutating func run<R: Recurrence>(
    with search: FixedPointSearch<R>, from given: Tensor<Double>?, using random: inout RandomSource
  ) throws(StabilityError) -> Int {
    let region = try SearchRegion(of: search.recurrence, search.settings)
    let count = search.settings.randomStarts
    var starts = search.recurrence.initialState.reshaped(to: [1, map.units])
    if let given { starts = .concatenate([starts, given]) }
    try search.checkFinite(starts)
    if count > 0 {
      starts = .concatenate(
        [starts, region.starts(count, of: search.recurrence, using: &random)])
    }
    var sequences = (0..<starts.shape[0]).map { map.patterns(from: starts.select($0), period) }
    for _ in 0..<count {
      sequences.append(
        (0..<period).map { _ in (0..<map.units).map { _ in random.integer(below: 2) == 1 } })
    }
    for regions in sequences {
      try analyzing { () throws(LAPACKError) in
        try run(from: regions, iterations: search.settings.iterations)
      }
    }
    return sequences.count
  }
}
