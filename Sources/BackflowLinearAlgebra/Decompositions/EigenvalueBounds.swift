package import BackflowKernels
package import ComplexModule
internal import RealModule

/// The eigenvalues of a square matrix with their condition numbers, and bounds on the eigenvalues
/// of nearby matrices.
package struct EigenvalueBounds: Sendable {
  /// The eigenvalues, in the order of `eigenvalues(of:)`.
  package let values: [Complex<Double>]
  /// The condition number of each eigenvalue: its displacement, to first order, for a perturbation
  /// of the matrix of norm 1. It is 1 for a normal matrix and infinite for a defective eigenvalue.
  package let conditions: [Double]
  private let balancedConditions: [Double]
  private let balancedNorm: Double

  /// Computes the eigenvalues and their condition numbers.
  ///
  /// - Precondition: `a` is square.
  /// - Throws: `LAPACKError` if an entry is non-finite or the QR iteration fails.
  /// - Complexity: About 30·n³ flops (LAPACK's geevx).
  package init(of a: Tensor<Double>) throws(LAPACKError) {
    let order = a.squareOrder(for: "an eigenvalue problem")
    (values, conditions, balancedConditions, balancedNorm) = try LAPACK.geevx(
      valuesOf: a.span, order: order)
  }

  /// Returns bounds on the spectral radius of all matrices whose balanced form differs from that of
  /// this matrix by at most `share` of its Frobenius norm.
  ///
  /// The eigenvalues of such a matrix lie in discs about the eigenvalues of this one; a connected
  /// group of k discs contains k of them. The radius of a disc is n·κ_i·‖E‖ (Bauer and Fike;
  /// Demmel, "Applied Numerical Linear Algebra", section 4.3) or, for all discs, max(θ, θ^(1/n))
  /// with θ = ‖E‖ Σ_{k<n} Δᵏ and Δ² = ‖B‖_F² − Σ|λ|² (Henrici; Golub and Van Loan, "Matrix
  /// Computations", theorem 7.2.3), which is finite for a defective eigenvalue and a small matrix.
  /// Both bounds hold; the intersection is returned.
  package func spectralRadius(perturbedBy share: Double) -> ClosedRange<Double> {
    let perturbation = share * balancedNorm
    let first = bounds(balancedConditions.map { Double(values.count) * $0 * perturbation })
    let henrici = henriciRadius(perturbation)
    let second = bounds(values.map { _ in henrici })
    return max(first.lowerBound, second.lowerBound)...min(first.upperBound, second.upperBound)
  }

  /// Returns the radius of the disc about each eigenvalue, the smaller of the two bounds.
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

  /// Returns bounds on the spectral radius, given that every connected group of discs contains as
  /// many eigenvalues as discs.
  private func bounds(_ radii: [Double]) -> ClosedRange<Double> {
    var (lower, upper) = (0.0, 0.0)
    for group in groups(radii) {
      // One eigenvalue of the group may be anywhere in it.
      lower = max(lower, group.map { values[$0].length - radii[$0] }.min() ?? 0)
      upper = max(upper, group.map { values[$0].length + radii[$0] }.max() ?? 0)
    }
    return lower...max(lower, upper)
  }

  /// Returns groups of discs that touch.
  ///
  /// - Complexity: O(n²)
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
