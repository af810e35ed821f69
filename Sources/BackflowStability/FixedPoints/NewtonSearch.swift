internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Newton's method for F(h) = h from many starts:
///
///     (J − I) p = −(F(h) − h),   h ← h + a p
///
/// with the largest a = 1, ½, ¼ … that shortens the residual (Armijo's condition; Nocedal and
/// Wright, "Numerical Optimization", section 11.2). A step that leaves an invariant box, in which all
/// fixed points are, is projected onto it.
struct NewtonSearch<R: Recurrence> {
  let recurrence: R
  let region: SearchRegion
  let iterations: Int
  /// The points that were found.
  private(set) var found: [Candidate] = []
  /// The states at which the residual cannot be shortened, or not within the iterations.
  private(set) var stalled: [Tensor<Double>] = []
  private let variation: JacobianVariationBound

  /// A fixed point up to rounding.
  struct Candidate {
    let state: Tensor<Double>
    let jacobian: Tensor<Double>
    /// ‖F(h) − h‖_∞
    let residual: Double
    let certificate: KantorovichCertificate
    /// The number of starts that led to it.
    var starts = 1
  }

  init(
    _ recurrence: R, in region: SearchRegion, iterations: Int,
    variation: @escaping JacobianVariationBound
  ) {
    (self.recurrence, self.region, self.iterations) = (recurrence, region, iterations)
    self.variation = variation
  }

  /// Follows all starts, [B, S], to fixed points.
  mutating func run(from starts: Tensor<Double>) throws(StabilityError) {
    var active = (0..<starts.shape[0]).map { starts.select($0) }
    for _ in 0..<iterations where !active.isEmpty {
      var searching: [Direction] = []
      for state in active where !joinsKnown(state) {
        guard let direction = Direction(at: state, of: recurrence) else { continue }
        if direction.residual.maxMagnitude() <= 1e-9 * scale(state) {
          try finish(direction)
        } else {
          searching.append(direction)
        }
      }
      active = lineSearch(searching)
    }
    stalled += active.filter { !joinsKnown($0) }
  }

  /// The residual at a state and Newton's step from there.
  private struct Direction {
    let state: Tensor<Double>
    /// F(h) − h
    let residual: Tensor<Double>
    let jacobian: Tensor<Double>
    let step: Tensor<Double>

    /// `nil` if the map is not finite at the state.
    init?(at state: Tensor<Double>, of recurrence: R) {
      let next = recurrence.step(from: state)
      guard next.state.isFinite, next.jacobian.isFinite else { return nil }
      (self.state, jacobian) = (state, next.jacobian)
      residual = next.state - state
      let matrix = jacobian - .identity(state.count)
      // If J has an eigenvalue of exactly 1, the shortest step that solves best.
      guard
        let step = try? LUDecomposition(of: matrix).solve(-residual),
        step.isFinite
      else {
        guard let least = try? leastSquares(matrix, -residual) else { return nil }
        self.step = least.solution
        return
      }
      self.step = step
    }
  }

  /// Returns the states after one step from each, all of them evaluated together.
  private mutating func lineSearch(_ directions: [Direction]) -> [Tensor<Double>] {
    var (remaining, accepted, length) = (directions, [Tensor<Double>](), 1.0)
    while !remaining.isEmpty, length >= 0x1p-6 {
      let trials = Tensor.stack(remaining.map { region.confined($0.state + $0.step * length) })
      let residuals = recurrence.advance(trials, through: 0..<1) - trials
      var rejected: [Direction] = []
      for (row, direction) in remaining.enumerated() {
        let norm = residuals.select(row).norm()
        if norm <= (1 - 1e-4 * length) * direction.residual.norm() {
          accepted.append(trials.select(row))
        } else {
          rejected.append(direction)
        }
      }
      (remaining, length) = (rejected, length / 2)
    }
    stalled += remaining.map(\.state)
    return accepted
  }

  /// Takes full steps while they halve the residual, and adds the point if its residual is that of
  /// rounding.
  private mutating func finish(_ direction: Direction) throws(StabilityError) {
    var best = direction
    for _ in 0..<iterations {
      guard let next = Direction(at: best.state + best.step, of: recurrence),
        next.residual.norm() < best.residual.norm() / 2
      else { break }
      best = next
    }
    let residual = best.residual.maxMagnitude()
    let rounding = roundingError(best.state, best.jacobian)
    guard
      residual <= max(10 * Double.ulpOfOne / 2 * scale(best.state), rounding),
      region.mayContain(best.state)
    else {
      stalled.append(best.state)
      return
    }
    if joinsKnown(best.state) { return }
    do {
      let certificate = try KantorovichCertificate(
        residual: best.residual.norm() + rounding, jacobian: best.jacobian,
        variation(best.state))
      append(
        Candidate(
          state: best.state, jacobian: best.jacobian, residual: residual, certificate: certificate))
    } catch {
      throw .linearAlgebra(error)
    }
  }

  /// Adds a point that is not one of those found, up to the accuracy of an uncertified one: √u.
  private mutating func append(_ candidate: Candidate) {
    let known = found.firstIndex { other in
      let distance = (other.state - candidate.state).norm()
      if other.certificate.holds {
        return distance + candidate.radius < other.certificate.uniquenessRadius
      }
      return distance <= 16 * Double.ulpOfOne.squareRoot() * scale(candidate.state)
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

  /// An estimate of the rounding error of ‖F(h) − h‖₂: the sums of S products, of the size of
  /// ‖J‖_F ‖h‖, and the result.
  private func roundingError(_ state: Tensor<Double>, _ jacobian: Tensor<Double>) -> Double {
    let sums = Double(state.count).squareRoot() + 4
    let norm = max(region.unit, state.norm())
    return sums * Double.ulpOfOne / 2 * (1 + jacobian.norm()) * norm
  }
}

extension NewtonSearch.Candidate {
  /// The distance within which the true point is, as far as it is certified.
  var radius: Double { certificate.holds ? certificate.radius : 0 }
}
