internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// The search for both bounds of a Kreiss constant, of a matrix in scaled units, where the boundary
/// of the unit disk is the circle of radius 1/unit.
struct KreissSearch {
  private let curve: ResolventCurve
  private let tolerance: Double
  private let problemLimit: Int
  private let growth: PowerGrowth?
  /// The extent of the boundary.
  private let boundary: Double
  /// A bound of the numerical radius or abscissa: ‖(zI − A)⁻¹‖ ≤ 1/(extent − reach).
  private var reach: Double
  private var envelope: ResolventEnvelope

  private(set) var logLower = 0.0
  private(set) var logUpper = Double.infinity
  private(set) var maximizer: Complex<Double>?
  private(set) var isUndecided = false
  private(set) var problemCount = 0

  init(
    _ matrix: AnalyzedMatrix, region: StabilityRegion, tolerance: Double, problems: Int,
    growth: PowerGrowth?, numericalRadius: Double?
  ) throws(LAPACKError) {
    curve = try ResolventCurve(of: matrix.scaled, region: region)
    self.tolerance = tolerance
    problemLimit = problems
    self.growth = growth
    boundary = region == .unitDisk ? 1 / matrix.unit : 0
    envelope = ResolventEnvelope(region: region, boundary: boundary)
    let a = matrix.scaled
    let rounding = curve.rounding(0)
    reach =
      rounding
      + (region == .unitDisk
        ? try singularValues(of: a).first ?? 0
        : try symmetricEigenvalues(of: (a + a.transpose()) * 0.5).last ?? 0)
    if region == .unitDisk, let numericalRadius {
      reach = min(reach, numericalRadius / matrix.unit)
    } else if region == .unitDisk && reach > boundary && problems > 0 {
      reach = min(reach, try NumericalRadius(of: a, tolerance: 1e-6).bounds.upperBound)
      problemCount += 2
    }
  }

  /// Computes the bounds.
  mutating func run() throws(LAPACKError) {
    if reach <= boundary {
      // The numerical range is in the closed region, and the resolvent norm is at most 1/distance.
      logUpper = 0
      return
    }
    insertFreeBounds()
    try decideFiniteness()
    guard logLower < .infinity else {
      logUpper = .infinity
      return
    }
    searchFromBelow()
    if envelope.nodes.first?.extent == boundary { try close() }
  }

  // MARK: Bounds without eigenvalue problems

  /// Returns the extent from which on (x − boundary)/(x − reach) is at most the wanted upper bound.
  private var end: Double {
    let wanted = Double.exp(logLower) * (1 + tolerance)
    return (wanted * reach - boundary) / (wanted - 1)
  }

  /// Inserts the bounds by the numerical range and, for powers that are known to decay, by the
  /// series.
  private mutating func insertFreeBounds() {
    let (first, last) = (1e-6 * (reach - boundary), 2 * (end - boundary))
    let ratio = 1.05
    let count = Int((Double.log(last / first) / Double.log(ratio)).rounded(.up))
    let extents =
      [boundary] + (0...count).map { boundary + first * Double.pow(ratio, Double($0)) }
    let series = growth.flatMap { PowerSeries($0, of: curve.matrix) }
    envelope.insert(
      extents.map { extent in
        let byRange = extent > reach ? -Double.log(extent - reach) : .infinity
        let bySeries = series.map { $0.logSum(at: extent) } ?? .infinity
        return .init(extent: extent, logNorm: min(byRange, bySeries))
      })
  }

  // MARK: Finiteness

  /// Decides on which side of the boundary the eigenvalues are.
  ///
  /// If σ_min on the boundary exceeds the rounding error, no perturbation of its size moves an
  /// eigenvalue across, and the computed eigenvalues are on the right side of it.
  private mutating func decideFiniteness() throws(LAPACKError) {
    let outermost = curve.resolvent.eigenvalues.map { curve.extent(of: $0) }.max() ?? 0
    if envelope.nodes.first?.extent == boundary { return }
    guard problemCount < problemLimit else {
      if outermost > boundary, try isOutsideByDisks() { logLower = .infinity }
      isUndecided = outermost + curve.rounding(0) >= boundary && logLower < .infinity
      return
    }
    let minimum = try curve.minimum(on: boundary, tolerance: tolerance / 8)
    problemCount += minimum.problems
    guard minimum.lowerBound > 0 else {
      isUndecided = true
      return
    }
    if outermost > boundary {
      logLower = .infinity
    } else {
      envelope.insert([.init(extent: boundary, logNorm: -Double.log(minimum.lowerBound))])
    }
  }

  /// Returns whether the disks about the eigenvalues prove that one is outside the circle.
  private func isOutsideByDisks() throws(LAPACKError) -> Bool {
    guard curve.region == .unitDisk else { return false }
    let share = 8 * Double(curve.resolvent.order) * Double.ulpOfOne
    let bounds = try EigenvalueBounds(of: curve.matrix).spectralRadius(perturbedBy: share)
    return bounds.lowerBound > boundary
  }

  // MARK: The lower bound

  /// Raises the lower bound to the value at a point.
  private mutating func consider(_ extent: Double, _ position: Double, sigma: Double) {
    let sigma = sigma + curve.rounding(extent)
    let value = Double.log(extent - boundary) - Double.log(sigma)
    if value > logLower { (logLower, maximizer) = (value, curve.point(extent, position)) }
  }

  /// Climbs from several points near the outermost eigenvalues, in the logarithm of the distance
  /// from the boundary and in the position.
  private mutating func searchFromBelow() {
    let scale = max(reach - boundary, 1e-3 * reach)
    var best = (value: -Double.infinity, distance: scale, position: 0.0)
    func value(_ distance: Double, _ position: Double) -> Double {
      Double.log(distance)
        - Double.log(curve.sigma(boundary + distance, position) + curve.rounding(boundary))
    }
    for distance in [0.03, 0.3, 1].map({ $0 * scale }) {
      for position in curve.likelyPositions {
        let value = value(distance, position)
        if value > best.value { best = (value, distance, position) }
      }
    }
    let step = best.distance / 2
    let isCircle = curve.region == .unitDisk
    var (ratio, turn) = (2.0, isCircle ? min(step / (boundary + best.distance), 0.4) : step)
    for _ in 0..<24 where ratio > 1.01 {
      let trials = [
        (best.distance * ratio, best.position), (best.distance / ratio, best.position),
        (best.distance, best.position + turn), (best.distance, (best.position - turn).magnitude),
      ]
      let start = best.value
      for (distance, position) in trials {
        let value = value(distance, position)
        if value > best.value { best = (value, distance, position) }
      }
      if best.value == start { (ratio, turn) = (ratio.squareRoot(), turn / 2) }
    }
    consider(
      boundary + best.distance, best.position,
      sigma: curve.sigma(boundary + best.distance, best.position))
  }

  // MARK: The upper bound

  /// Computes the maximum of the resolvent norm on the curve where the bound is largest, until the
  /// bounds meet.
  private mutating func close() throws(LAPACKError) {
    while true {
      let worst = envelope.largest(upTo: end)
      let tail = Double.log(onePlus: tolerance) + logLower
      logUpper = max(worst.logNorm, tail)
      let isWide = worst.logNorm > tail
      guard isWide, problemCount < problemLimit, worst.extent > boundary else { return }
      let start = maximizer.map { curve.position(of: $0) }
      let minimum = try curve.minimum(
        on: worst.extent, startingAt: start, tolerance: max(tolerance / 8, 1e-9))
      problemCount += minimum.problems
      consider(worst.extent, minimum.position, sigma: minimum.sigma)
      guard minimum.lowerBound > 0 else { return }
      let known = envelope.nodes
      envelope.insert([.init(extent: worst.extent, logNorm: -Double.log(minimum.lowerBound))])
      let isStuck = zip(known, envelope.nodes).allSatisfy { $0.logNorm == $1.logNorm }
      if isStuck && known.count == envelope.nodes.count { return }
    }
  }
}

/// The bound ‖(zI − A)⁻¹‖ ≤ Σ ‖A^k‖/r^{k+1} on |z| = r, where the norms from m on are bounded by
/// ‖A^{k+m}‖ ≤ ‖A^m‖·‖A^k‖, so that the sum is Σ_{k<m} ‖A^k‖/r^{k+1} / (1 − ‖A^m‖/r^m).
///
/// A sum of powers with nonnegative coefficients has a logarithm that is convex in log r, like the
/// resolvent norm.
private struct PowerSeries {
  /// Upper bounds of ln ‖A^k‖ for k < m, and of ln ‖A^m‖.
  private let logNorms: [Double]
  private let logRest: Double

  /// Creates the bound, if the norm of the last power is certainly less than 1.
  init?(_ growth: PowerGrowth, of matrix: Tensor<Double>) {
    let bounds = PowerNormBounds(growth.logNorms, of: matrix).logBounds
    guard let last = bounds.last, last < 0 else { return nil }
    (logNorms, logRest) = (bounds.dropLast(), last)
  }

  /// Returns the logarithm of the bound, with the rounding errors of its terms and of their sum.
  func logSum(at radius: Double) -> Double {
    let logRadius = Double.log(radius)
    let terms = logNorms.enumerated().map { $0.element - Double($0.offset + 1) * logRadius }
    let largest = terms.max() ?? 0
    let sum = terms.reduce(0) { $0 + Double.exp($1 - largest) }
    let count = Double(logNorms.count)
    let size = (logNorms + [logRest]).filter(\.isFinite).reduce(0) { max($0, $1.magnitude) }
    let rounding = 4 * Double.ulpOfOne * (4 + count * (1 + logRadius.magnitude) + size)
    let rest = Double.exp(logRest - count * logRadius + rounding)
    guard rest < 1 else { return .infinity }
    return largest + Double.log(sum) + rounding - Double.log(onePlus: -rest) * (1 + rounding)
  }
}
