package import BackflowKernels
package import ComplexModule
internal import RealModule

/// The eigenvalues of a square matrix with their condition numbers, and bounds on the eigenvalues
/// of nearby matrices.
package struct EigenvalueBounds: Sendable {
  /// The eigenvalues, in no particular order, with conjugate pairs as in `eigenvalues(of:)`.
  package let values: [Complex<Double>]
  /// The condition number of each eigenvalue: its displacement, to first order, for a perturbation
  /// of the matrix of norm 1. It is 1 for a normal matrix and infinite for a defective eigenvalue.
  package let conditions: [Double]
  /// The real Schur form of the matrix, [n, n], if it was computed on the way.
  package let schurForm: Tensor<Double>?
  private let balancedConditions: [Double]
  private let balancedNorm: Double

  /// Computes the eigenvalues and their condition numbers.
  ///
  /// - Precondition: `a` is square.
  /// - Throws: `LAPACKError` if an entry is non-finite or the QR iteration fails.
  /// - Complexity: About 15·n³ flops (LAPACK's gehrd, hseqr, and trevc), or 30·n³ (geevx) if the
  ///   matrix has to be scaled first.
  package init(of a: Tensor<Double>) throws(LAPACKError) {
    let order = a.squareOrder(for: "an eigenvalue problem")
    // geevx also scales matrices whose elements are out of this range.
    let largest = a.maxMagnitude()
    if order > 0, largest == 0 || (0x1p-400...0x1p400).contains(largest),
      let (values, conditions, form) = try LAPACK.schurConditions(of: a.span, order: order)
    {
      (self.values, self.conditions, balancedConditions) = (values, conditions, conditions)
      let schurForm = Tensor(shape: [order, order], storage: form)
      (self.schurForm, balancedNorm) = (schurForm, schurForm.norm())
      return
    }
    schurForm = nil
    (values, conditions, balancedConditions, balancedNorm) = try LAPACK.geevx(
      valuesOf: a.span, order: order)
  }

  /// What is certain about one eigenvalue of the nearby matrices.
  package struct Location: Sendable {
    /// Its largest distance from the eigenvalue of this matrix.
    package var distance: Double
    /// Bounds on its modulus.
    package var leastModulus, largestModulus: Double
  }

  /// Returns where the eigenvalues are, one for each of `values`, of all matrices whose balanced
  /// form differs from that of this matrix by at most `share` of its Frobenius norm.
  ///
  /// The eigenvalues of such a matrix lie in disks about the eigenvalues of this one; a connected
  /// group of k disks contains k of them, and each may be anywhere in the group. The radius of a
  /// disk is n·κ_i·‖E‖ (Bauer and Fike; Demmel, "Applied Numerical Linear Algebra", section 4.3)
  /// or, for all disks, max(θ, θ^(1/n)) with θ = ‖E‖ Σ_{k<n} Δᵏ and Δ² = ‖B‖_F² − Σ|λ|² (Henrici;
  /// Golub and Van Loan, "Matrix Computations", theorem 7.2.3), which is finite for a defective
  /// eigenvalue and a small matrix. As the perturbation grows from 0, an eigenvalue moves from the
  /// center of its disk and remains in its group of both kinds, so that the tighter bounds hold.
  ///
  /// - Complexity: O(n²)
  package func locations(perturbedBy share: Double) -> [Location] {
    let perturbation = share * balancedNorm
    let first = locations(
      radii: balancedConditions.map { Double(values.count) * $0 * perturbation })
    let henrici = henriciRadius(perturbation)
    return zip(first, locations(radii: values.map { _ in henrici })).map { a, b in
      Location(
        distance: min(a.distance, b.distance), leastModulus: max(a.leastModulus, b.leastModulus),
        largestModulus: min(a.largestModulus, b.largestModulus))
    }
  }

  /// Returns bounds on the spectral radius of the same matrices.
  package func spectralRadius(perturbedBy share: Double) -> ClosedRange<Double> {
    let locations = locations(perturbedBy: share)
    let lower = locations.reduce(0) { max($0, $1.leastModulus) }
    return lower...locations.reduce(lower) { max($0, $1.largestModulus) }
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

  /// Returns the locations for disks of these radii.
  private func locations(radii: [Double]) -> [Location] {
    var result = values.map { _ in Location(distance: 0, leastModulus: 0, largestModulus: 0) }
    for group in groups(radii) {
      let least = group.map { values[$0].length - radii[$0] }.min() ?? 0
      let largest = group.map { values[$0].length + radii[$0] }.max() ?? 0
      for member in group {
        let distance = group.map { (values[$0] - values[member]).length + radii[$0] }.max() ?? 0
        result[member] = Location(
          distance: distance, leastModulus: max(0, least), largestModulus: largest)
      }
    }
    return result
  }

  /// Returns the connected groups of disks.
  ///
  /// - Complexity: O(n²)
  private func groups(_ radii: [Double]) -> [[Int]] {
    // An infinite radius may come with a center that overflows in differences.
    func touch(_ a: Int, _ b: Int) -> Bool {
      !((values[a] - values[b]).length > radii[a] + radii[b])
    }
    var remaining = Array(values.indices)
    var groups: [[Int]] = []
    while let seed = remaining.popLast() {
      var (group, next) = ([seed], 0)
      while next < group.count && !remaining.isEmpty {
        var apart: [Int] = []
        for other in remaining {
          if touch(other, group[next]) { group.append(other) } else { apart.append(other) }
        }
        remaining = apart
        next += 1
      }
      groups.append(group)
    }
    return groups
  }
}
