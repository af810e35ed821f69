internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// The running sums of ln R_ii of a Lyapunov spectrum.
struct ExponentAccumulator {
  /// The largest number of blocks for the standard errors.
  private static let blockLimit = 32
  /// The largest number of steps between two decompositions.
  private static let longestInterval = 32
  /// The number of steps whose determinants are computed if the state is large.
  private static let checkedSteps = 16
  /// The size of the state up to which the determinants of all steps are computed.
  private static let cheapSize = 48

  private(set) var blocks: [Block]
  private(set) var running: [(steps: Int, means: [Double])] = []
  private(set) var measured = 0
  private(set) var decompositions = 0
  private var basis: Tensor<Double>
  private var interval = 1
  private var transient: Int
  private let steps: Int
  private var sums: [Double]
  private var determinants = (rule: 0.0, sum: 0.0, steps: 0)

  /// The sums of ln R_ii of consecutive steps.
  struct Block {
    var sums: [Double]
    var steps = 0
    var means: [Double] { sums.map { $0 / Double(steps) } }
  }

  init(basis: Tensor<Double>, transient: Int, steps: Int) throws(StabilityError) {
    (self.transient, self.steps) = (transient, steps)
    sums = Array(repeating: 0, count: basis.shape[1])
    let count = max(1, min(ExponentAccumulator.blockLimit, steps / 8))
    blocks = Array(repeating: Block(sums: sums), count: count)
    self.basis = try analyzing { () throws(LAPACKError) in
      try QRDecomposition(of: basis, positiveDiagonal: true).q
    }
  }

  /// Advances the basis through further steps.
  mutating func append(_ derivatives: [any StateDerivative]) throws(StabilityError) {
    var rest = derivatives[...]
    while !rest.isEmpty {
      let count = min(interval, rest.count, transient > 0 ? transient : .max)
      rest = rest.dropFirst(try advance(rest.prefix(count)))
    }
  }

  /// Advances the basis through some of these steps, and returns their number.
  private mutating func advance(
    _ derivatives: ArraySlice<any StateDerivative>
  ) throws(StabilityError) -> Int {
    var derivatives = derivatives
    while true {
      let (product, count) = product(of: derivatives)
      derivatives = derivatives.prefix(count)
      let decomposition = try analyzing { () throws(LAPACKError) in
        try QRDecomposition(of: product, positiveDiagonal: true)
      }
      let r = decomposition.r
      // A diagonal element may be −0.
      let diagonal = (0..<r.shape[0]).map { r[$0, $0].magnitude }
      let condition = (diagonal.max() ?? 0) / (diagonal.min() ?? 1)
      if !(condition <= LyapunovSpectrum.conditionLimit), derivatives.count > 1 {
        interval = max(1, derivatives.count / 2)
        derivatives = derivatives.prefix(interval)
        continue
      }
      basis = decomposition.q
      decompositions += 1
      if condition < LyapunovSpectrum.conditionLimit.squareRoot(), derivatives.count == interval {
        interval = min(2 * interval, ExponentAccumulator.longestInterval)
      }
      try note(diagonal, of: product, derivatives)
      return derivatives.count
    }
  }

  /// Returns the product of the basis and the Jacobians of as many steps as stay in the range of a
  /// double, at least one, and their number.
  private func product(
    of derivatives: ArraySlice<any StateDerivative>
  ) -> (Tensor<Double>, steps: Int) {
    var (product, count) = (basis, 0)
    for derivative in derivatives {
      let next = derivative.multiply(product)
      let size = next.isFinite ? next.maxMagnitude() : .infinity
      if count > 0, !(0x1p-600...0x1p600).contains(size) { break }
      (product, count) = (next, count + 1)
    }
    return (product, count)
  }

  /// Adds the logarithms of the diagonal of R for some steps.
  private mutating func note(
    _ diagonal: [Double], of product: Tensor<Double>, _ derivatives: ArraySlice<any StateDerivative>
  ) throws(StabilityError) {
    guard transient == 0 else { return transient -= derivatives.count }
    let logs = try resolved(diagonal, of: product, derivatives).map { Double.log($0) }
    try checkDeterminant(logs, derivatives)
    let block = measured * blocks.count / steps
    for index in sums.indices {
      sums[index] += logs[index]
      blocks[block].sums[index] += logs[index]
    }
    blocks[block].steps += derivatives.count
    let before = measured * 64 / steps
    measured += derivatives.count
    if measured * 64 / steps > before || measured == steps { running.append((measured, means)) }
  }

  /// Returns the diagonal of R with exact zeros where a singular step left rounding errors.
  ///
  /// The component of a column outside the span of the columns before it is determined only down to
  /// n ε of the length of the column. Where it is smaller, and LU decomposition finds an exactly
  /// singular Jacobian, it is zero.
  private func resolved(
    _ diagonal: [Double], of product: Tensor<Double>, _ derivatives: ArraySlice<any StateDerivative>
  ) throws(StabilityError) -> [Double] {
    let rounding = Double(product.shape[0]) * Double.ulpOfOne
    let lengths = product.squared().sum(axis: 0).squareRoot().elements
    let isBelowRounding = zip(diagonal, lengths).map { $0 <= rounding * $1 }
    guard isBelowRounding.contains(true) else { return diagonal }
    let isSingular = try analyzing { () throws(LAPACKError) in
      for derivative in derivatives {
        if try LUDecomposition(of: derivative.matrix).singularPivot != nil { return true }
      }
      return false
    }
    return isSingular ? zip(diagonal, isBelowRounding).map { $1 ? 0 : $0 } : diagonal
  }

  // MARK: - Sum rule

  /// Compares Σ ln R_ii with ln |det J| of the same steps.
  private mutating func checkDeterminant(
    _ logs: [Double], _ derivatives: ArraySlice<any StateDerivative>
  ) throws(StabilityError) {
    let size = basis.shape[0]
    guard logs.count == size else { return }
    let isDue =
      size <= ExponentAccumulator.cheapSize
      || determinants.steps * steps <= measured * ExponentAccumulator.checkedSteps
    guard isDue else { return }
    let sum = try analyzing { () throws(LAPACKError) in
      var sum = 0.0
      for derivative in derivatives {
        sum += try LUDecomposition(of: derivative.matrix).logAbsoluteDeterminant
      }
      return sum
    }
    let ofVolume = logs.reduce(0, +)
    determinants.sum += sum
    determinants.rule += sum == ofVolume ? 0 : sum - ofVolume
    determinants.steps += derivatives.count
  }

  /// |Σλ_i − mean ln |det J_t|| over the steps whose determinant was computed.
  var sumRuleError: Double? {
    guard determinants.steps > 0, determinants.rule.isFinite else { return nil }
    return abs(determinants.rule) / Double(determinants.steps)
  }

  /// The mean of ln |det J_t|, if it was computed for all steps.
  var meanLogDeterminant: Double? {
    determinants.steps == measured && measured > 0 ? determinants.sum / Double(measured) : nil
  }

  // MARK: - Means

  var means: [Double] { sums.map { $0 / Double(measured) } }

  /// The standard deviations of the block means divided by the root of their number.
  var standardErrors: [Double] {
    let full = blocks.filter { $0.steps > 0 }
    guard full.count > 1 else { return means.map { _ in .nan } }
    let count = Double(full.count)
    return means.indices.map { index in
      let deviations = full.map { ($0.means[index] - means[index], Double($0.steps)) }
      let weight = deviations.reduce(0) { $0 + $1.1 }
      let variance = deviations.reduce(0) { $0 + $1.0 * $1.0 * $1.1 } / weight
      return (variance / (count - 1)).squareRoot()
    }
  }
}
