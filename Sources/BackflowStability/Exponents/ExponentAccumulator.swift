internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import RealModule

/// The running sums of ln R_ii of a Lyapunov spectrum.
struct ExponentAccumulator {
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
  /// The first vector of the basis before the first measured step, [S].
  private(set) var firstVector: Tensor<Double>
  private var basis: Tensor<Double>
  private var interval = 1
  private var transient: Int
  private let steps: Int
  private var sums: [Double]
  /// The number of steps at which each element of the diagonal of R was lost to rounding.
  private(set) var lost: [Int]
  private var determinants = (rule: 0.0, sum: 0.0, steps: 0)

  /// The sums of ln R_ii of consecutive steps.
  struct Block {
    var sums: [Double]
    var steps = 0
  }

  init(basis: Tensor<Double>, transient: Int, steps: Int) throws(StabilityError) {
    (self.transient, self.steps) = (transient, steps)
    sums = Array(repeating: 0, count: basis.shape[1])
    lost = Array(repeating: 0, count: basis.shape[1])
    let count = max(1, min(BlockMeans.most, steps / 8))
    blocks = Array(repeating: Block(sums: sums), count: count)
    self.basis = try analyzing { () throws(LAPACKError) in
      try QRDecomposition(of: basis, positiveDiagonal: true).q
    }
    firstVector = self.basis.select(0, axis: 1)
  }

  /// The first vector of the basis after the last step, [S].
  var lastVector: Tensor<Double> { basis.select(0, axis: 1) }

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
    guard transient == 0 else {
      transient -= derivatives.count
      firstVector = lastVector
      return
    }
    let isLost = lostToRounding(diagonal, of: product, steps: derivatives.count)
    let logs = try zeroing(diagonal, where: isLost, derivatives).map { Double.log($0) }
    for (index, isLost) in isLost.enumerated() where isLost { lost[index] += derivatives.count }
    if !isLost.contains(true) { try checkDeterminant(logs, derivatives) }
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

  /// Returns whether each element of the diagonal of R consists of rounding errors: the component
  /// of a column outside the span of the columns before it is determined only down to a few n ε of
  /// the length of the column for each step.
  private func lostToRounding(
    _ diagonal: [Double], of product: Tensor<Double>, steps: Int
  ) -> [Bool] {
    let rounding = 8 * Double(product.shape[0] * steps) * Double.ulpOfOne
    var lengths = product.squared().sum(axis: 0).squareRoot().elements
    if !lengths.allSatisfy((0x1p-400...0x1p400).contains) {
      // The squares may have left the range of a double.
      lengths = (0..<product.shape[1]).map { product.select($0, axis: 1).norm() }
    }
    return zip(diagonal, lengths).map { $0 <= rounding * $1 }
  }

  /// Returns the diagonal of R with zeros where a step left rounding errors that LU decomposition
  /// finds exactly singular.
  private func zeroing(
    _ diagonal: [Double], where isLost: [Bool], _ derivatives: ArraySlice<any StateDerivative>
  ) throws(StabilityError) -> [Double] {
    guard isLost.contains(true) else { return diagonal }
    let isSingular = try analyzing { () throws(LAPACKError) in
      for derivative in derivatives {
        if try LUDecomposition(of: derivative.matrix).singularPivot != nil { return true }
      }
      return false
    }
    return isSingular ? zip(diagonal, isLost).map { $1 ? 0 : $0 } : diagonal
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
    determinants.steps += derivatives.count
    determinants.rule += sum == ofVolume ? 0 : sum - ofVolume
  }

  /// |Σλ_i − mean ln |det J_t|| over the steps whose determinant was computed; ∞ if one of the two
  /// is −∞ and the other is not.
  var sumRuleError: Double? {
    guard determinants.steps > 0 else { return nil }
    let error = abs(determinants.rule) / Double(determinants.steps)
    return error.isNaN ? .infinity : error
  }

  /// The mean of ln |det J_t|, if it was computed for all steps.
  var meanLogDeterminant: Double? {
    determinants.steps == measured && measured > 0 ? determinants.sum / Double(measured) : nil
  }

  // MARK: - Means

  /// −∞ where every step was lost to rounding, as for a weight of low rank.
  var means: [Double] {
    zip(sums, lost).map { $1 == measured && measured > 0 ? -.infinity : $0 / Double(measured) }
  }

  /// The standard errors of the means.
  var standardErrors: [Double] {
    sums.indices.map { index in
      BlockMeans(blocks.map { ($0.steps, $0.sums[index]) }).standardError
    }
  }
}
