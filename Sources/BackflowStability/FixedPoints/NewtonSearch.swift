internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// Newton's method for F(h) = h from many starts:
///
///     (J − I) p = −(F(h) − h),   h ← h + a p
///
/// with the largest a = 1, ½, ¼ … that shortens the residual (Armijo's condition; Nocedal and
/// Wright, "Numerical Optimization", section 11.2). A step that leaves an invariant box, in which
/// all fixed points are, is projected onto it.
struct NewtonSearch<R: Recurrence> {
  let recurrence: R
  let region: SearchRegion
  let iterations: Int
  /// The points that were found.
  private(set) var found: [Candidate] = []
  /// The states at which the residual cannot be shortened, or not within the iterations.
  private(set) var stalled: [Tensor<Double>] = []
  private let variation: JacobianVariationBound
  private let errors: MapErrorBound

  /// A fixed point up to rounding.
  struct Candidate {
    let state: Tensor<Double>
    let jacobian: Tensor<Double>
    /// The rounding error of J.
    let jacobianError: Double
    /// ‖F(h) − h‖_∞
    let residual: Double
    let certificate: KantorovichCertificate
    /// sign det(I − J), or `nil` if it is not certain.
    let index: Int?
    /// The last of Newton's steps to it.
    let direction: NewtonStep<R>
    /// The number of starts that led to it.
    var starts = 1
  }

  init(
    _ recurrence: R, in region: SearchRegion, iterations: Int,
    variation: @escaping JacobianVariationBound, errors: @escaping MapErrorBound
  ) {
    (self.recurrence, self.region, self.iterations) = (recurrence, region, iterations)
    (self.variation, self.errors) = (variation, errors)
  }

  /// Follows all starts, [B, S], to fixed points: 1 start, then 2, 4, 8 … together, so that later
  /// ones end as soon as they reach the neighborhood of a point that an earlier one has found.
  mutating func run(from starts: Tensor<Double>) throws(StabilityError) {
    var (first, count) = (0, 1)
    while first < starts.shape[0] {
      let end = min(starts.shape[0], first + count)
      try follow((first..<end).map { Path(state: starts.select($0)) })
      (first, count) = (end, 2 * count)
    }
  }

  /// Follows paths together. One whose residual is not halved within `patience` steps is given up.
  private mutating func follow(_ paths: [Path]) throws(StabilityError) {
    var active = paths
    for iteration in 0..<iterations where !active.isEmpty {
      active = distinct(active)
      var searching: [Path] = []
      for var path in active {
        path.state = approached(path.state)
        if joinsKnown(path.state) { continue }
        guard let direction = NewtonStep(at: path.state, of: recurrence) else { continue }
        if direction.residual.maxMagnitude() <= 1e-9 * scale(path.state) {
          try finish(direction)
          continue
        }
        path.direction = direction
        if iteration % NewtonSearch.patience == 0 {
          guard direction.length <= path.reference / 2 else {
            stalled.append(path.state)
            continue
          }
          path.reference = direction.length
        }
        searching.append(path)
      }
      active = lineSearch(searching)
    }
    stalled += active.map(\.state).filter { !joinsKnown($0) }
  }

  /// Returns the state after steps with the factors of the nearest point that was found, as long as
  /// each divides the residual by 4. For a large map, they tell in a fraction of the time of one of
  /// Newton's steps that a path leads to a known point.
  private func approached(_ state: Tensor<Double>) -> Tensor<Double> {
    guard recurrence.stateSize > 64 else { return state }
    let distances = found.map { ($0.state - state).norm() }
    guard let nearest = found.indices.min(by: { distances[$0] < distances[$1] }),
      distances[nearest] < .infinity
    else { return state }
    let row = state.reshaped(to: [1, state.count])
    let residual = (recurrence.advance(row, through: 0..<1) - row).flattened
    return region.confined(
      found[nearest].direction.chord(from: state, residual, ratio: 4, of: recurrence))
  }

  /// Returns the paths without those that run beside an earlier one.
  ///
  /// - Complexity: O(B²·S)
  private func distinct(_ paths: [Path]) -> [Path] {
    let states = Tensor.stack(paths.map(\.state))
    // ‖x − y‖² = ‖x‖² + ‖y‖² − 2 xᵀy, whose rounding errors are far below the limit.
    let products = matmul(states, states.transposed).elements
    var kept: [Int] = []
    for new in paths.indices {
      let own = products[new * paths.count + new]
      let limit = 1e-8 * max(region.unit * region.unit, own)
      let isBeside = kept.contains { old in
        let product = products[old * paths.count + new]
        return products[old * paths.count + old] + own - 2 * product <= limit
      }
      if !isBeside { kept.append(new) }
    }
    return kept.map { paths[$0] }
  }

  /// The number of steps within which the residual must be halved.
  private static var patience: Int { 6 }

  /// One start on its way.
  private struct Path {
    var state: Tensor<Double>
    var direction: NewtonStep<R>?
    /// ‖F(h) − h‖₂ when it was last compared.
    var reference = Double.infinity
  }

  /// Returns the paths after one step of each, all of them evaluated together.
  private mutating func lineSearch(_ paths: [Path]) -> [Path] {
    var (remaining, accepted, length) = (paths, [Path](), 1.0)
    while !remaining.isEmpty, length >= 0x1p-6 {
      let trials = Tensor.stack(
        remaining.map { path in
          region.confined(path.direction.map { $0.state + $0.step * length } ?? path.state)
        })
      let residuals = recurrence.advance(trials, through: 0..<1) - trials
      let squares = residuals.squared().sum(axis: 1)
      var rejected: [Path] = []
      for (row, var path) in remaining.enumerated() {
        let bound = (1 - 1e-4 * length) * (path.direction?.length ?? 0)
        if squares[row].squareRoot() <= bound {
          path.state = region.confined(
            path.direction?.chord(
              from: trials.select(row), residuals.select(row), ratio: 4, of: recurrence)
              ?? trials.select(row))
          accepted.append(path)
        } else {
          rejected.append(path)
        }
      }
      (remaining, length) = (rejected, length / 2)
    }
    stalled += remaining.map(\.state)
    return accepted
  }

  /// Takes full steps while they halve the residual, and adds the point if its residual is that of
  /// rounding.
  private mutating func finish(_ direction: NewtonStep<R>) throws(StabilityError) {
    let state = direction.chord(
      from: direction.state, direction.residual, ratio: 2, of: recurrence)
    let next = recurrence.step(from: state)
    let (difference, jacobian) = (next.state - state, next.jacobian)
    let residual = difference.maxMagnitude()
    let rounding = MapErrors.estimate(state, jacobian, unit: region.unit).step
    guard
      residual <= max(10 * Double.ulpOfOne / 2 * scale(state), rounding),
      region.mayContain(state)
    else {
      stalled.append(state)
      return
    }
    if joinsKnown(state) { return }
    let errors = errors(state, jacobian)
    let (certificate, index) = try analyzing { () throws(LAPACKError) in
      let certificate = try KantorovichCertificate(
        residual: difference.norm(), jacobian: jacobian, errors, variation(state))
      return (certificate, try certificate.index(of: jacobian))
    }
    append(
      Candidate(
        state: state, jacobian: jacobian, jacobianError: errors.jacobian, residual: residual,
        certificate: certificate, index: index, direction: direction))
  }

  /// Adds a point that is not one of those found, up to the accuracy of an uncertified one:
  /// ∛u for a triple solution.
  private mutating func append(_ candidate: Candidate) {
    let known = found.firstIndex { other in
      let distance = (other.state - candidate.state).norm()
      if other.certificate.holds {
        return distance + candidate.radius < other.certificate.uniquenessRadius
      }
      return distance <= 4 * Double.root(Double.ulpOfOne, 3) * scale(candidate.state)
    }
    if let known { found[known].starts += 1 } else { found.append(candidate) }
  }

  /// Counts a state with the point that Newton's method certainly finds from it, if there is one.
  private mutating func joinsKnown(_ state: Tensor<Double>) -> Bool {
    let known = found.firstIndex {
      $0.certificate.holds && ($0.state - state).norm() < $0.certificate.attractionRadius
    }
    guard let known else { return false }
    found[known].starts += 1
    return true
  }

  private func scale(_ state: Tensor<Double>) -> Double { max(region.unit, state.maxMagnitude()) }
}

extension NewtonSearch.Candidate {
  /// The distance within which the true point is, as far as it is certified.
  var radius: Double { certificate.holds ? certificate.radius : 0 }
}
