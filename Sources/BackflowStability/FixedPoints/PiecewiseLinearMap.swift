internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// A leaky ReLU cell under constant input, which is linear in each region of states with the same
/// active units:
///
///     a = W h + b,   F(h) = (1 − α) h + α D a,   D = diag(a > 0)
struct PiecewiseLinearMap: Sendable {
  /// W, [H, H]
  let weight: Tensor<Double>
  /// b, [H]
  let bias: Tensor<Double>
  /// α
  let leak: Double
  /// max_i ‖W_i‖₂, by which a changes faster than h at most.
  let largestRow: Double

  /// `nil` if the cell has no ReLU, or if it does not change its state at all.
  init?(_ map: CellMap) throws(StabilityError) {
    guard case .leaky(.relu, let leak) = map.equations, leak > 0 else { return nil }
    guard map.isFinite else {
      throw .mapNotFinite("a weight or the constant input is NaN or infinite")
    }
    (weight, bias, self.leak) = (map.weight(0), map.bias(0), leak)
    largestRow = weight.squared().sum(axis: 1).max().squareRoot()
  }

  /// H
  var units: Int { bias.count }

  /// Returns which units are active.
  func pattern(_ preactivation: Tensor<Double>) -> [Bool] { preactivation.elements.map { $0 > 0 } }

  /// Returns α D, as a column, [H, 1].
  func gains(_ pattern: [Bool]) -> Tensor<Double> {
    Tensor(pattern.map { $0 ? leak : 0 }, shape: [units, 1])
  }

  /// Returns F's linear part times a matrix, ((1 − α) I + α D W) M, in a region.
  func multiply(_ matrix: Tensor<Double>, in pattern: [Bool]) -> Tensor<Double> {
    matrix * (1 - leak) + gains(pattern) * matmul(weight, matrix)
  }
}

/// The solution of a sequence of linear regions: states that the maps of the regions, one after
/// another, take to each other and back to the first.
struct RegionSolution: Sendable {
  /// h_0, …, h_{k−1}, [k, H].
  let states: Tensor<Double>
  /// The units that are active in these states, which are those of the regions if the cycle is
  /// real.
  let patterns: [[Bool]]
  /// F(h_t) − h_{t+1}, [k, H].
  let residuals: Tensor<Double>
  /// The smallest |a| of all units and steps.
  let margin: Double
  /// A bound of the error of every a: the signs are certain if `margin` is larger.
  let rounding: Double
  /// A bound of the distance of the states from the true solution.
  let error: Double

  /// Whether the solution may be in another region, because of rounding.
  var isOnBorder: Bool { margin <= rounding }
}

extension PiecewiseLinearMap {
  /// The result of solving in given regions.
  enum Outcome {
    case solution(RegionSolution)
    /// An eigenvalue of the product of Jacobians is 1 up to rounding, and solutions exist.
    case singular
    /// The same, and solutions do not exist, up to rounding.
    case inconsistent
  }

  /// Solves for the states of all k steps at once,
  ///
  ///     h_{t+1} − ((1 − α) I + α D_t W) h_t = α D_t b,   h_k = h_0
  ///
  /// because the product of k maps would lose the digits that an unstable cycle has grown by.
  ///
  /// The error of the solution x of A x = c is at most ‖c − A x‖/σ_min(A), with a running bound of
  /// the rounding error of the residual (see `CellErrors`), and that of a = W h + b follows.
  ///
  /// - Complexity: O(k³·H³)
  func solve(_ regions: [[Bool]]) throws(LAPACKError) -> Outcome {
    let matrix = .identity(regions.count * units) - cyclicJacobian(regions)
    // Row block t + 1 has the equation of step t.
    let shifted = [regions[regions.count - 1]] + regions.dropLast()
    let constants = Tensor.concatenate(shifted.map { (gains($0).flattened) * bias })
    let smallest = try smallestSingularValue(of: matrix)
    guard smallest > 0 else {
      let least = try leastSquares(matrix, constants, rankTolerance: 1e-12)
      return least.residual.norm() <= 1e-10 * constants.norm() ? .singular : .inconsistent
    }
    let factors = try LUDecomposition(of: matrix)
    var solution = try factors.solve(constants)
    // A step of iterative refinement.
    solution += try factors.solve(constants - matvec(matrix, solution))
    let residual = (constants - matvec(matrix, solution)).norm()
    // Each equation also has the rounding errors of its coefficients, which may cancel on the
    // diagonal.
    let sizes =
      matvec(matrix.magnitude, solution.magnitude) + solution.magnitude * 2 + constants.magnitude
    let error = 1.01 * (residual + roundoff(regions.count * units) * sizes.norm()) / smallest
    let states = solution.reshaped(to: [regions.count, units])
    let a = matmul(states, weight.transposed) + bias
    let terms = matmul(states.magnitude, weight.transpose().magnitude) + bias.magnitude
    let next = states * (1 - leak) + relu(a) * leak
    let previous = states.selectRows((0..<regions.count).map { ($0 + 1) % regions.count })
    return .solution(
      RegionSolution(
        states: states, patterns: (0..<regions.count).map { pattern(a.select($0)) },
        residuals: next - previous, margin: a.magnitude.min(),
        rounding: 1.01 * (largestRow * error + roundoff(units) * terms.max()), error: error))
  }

  /// γ_{n+8}, the relative rounding error of a sum of n products and a few operations.
  private func roundoff(_ count: Int) -> Double {
    let error = Double(count + 8) * Double.ulpOfOne / 2
    return error / (1 - error)
  }

  /// Returns σ_min, less its rounding error and that of the elements: 8·n·ε·‖A‖_F, 0 or less if the
  /// matrix may be singular.
  private func smallestSingularValue(of matrix: Tensor<Double>) throws(LAPACKError) -> Double {
    let error = 8 * Double(matrix.shape[0] + 1) * Double.ulpOfOne * (matrix.norm() + 1)
    return (try singularValues(of: matrix).last ?? .infinity) - error
  }

  /// The Jacobian of (h_0, …, h_{k−1}) ↦ (F(h_{k−1}), F(h_0), …, F(h_{k−2})), whose fixed points
  /// are the cycles: [k·H, k·H].
  private func cyclicJacobian(_ regions: [[Bool]]) -> Tensor<Double> {
    let blocks = regions.map { multiply(.identity(units), in: $0) }
    guard regions.count > 1 else { return blocks[0] }
    let width = regions.count * units
    let rows = regions.indices.map { row in
      let column = (row + regions.count - 1) % regions.count
      var block = Tensor<Double>.zeros([units, width])
      block.replaceSlice(column * units..<(column + 1) * units, axis: 1, with: blocks[column])
      return block
    }
    return .concatenate(rows)
  }

  /// Follows the map for k steps, and returns the units that are active.
  func patterns(from state: Tensor<Double>, _ count: Int) -> [[Bool]] {
    var state = state
    return (0..<count).map { _ in
      let a = matvec(weight, state) + bias
      state = state * (1 - leak) + relu(a) * leak
      return pattern(a)
    }
  }

  /// Returns a solution as a point of F^k, certified with L = 0 for the cyclic map of all states.
  func point(
    _ solution: RegionSolution, starts: Int, _ context: ModeContext
  ) throws(LAPACKError) -> FixedPoint {
    let border = solution.isOnBorder
    let patterns = solution.patterns
    // Within this distance the units stay as they are.
    let ball = border ? 0 : (solution.margin - solution.rounding) / largestRow
    let cyclic = cyclicJacobian(patterns)
    // The same bound as in `solve`, for the map with these active units.
    let sizes = (solution.states.magnitude * (1 + largestRow * Double(units).squareRoot())).norm()
    let errors = MapErrors(
      step: roundoff(units) * (sizes + bias.norm() * Double(patterns.count).squareRoot()),
      jacobian: 4 * Double.ulpOfOne * (1 + cyclic.norm()), isProven: true)
    let certificate = try KantorovichCertificate(
      residual: solution.residuals.norm(), jacobian: cyclic, errors,
      JacobianVariation(constant: 0, radius: ball.isNaN ? .infinity : ball, isProven: true))
    let product = patterns.reduce(Tensor<Double>.identity(units)) { multiply($0, in: $1) }
    // The product of k Jacobians has the rounding errors of its factors.
    let norms = patterns.map { multiply(.identity(units), in: $0).norm() }.reduce(1, *)
    return try FixedPoint(
      state: solution.states.select(0), jacobian: product,
      jacobianError: Double(patterns.count) * roundoff(units) * norms,
      residual: solution.residuals.maxMagnitude(), certificate: certificate,
      index: try certificate.index(of: cyclic), isOnBorder: border, starts: starts, context)
  }
}
