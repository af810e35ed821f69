internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// The search for the fixed points of a smooth map.
struct FixedPointSearch<R: Recurrence> {
  let recurrence: R
  let settings: FixedPointSettings

  init(_ recurrence: R, _ settings: FixedPointSettings) {
    (self.recurrence, self.settings) = (recurrence, settings)
  }

  /// - Parameter companions: Returns states that are fixed points if its argument is one, from
  ///   which to search too.
  func run(
    from given: Tensor<Double>?,
    companions: (Tensor<Double>) -> [Tensor<Double>] = { _ in [] },
    using random: inout RandomSource
  ) throws(StabilityError) -> FixedPoints {
    let region = try SearchRegion(of: recurrence, settings)
    var search = NewtonSearch(
      recurrence, in: region, iterations: settings.iterations,
      variation: try variation(unit: region.unit),
      errors: try analyzing { () throws(LAPACKError) in
        try recurrence.mapErrors(unit: region.unit)
      })
    var starts = recurrence.initialState.reshaped(to: [1, recurrence.stateSize])
    if let given { starts = .concatenate([starts, given]) }
    try checkFinite(starts)
    var count = 0
    let rounds = settings.rounds ?? (recurrence.stateSize <= 32 ? 4 : 1)
    for round in 0..<max(1, rounds) {
      if settings.randomStarts > 0 {
        let drawn = region.starts(settings.randomStarts, of: recurrence, using: &random)
        starts = round == 0 ? .concatenate([starts, drawn]) : drawn
      }
      count += starts.shape[0]
      try search.run(from: starts)
      let more = search.found.flatMap { companions($0.state) }
      if !more.isEmpty { try search.run(from: .stack(more)) }
      let verdict = completeness(of: search.found, region)
      if verdict != .pointMissing || settings.randomStarts == 0 { break }
    }
    let slow = try slowPoints(from: &search, region)
    let points = try analyzing { () throws(LAPACKError) in
      try search.found.map { candidate throws(LAPACKError) in
        try FixedPoint(
          state: candidate.state, jacobian: candidate.jacobian,
          jacobianError: candidate.jacobianError, residual: candidate.residual,
          certificate: candidate.certificate, index: candidate.index, starts: candidate.starts,
          context(candidate.state))
      }
    }
    return FixedPoints(
      points, slowPoints: slow, completeness: completeness(of: search.found, region),
      starts: count)
  }

  func context(_ state: Tensor<Double>) -> ModeContext {
    ModeContext(
      settings: settings, outputRange: recurrence.outputRange,
      derivative: recurrence.linearize(0..<1, from: state)[0].derivative as? LinearizedStep<Double>)
  }

  private func variation(unit: Double) throws(StabilityError) -> JacobianVariationBound {
    guard let constant = settings.lipschitzConstant else {
      return try analyzing { () throws(LAPACKError) in
        try recurrence.jacobianVariation(unit: unit)
      }
    }
    return { _ in JacobianVariation(constant: constant, radius: .infinity, isProven: true) }
  }

  /// Requires a finite step from the first start, and finite starts.
  func checkFinite(_ starts: Tensor<Double>) throws(StabilityError) {
    let steps = recurrence.step(from: starts.select(0))
    guard steps.state.isFinite, steps.jacobian.isFinite else {
      throw .mapNotFinite(
        "the state or the Jacobian after a step from the initial state is NaN or infinite")
    }
    guard starts.isFinite else {
      throw .mapNotFinite("a given start is NaN or infinite")
    }
  }

  private func completeness(
    of found: [NewtonSearch<R>.Candidate], _ region: SearchRegion
  ) -> FixedPoints.Completeness {
    guard region.box != nil else { return .notApplicable }
    guard found.allSatisfy(\.certificate.holds) else { return .degenerate }
    let indices = found.compactMap(\.index)
    guard indices.count == found.count, found.allSatisfy(\.certificate.isProven),
      areDistinct(found)
    else { return .notProven }
    return indices.reduce(0, +) == 1 ? .consistent : .pointMissing
  }

  /// Whether no two states can stand for the same true point.
  private func areDistinct(_ found: [NewtonSearch<R>.Candidate]) -> Bool {
    found.indices.allSatisfy { first in
      found[..<first].allSatisfy { second in
        (second.state - found[first].state).norm() > second.radius + found[first].radius
      }
    }
  }

  /// Returns the minima of q near the states where Newton's method stalled. A fixed point among
  /// them is added to the search.
  private func slowPoints(
    from search: inout NewtonSearch<R>, _ region: SearchRegion
  ) throws(StabilityError) -> [SlowPoint] {
    let unit = region.unit
    let method = SlowPointSearch(recurrence: recurrence, unit: unit, iterations: 50)
    var minima: [SlowPointSearch<R>.Minimum] = []
    for start in distinct(search.stalled, unit: unit).prefix(settings.slowPoints) {
      let end = try analyzing { () throws(LAPACKError) in
        try method.minimum(from: start)
      }
      guard let minimum = end, region.mayContain(minimum.state) else { continue }
      if minimum.speed <= 1e-7 * max(unit, minimum.state.norm()) {
        let before = search.found.reduce(0) { $0 + $1.starts }
        try search.run(from: minimum.state.reshaped(to: [1, minimum.state.count]))
        if search.found.reduce(0, { $0 + $1.starts }) > before { continue }
      }
      if !minima.contains(where: { near($0.state, minimum.state, unit) }) { minima.append(minimum) }
    }
    return try analyzing { () throws(LAPACKError) in
      try minima.map { minimum throws(LAPACKError) in
        SlowPoint(
          state: minimum.state.elements, speed: minimum.speed,
          modes: try LinearMode.modes(
            of: minimum.jacobian, error: 0, context(minimum.state)
          ).modes)
      }
    }
  }

  /// Returns the states without those near an earlier one, the slowest first.
  private func distinct(_ states: [Tensor<Double>], unit: Double) -> [Tensor<Double>] {
    let moving = states.filter(\.isFinite)
    guard !moving.isEmpty else { return [] }
    let all = Tensor.stack(moving)
    let speeds = (recurrence.advance(all, through: 0..<1) - all).squared().sum(axis: 1).elements
    let order = moving.indices.filter { speeds[$0].isFinite }.sorted { speeds[$0] < speeds[$1] }
    return order.reduce(into: []) { kept, index in
      if !kept.contains(where: { near($0, moving[index], unit) }) { kept.append(moving[index]) }
    }
  }

  private func near(_ a: Tensor<Double>, _ b: Tensor<Double>, _ unit: Double) -> Bool {
    (a - b).norm() <= 1e-4 * max(unit, a.norm())
  }
}
