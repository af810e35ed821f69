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

  /// Returns a, [H].
  func preactivation(_ state: Tensor<Double>) -> Tensor<Double> { matvec(weight, state) + bias }

  /// Returns F(h) for these pre-activations, [H].
  func next(_ state: Tensor<Double>, _ preactivation: Tensor<Double>) -> Tensor<Double> {
    state * (1 - leak) + relu(preactivation) * leak
  }

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

/// The solution of a sequence of linear regions: the point that the maps of the regions, one after
/// another, return to itself.
struct RegionSolution: Sendable {
  /// h_0, …, h_{k−1}, [H] each, the trajectory of the map from the solution.
  let states: [Tensor<Double>]
  /// The active units of that trajectory, which are those of the regions if the solution is real.
  let patterns: [[Bool]]
  /// ‖F^k(h_0) − h_0‖₂
  let residual: Double
  /// The product of the Jacobians, [H, H].
  let jacobian: Tensor<Double>
  /// The smallest |a| of all units and steps.
  let margin: Double
  /// The rounding error of a, as far as it can be estimated: the signs are certain if `margin` is
  /// larger.
  let rounding: Double
  /// A bound of the growth ‖M_t ⋯ M_0‖ of a displacement of h_0 along the trajectory.
  let growth: Double

  /// Whether the solution is in other regions up to rounding.
  var isOnBorder: Bool { margin <= rounding }
}

extension PiecewiseLinearMap {
  /// The result of solving in given regions.
  enum Outcome {
    case solution(RegionSolution)
    /// An eigenvalue of the product of Jacobians is 1 up to rounding, and solutions exist.
    case singular
    case none
  }

  /// Solves (I − M) h = c for the map M h + c that the regions' maps compose:
  ///
  ///     M ← M_t M,   c ← M_t c + α D_t b,   M_t = (1 − α) I + α D_t W
  ///
  /// - Complexity: O(k·H³)
  func solve(_ regions: [[Bool]]) throws(LAPACKError) -> Outcome {
    var (map, growth) = (
      Tensor<Double>.concatenate([.identity(units), .zeros([units, 1])], axis: 1), 1.0
    )
    for region in regions {
      map = multiply(map, in: region)
      let shift = gains(region) * bias.reshaped(to: [units, 1])
      map.replaceSlice(
        units..<units + 1, axis: 1, with: map.slice(units..<units + 1, axis: 1) + shift)
      growth = max(growth, map.slice(0..<units, axis: 1).norm())
    }
    let jacobian = map.slice(0..<units, axis: 1)
    let constant = map.slice(units..<units + 1, axis: 1).flattened
    guard jacobian.isFinite, constant.isFinite else { return .none }
    let matrix = .identity(units) - jacobian
    let factors = try LUDecomposition(of: matrix)
    let reciprocal = factors.reciprocalConditionNumber
    let steps = Double(regions.count * (units + 2))
    if reciprocal <= steps * Double.ulpOfOne * growth {
      let least = try leastSquares(matrix, constant, rankTolerance: 1e-12)
      return least.residual.norm() <= 1e-10 * constant.norm() ? .singular : .none
    }
    guard var state = try? factors.solve(constant) else { return .none }
    // A step of iterative refinement with the map itself, if the regions are right.
    let first = trajectory(from: state, regions.count)
    if first.patterns == regions, let step = try? factors.solve(first.end - state) {
      state = state + step
    }
    let orbit = trajectory(from: state, regions.count)
    let size = orbit.states.reduce(state.maxMagnitude()) { max($0, $1.maxMagnitude()) }
    let unitRoundoff = Double.ulpOfOne / 2
    let residual = (orbit.end - state).norm()
    let inverse = 1 / (reciprocal * max(matrix.norm(), Double.leastNormalMagnitude))
    let error = growth * 4 * steps * unitRoundoff * max(1, inverse) * size
    return .solution(
      RegionSolution(
        states: orbit.states, patterns: orbit.patterns, residual: residual, jacobian: jacobian,
        margin: orbit.margin, rounding: error * max(1, largestRow), growth: growth))
  }

  /// Follows the map for k steps.
  func trajectory(
    from state: Tensor<Double>, _ count: Int
  ) -> (states: [Tensor<Double>], patterns: [[Bool]], margin: Double, end: Tensor<Double>) {
    var (state, states, patterns) = (state, [Tensor<Double>](), [[Bool]]())
    var margin = Double.infinity
    for _ in 0..<count {
      let a = preactivation(state)
      states.append(state)
      patterns.append(pattern(a))
      margin = min(margin, a.magnitude.min())
      state = next(state, a)
    }
    return (states, patterns, margin, state)
  }

  /// Returns a solution as a point of F^k, certified by L = 0 within its regions.
  func point(
    _ solution: RegionSolution, starts: Int, _ context: ModeContext
  ) throws(LAPACKError) -> FixedPoint {
    let border = solution.isOnBorder
    let distance =
      border ? 0 : (solution.margin - solution.rounding) / (largestRow * solution.growth)
    let certificate = try KantorovichCertificate(
      residual: solution.residual + roundingError(solution), jacobian: solution.jacobian,
      JacobianVariation(
        constant: 0, radius: distance.isNaN ? .infinity : distance, isProven: true))
    return try FixedPoint(
      state: solution.states[0], jacobian: solution.jacobian, residual: solution.residual,
      certificate: certificate, isOnBorder: border, starts: starts, context)
  }

  /// The rounding error of k steps from the solution.
  private func roundingError(_ solution: RegionSolution) -> Double {
    let size = solution.states.reduce(bias.norm()) { max($0, $1.norm()) }
    return Double(solution.states.count * (units + 2)) * Double.ulpOfOne / 2 * solution.growth
      * size
  }
}
