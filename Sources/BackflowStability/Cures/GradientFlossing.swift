public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra
internal import RealModule

/// Gradient flossing: a loss that draws the leading Lyapunov exponents of a cell toward zero, so
/// that gradients neither vanish nor explode along them (Engelken, "Gradient flossing: improving
/// gradient descent through dynamic control of Jacobians", NeurIPS 2023),
///
///     L = 1/k Σ_i λ_i²,   λ_i = 1/T Σ_t ln (R_t)_ii,   Q_t R_t = J_t Q_{t−1}
///
/// and its gradient with respect to all parameters of the cell:
///
///     let flossing = try GradientFlossing(along: trajectory, exponents: 8, using: &random)
///     optimizer.update(&cell, along: flossing.gradients)
///
/// The paper averages the loss, and with it the gradient, over a batch of sequences.
///
/// The gradient is propagated back through the QR decompositions and the products with J_t. It
/// needs derivatives of the numbers v̄ᵀ J u, and these are directional derivatives of the cell's
/// own backward pass,
///
///     ∂/∂θ (v̄ᵀ J(s, θ) u) = d/dε ∇_θ (v̄ᵀ F(s + ε u, θ)) at ε = 0
///
/// and likewise for ∂/∂s, because J u = d/dε F(s + ε u). They are computed as central differences,
/// for all vectors of a step in one batch, so that a cell needs no second derivative. The relative
/// error is of the order of 1e-10, times the largest of 1/R_ii. For a ReLU, the step is shortened
/// until no unit changes its side, because the second derivative is zero almost everywhere.
public struct GradientFlossing<Cell: RecurrentCell<Double>>: Sendable {
  /// λ_1 … λ_k, in nats per step.
  public let exponents: [Double]
  /// The mean of λ_i².
  public let loss: Double
  /// The gradient of the loss with respect to the parameters of the cell.
  public let gradients: Cell

  /// Computes the loss and its gradient along a trajectory.
  ///
  /// The state before the first step and the initial basis count as constants.
  ///
  /// - Parameters:
  ///   - trajectory: The trajectory of the cell.
  ///   - count: k, the number of exponents.
  ///   - basis: Q before the first step, [S, k] with independent columns, or `nil` for a random
  ///     one.
  ///   - basisTransient: The number of steps at the start that turn the basis and are not averaged.
  ///   - throughStates: Whether the gradient includes the dependence of the states on the
  ///     parameters, which grows like exp(λ_1 T) if λ_1 > 0. Without it, the states count as
  ///     constants.
  ///   - random: The source of a random basis.
  /// - Precondition: The basis has shape [S, k], and the transient is shorter than the trajectory.
  /// - Throws: `CureError` if k is not in 1 ... S, a Jacobian is not finite, or an exponent is −∞.
  /// - Complexity: O(k·G·H² + k²·S) for each step, about five times that of the exponents. The
  ///   memory is O(T·(G·H + k·S)).
  public init(
    along trajectory: Trajectory<CellRecurrence<Cell>>, exponents count: Int,
    basis: Tensor<Double>? = nil, basisTransient: Int = 0, throughStates: Bool = true,
    using random: inout RandomSource
  ) throws(CureError) {
    let recurrence = trajectory.recurrence
    let (size, steps) = (recurrence.stateSize, trajectory.steps)
    guard (1...max(1, size)).contains(count), size > 0 else {
      throw .stability(.exponentCount(count, stateSize: size))
    }
    require(
      (0..<steps.count).contains(basisTransient),
      "GradientFlossing: a transient of \(basisTransient) of \(steps.count) steps")
    let first: Tensor<Double> = basis ?? random.normal([size, count])
    require(
      first.shape == [size, count],
      "GradientFlossing: a basis \(first.shape) instead of [\(size), \(count)]")
    let forward = try FlossingForward(
      recurrence, steps, from: trajectory.start, basis: first, transient: basisTransient)
    exponents = forward.exponents
    loss = exponents.reduce(0) { $0 + $1 * $1 } / Double(count)
    gradients = try forward.gradients(of: recurrence, throughStates: throughStates)
  }
}

/// The decompositions of a trajectory, which the backward pass reads.
private struct FlossingForward {
  private struct Step {
    let number: Int
    /// s_{t−1}, [S].
    let before: Tensor<Double>
    let derivative: any StateDerivative
    /// Q_{t−1}, [S, k].
    let basis: Tensor<Double>
    /// Q_t R_t = J_t Q_{t−1}.
    let decomposition: QRDecomposition<Double>
  }

  private var steps: [Step] = []
  private let transient: Int
  /// λ_1 … λ_k.
  private(set) var exponents: [Double]

  init<Cell: RecurrentCell<Double>>(
    _ recurrence: CellRecurrence<Cell>, _ range: Range<Int>, from start: Tensor<Double>,
    basis first: Tensor<Double>, transient: Int
  ) throws(CureError) {
    self.transient = transient
    let count = first.shape[1]
    exponents = Array(repeating: 0, count: count)
    var basis = try decompose(first).q
    var state = start
    for (index, step) in recurrence.linearize(range, from: start).enumerated() {
      let decomposition = try decompose(step.derivative.multiply(basis))
      let diagonal = (0..<count).map { decomposition.r[$0, $0] }
      guard diagonal.allSatisfy({ $0 > 0 }) else {
        throw .singularStep(range.lowerBound + index)
      }
      if index >= transient {
        for i in 0..<count { exponents[i] += Double.log(diagonal[i]) }
      }
      steps.append(
        Step(
          number: range.lowerBound + index, before: state, derivative: step.derivative,
          basis: basis, decomposition: decomposition))
      (basis, state) = (decomposition.q, step.state)
    }
    for i in 0..<count { exponents[i] /= Double(range.count - transient) }
  }

  /// Returns ∂L/∂θ.
  func gradients<Cell: RecurrentCell<Double>>(
    of recurrence: CellRecurrence<Cell>, throughStates: Bool
  ) throws(CureError) -> Cell {
    let count = exponents.count
    // ∂L/∂λ_i · ∂λ_i/∂ ln R_ii
    let scale = 2 / Double(count) / Double(steps.count - transient)
    let weights = Tensor(exponents.map { $0 * scale })
    var gradients = recurrence.cell.zeroed
    var basisGradient = Tensor<Double>.zeros([recurrence.stateSize, count])
    var stateGradient = Tensor<Double>.zeros([recurrence.stateSize])
    for (index, step) in steps.enumerated().reversed() {
      let product = try pullBackDecomposition(
        step.decomposition, basisGradient,
        logDiagonal: index >= transient ? weights : .zeros([count]))
      let batch = SecondOrderStep(
        recurrence, step.number, at: step.before, directions: step.basis, gradients: product,
        stateGradient: stateGradient)
      gradients.visitParameters(with: batch.parameters) { $1.add($2) }
      if throughStates { stateGradient = batch.state }
      basisGradient = step.derivative.multiplyTransposed(product)
    }
    return gradients
  }
}

private func decompose(_ matrix: Tensor<Double>) throws(CureError) -> QRDecomposition<Double> {
  do {
    return try QRDecomposition(of: matrix, positiveDiagonal: true)
  } catch {
    throw .stability(.linearAlgebra(error))
  }
}

/// Returns the gradient with respect to Z = Q R, [S, k], from those with respect to Q and ln R_ii:
///
///     Z̄ = (Q̄ + Q M) R⁻ᵀ,   M = the symmetric matrix with the lower triangle of diag(w) − Q̄ᵀ Q
///
/// (Roberts and Roberts, "QR and LQ decomposition matrix backpropagation algorithms", arXiv
/// 2009.10071, 2020, with R̄ = diag(w_i/R_ii), so that R R̄ᵀ is upper triangular with the
/// diagonal w.)
private func pullBackDecomposition(
  _ decomposition: QRDecomposition<Double>, _ basisGradient: Tensor<Double>,
  logDiagonal weights: Tensor<Double>
) throws(CureError) -> Tensor<Double> {
  let (q, r) = (decomposition.q, decomposition.r)
  var m = Tensor.diagonal(weights) - matmul(basisGradient.transposed, q)
  for row in 0..<m.shape[0] {
    for column in row + 1..<max(row + 1, m.shape[1]) { m[row, column] = m[column, row] }
  }
  do {
    return try solve(r, (basisGradient + matmul(q, m)).transpose()).transpose()
  } catch {
    throw .stability(.linearAlgebra(error))
  }
}

/// The derivatives of Σ_j v̄_jᵀ J(s, θ) u_j + s̄ᵀ F(s, θ) for one step of a cell, from one forward
/// and one backward pass of a batch: the rows s + ε u_j, s − ε u_j and s, with the gradients
/// v̄_j/2ε, −v̄_j/2ε and s̄.
private struct SecondOrderStep<Cell: RecurrentCell<Double>> {
  /// With respect to θ.
  let parameters: Cell
  /// With respect to s, [S].
  let state: Tensor<Double>

  init(
    _ recurrence: CellRecurrence<Cell>, _ step: Int, at state: Tensor<Double>,
    directions: Tensor<Double>, gradients: Tensor<Double>, stateGradient: Tensor<Double>
  ) {
    let (cell, count) = (recurrence.cell, directions.shape[1])
    let batch = 2 * count + 1
    let input = recurrence.inputs(step..<step + 1, batch: batch)
    // Balances the truncation, of the order ε², and the rounding, of the order ulp/ε.
    let longest = Double.root(.ulpOfOne, 3) * max(1, state.maxMagnitude())
    var lengths = Array(repeating: longest, count: count)
    var cache: Cell.Cache
    repeat {
      let steps = (directions * Tensor(lengths)).transpose()
      let rows = Tensor.concatenate([
        steps + state, state - steps, state.reshaped(to: [1, state.count]),
      ])
      cache =
        cell.forward(
          input, from: Cell.State(rows: rows), active: .all(time: 1, batch: batch)
        ).cache
    } while shorten(&lengths, cell, cache)
    let scaled = (gradients / Tensor(lengths.map { 2 * $0 })).transpose()
    let rows = Tensor.concatenate([
      scaled, -scaled, stateGradient.reshaped(to: [1, state.count]),
    ])
    let backward = cell.backward(
      .zeros([1, batch, cell.hiddenSize]), finalStateGradient: Cell.State(rows: rows), cache)
    parameters = backward.gradients
    self.state = backward.initialStateGradient.rows.sum(axis: 0)
  }
}

/// Shortens the steps over which a ReLU changes its side, and returns whether there are any.
private func shorten<Cell: RecurrentCell<Double>>(
  _ lengths: inout [Double], _ cell: Cell, _ cache: Cell.Cache
) -> Bool {
  guard case .leaky(.relu, _) = cell.equations else { return false }
  let outputs = cache.gates.select(0)
  var isShortened = false
  for index in lengths.indices where lengths[index] > 1e-12 {
    let (forward, backward) = (outputs.select(index), outputs.select(lengths.count + index))
    let crosses = zip(forward.elements, backward.elements).contains { ($0 > 0) != ($1 > 0) }
    guard crosses else { continue }
    lengths[index] /= 10
    isShortened = true
  }
  return isShortened
}

extension Parameterized {
  /// The same parameters, all zero.
  fileprivate var zeroed: Self {
    var copy = self
    copy.visitParameters { $1 = .zeros($1.shape) }
    return copy
  }
}
