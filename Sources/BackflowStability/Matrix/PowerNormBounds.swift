internal import BackflowLinearAlgebra
internal import RealModule

/// Upper bounds of the norms of the powers of a matrix A, [n, n], from the computed norms, with all
/// rounding errors.
///
/// The computed power P_k = fl(P_{k−1}·A) has the error of its product, at most γ_n ‖P_{k−1}‖_F
/// ‖A‖_F with γ_n = n·u/(1 − n·u) (Higham, "Accuracy and Stability of Numerical Algorithms",
/// section 3.5), and every later power has it times a power of A. With ‖·‖_F ≤ √n ‖·‖₂,
///
///     ‖A^k‖ ≤ N_k = (1 + δ) ‖P_k‖ + n γ_n N_1 Σ_{j=2}^{k} N_{j−1} N_{k−j}
///
/// where δ is the relative error of the norm, from the product P_kᵀP_k and from LAPACK's
/// eigenvalues, whose error is taken to be at most 8·n·ε·‖P_kᵀP_k‖.
struct PowerNormBounds: Sendable {
  private let matrix: Tensor<Double>
  /// ln N_k for the first powers.
  private(set) var logBounds: [Double] = []

  /// 1 where A^`placesPower` may have an element other than zero, by the places of the zeros of A.
  private var places: Tensor<Double>
  private var placesPower = 1

  /// The bounds of no powers of A, or of a multiple of it.
  init(of matrix: Tensor<Double>) {
    self.matrix = matrix
    places = PowerNormBounds.pattern(matrix)
  }

  /// The bounds of all computed norms, given their logarithms.
  init(_ logNorms: [Double], of matrix: Tensor<Double>) {
    self.init(of: matrix)
    extend(to: logNorms)
  }

  /// n
  private var order: Double { Double(matrix.shape[0]) }

  /// u
  private static var roundoff: Double { Double.ulpOfOne / 2 }

  /// Adds the bounds of the norms that have none yet.
  ///
  /// - Complexity: O(k) for the kth norm, and 2·n³ flops for each power up to the first zero one.
  mutating func extend(to logNorms: [Double]) {
    let u = PowerNormBounds.roundoff
    let product = order * order * u / (1 - order * u)
    for k in logBounds.count..<max(logBounds.count, logNorms.count) {
      let isZero = logNorms[k] == -.infinity && isPowerZero(k)
      guard k > 0, !isZero else {
        logBounds.append(logNorms[k])
        continue
      }
      let logarithm = logNorms[k].isFinite ? 4 * (1 + logNorms[k].magnitude) : 0
      let relative = product + (16 * order + logarithm) * u
      let norm = logNorms[k] + relative
      // A itself is exact.
      guard k > 1 else {
        logBounds.append(norm)
        continue
      }
      let terms = (2...k).map { logBounds[$0 - 1] + logBounds[k - $0] }
      let largest = max(norm, terms.max() ?? norm)
      let sum = terms.reduce(0) { $0 + Double.exp($1 - largest) }
      // Twice, for the rounding of this sum and for products that underflow.
      let error = 2 * product * Double.exp(logBounds[1]) * sum
      logBounds.append(largest + Double.log(Double.exp(norm - largest) + error))
    }
  }

  /// Whether A^k is zero because of the places of the zeros of A, whatever the other elements.
  ///
  /// - Precondition: k does not decrease from one call to the next.
  private mutating func isPowerZero(_ k: Int) -> Bool {
    let factor = PowerNormBounds.pattern(matrix)
    // All powers after a zero one are zero.
    while placesPower < k && places.maxMagnitude() > 0 {
      places = PowerNormBounds.pattern(matmul(places, factor))
      placesPower += 1
    }
    return places.maxMagnitude() == 0
  }

  private static func pattern(_ a: Tensor<Double>) -> Tensor<Double> {
    Tensor(a.elements.map { $0 == 0 ? 0 : 1 }, shape: a.shape)
  }
}
