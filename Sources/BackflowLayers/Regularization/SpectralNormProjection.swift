public import BackflowKernels
public import BackflowLinearAlgebra

/// Limits the spectral norm of recurrent weights after each update: a matrix whose largest singular
/// value exceeds the limit is scaled to it.
///
///     W ← W · min(1, limit/σ_max(W))
///
///     var projection = SpectralNormProjection<Float>(limit: 1)
///     …
///     optimizer.update(&rnn, along: gradients)
///     try projection.apply(to: &rnn)
///
/// With a limit below 1/γ, where γ is the largest slope of the nonlinearity (1 for tanh and ReLU),
/// every step of a vanilla network is a contraction, and no gradient can explode. (Miller and
/// Hardt, "Stable recurrent models", ICLR 2019.)
///
/// The norm is bounded from above by a certificate rather than estimated: if b²I − WᵀW has a
/// Cholesky decomposition, it is positive definite, and σ_max(W) < b. The bound b is 0.1 % above
/// the result of a power iteration that starts from the vector of the last call. If it is too low,
/// the singular values are computed. A scaled matrix thus has a norm in 0.999·limit ... limit,
/// where the rounding of its elements is accounted for.
public struct SpectralNormProjection<Scalar: RealScalar>: Sendable {
  /// The largest singular value that is left as it is.
  public let limit: Double
  /// The dominant right singular vector of each matrix at the last call, [n].
  private var directions: [String: Tensor<Double>] = [:]

  /// A projection to this limit.
  ///
  /// - Precondition: The limit is positive and finite.
  public init(limit: Double) {
    SettingRange.positive.check(limit, "the limit", of: "SpectralNormProjection", in: Scalar.self)
    self.limit = limit
  }

  /// Limits the norm of W_hh of every layer and direction, separately for each gate, [H, H].
  ///
  /// - Returns: The smallest factor by which a matrix was scaled; 1 if none was.
  /// - Throws: `LAPACKError` if a weight is not finite. The weights before it have been scaled.
  /// - Complexity: 2·H³ flops for each gate; see `apply(to:named:)`.
  @discardableResult
  public mutating func apply<Cell: RecurrentCell<Scalar>>(
    to network: inout Recurrent<Cell>
  ) throws(LAPACKError) -> Double {
    var least = 1.0
    for layer in network.cells.indices {
      for direction in network.cells[layer].indices {
        let name = "l\(layer)" + (direction == 1 ? "_reverse" : "")
        least = min(
          least, try apply(to: &network.cells[layer][direction].weights, named: name))
      }
    }
    return least
  }

  private mutating func apply(
    to weights: inout GateWeights<Scalar>, named name: String
  ) throws(LAPACKError) -> Double {
    let size = weights.hiddenSize
    var least = 1.0
    for gate in 0..<weights.recurrent.shape[0] / max(1, size) {
      var block = weights.recurrent(gate: gate)
      let factor = try apply(to: &block, named: "\(name).\(gate)")
      if factor < 1 { weights.recurrent[gate * size..<(gate + 1) * size] = block }
      least = min(least, factor)
    }
    return least
  }

  /// Limits the norm of a matrix, [m, n].
  ///
  /// - Parameters:
  ///   - matrix: The matrix.
  ///   - name: A name under which the projection keeps a vector for the next call.
  /// - Returns: The factor by which the matrix was scaled, or 1.
  /// - Throws: `LAPACKError` if an element is not finite. Nothing is changed then.
  /// - Precondition: The tensor has rank 2.
  /// - Complexity: 2·m·n² + n³/3 flops, and the singular values where the power iteration is too
  ///   inaccurate, as in a first call.
  @discardableResult
  public mutating func apply(
    to matrix: inout Tensor<Scalar>, named name: String
  ) throws(LAPACKError) -> Double {
    require(matrix.rank == 2, "SpectralNormProjection: shape \(matrix.shape) instead of [m, n]")
    let size = Double(matrix.maxMagnitude())
    guard matrix.count > 0, size != 0 || !matrix.isFinite else { return 1 }
    // Squares of the scaled elements cannot overflow.
    var norm = BoundedNorm(of: Tensor<Double>(matrix) / size, from: directions[name])
    let bound = try norm.upperBound(unlessBelow: limit / size)
    directions[name] = norm.direction
    guard let bound else { return 1 }
    // Rounded elements change the norm by at most √n u σ_max.
    let margin = Double(matrix.shape[1]).squareRoot() * Double(Scalar.ulpOfOne)
    let factor = limit / size / bound * (1 - 2 * margin)
    matrix *= Scalar(factor)
    return factor
  }
}

/// A certified upper bound of σ_max(A).
private struct BoundedNorm {
  private let matrix: Tensor<Double>
  /// AᵀA, [n, n]
  private let gram: Tensor<Double>
  /// The approximate right singular vector, [n].
  private(set) var direction: Tensor<Double>

  init(of matrix: Tensor<Double>, from start: Tensor<Double>?) {
    self.matrix = matrix
    gram = matmul(matrix.transposed, matrix)
    let n = matrix.shape[1]
    direction = start.flatMap { $0.count == n ? $0 : nil } ?? Self.randomDirection(n)
  }

  private static func randomDirection(_ n: Int) -> Tensor<Double> {
    var random = RandomSource(seed: UInt64(n))
    let draw: Tensor<Double> = random.normal([n])
    return draw / draw.norm()
  }

  /// Returns an upper bound of σ_max, at most 0.1 % above it, or `nil` if σ_max is at most `limit`.
  mutating func upperBound(unlessBelow limit: Double) throws(LAPACKError) -> Double? {
    let estimate = powerIteration(steps: 8)
    if estimate <= limit, isBelow(limit) { return nil }
    let bound = max(limit, estimate * 1.001)
    if bound > limit, isBelow(bound) { return bound }
    let exact = try singularValues(of: matrix)[0]
    return exact > limit ? exact : nil
  }

  /// Returns ‖A v‖ for the last v, a lower bound of σ_max.
  private mutating func powerIteration(steps: Int) -> Double {
    var square = 0.0
    for _ in 0..<steps {
      let product = matvec(gram, direction)
      square = dot(direction, product)
      let length = product.norm()
      guard length > 0, length.isFinite else { break }
      direction = product / length
    }
    return max(0, square).squareRoot()
  }

  /// Whether σ_max < bound for certain, within n² roundings.
  private func isBelow(_ bound: Double) -> Bool {
    let n = gram.shape[0]
    let square = bound * bound * (1 - 4 * Double(n * n) * .ulpOfOne)
    let difference = Tensor<Double>.diagonal(Tensor(repeating: square, shape: [n])) - gram
    return (try? CholeskyDecomposition(of: difference)) != nil
  }
}
