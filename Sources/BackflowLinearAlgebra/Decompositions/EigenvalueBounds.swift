package import BackflowKernels
package import ComplexModule
internal import RealModule

/// The eigenvalues of a square matrix with their condition numbers, and where the eigenvalues of matrices
/// near it lie.
package struct EigenvalueBounds: Sendable {
  /// The eigenvalues, ordered as by `eigenvalues(of:)`.
  package let values: [Complex<Double>]
  /// By how much a change of the matrix of norm 1 moves each eigenvalue, to first order: 1 for a normal
  /// matrix, infinite for a defective eigenvalue.
  package let conditions: [Double]
  private let balancedConditions: [Double]
  private let balancedNorm: Double

  /// About 30·n³ flops (LAPACK's geevx). Stops and throws as `EigenDecomposition` does.
  package init(of a: Tensor<Double>) throws(LAPACKError) {
    let order = a.squareOrder(for: "an eigenvalue problem")
    (values, conditions, balancedConditions, balancedNorm) = try LAPACK.geevx(
      valuesOf: a.span, order: order)
  }

  /// Between which figures the spectral radius of every matrix lies whose balanced form differs from this
  /// one's by at most `share` of its Frobenius norm.
  ///
  /// Their eigenvalues lie in discs about this one's, a connected group of k discs holding k of them. The
  /// radius of a disc is n·κ_i·‖E‖ (Bauer and Fike; Demmel, "Applied Numerical Linear Algebra", section 4.3),
  /// or, for all of them alike, max(θ, θ^(1/n)) with θ = ‖E‖ Σ_{k<n} Δᵏ and Δ² = ‖B‖_F² − Σ|λ|² (Henrici;
  /// Golub and Van Loan, "Matrix Computations", theorem 7.2.3), which is finite where an eigenvalue is
  /// defective and the matrix small. Both hold; the narrower figures are returned.
  package func spectralRadius(perturbedBy share: Double) -> ClosedRange<Double> {
    let perturbation = share * balancedNorm
    let first = bounds(balancedConditions.map { Double(values.count) * $0 * perturbation })
    let henrici = henriciRadius(perturbation)
    let second = bounds(values.map { _ in henrici })
    return max(first.lowerBound, second.lowerBound)...min(first.upperBound, second.upperBound)
  }

  /// The radius of the disc about each eigenvalue, the smaller of the two.
  package func radii(perturbedBy share: Double) -> [Double] {
    let perturbation = share * balancedNorm
    let henrici = henriciRadius(perturbation)
    return balancedConditions.map { min(Double(values.count) * $0 * perturbation, henrici) }
  }

  private func henriciRadius(_ perturbation: Double) -> Double {
    let moduli = values.reduce(0) { $0 + $1.lengthSquared }
    let departure = max(0, balancedNorm * balancedNorm - moduli).squareRoot()
    var (power, sum) = (1.0, 0.0)
    for _ in values where sum.isFinite {
      sum += power
      power *= departure
    }
    let theta = perturbation * sum
    let radius = max(theta, Double.pow(theta, 1 / Double(max(values.count, 1))))
    return radius.isNaN ? .infinity : radius
  }

  /// The least and the largest that the spectral radius is when every connected group of discs holds as many
  /// eigenvalues as discs.
  private func bounds(_ radii: [Double]) -> ClosedRange<Double> {
    var (lower, upper) = (0.0, 0.0)
    for group in groups(radii) {
      // One of the group's eigenvalues may be anywhere in it.
      lower = max(lower, group.map { values[$0].length - radii[$0] }.min() ?? 0)
      upper = max(upper, group.map { values[$0].length + radii[$0] }.max() ?? 0)
    }
    return lower...max(lower, upper)
  }

  /// The discs in groups that touch. O(n²)
  private func groups(_ radii: [Double]) -> [[Int]] {
    var remaining = Set(values.indices)
    var groups: [[Int]] = []
    while let seed = remaining.popFirst() {
      var group = [seed]
      var next = 0
      while next < group.count {
        let disc = group[next]
        let touched = remaining.filter {
          (values[$0] - values[disc]).length <= radii[$0] + radii[disc]
        }
        remaining.subtract(touched)
        group += touched
        next += 1
      }
      groups.append(group)
    }
    return groups
  }
}
