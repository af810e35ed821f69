import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import Foundation
import TestSupport
import Testing

/// The multishift iteration against closed forms, and against LAPACK's geevx in double precision.
/// A block of 75 rows or more is where it begins.
@Suite struct `The multishift iteration` {
  // MARK: Random matrices

  @Test(arguments: Array(1...12) + Array(74...80) + [128, 200, 300, 512])
  func `finds the eigenvalues of a Gaussian matrix`(order: Int) throws {
    try checkBoth(randomMatrix([order, order]))
  }

  @Test(arguments: [1, 2, 74, 75, 76, 77, 128, 200, 300, 512])
  func `finds the eigenvalues of an orthogonal matrix on the unit circle`(order: Int) throws {
    let q = try QRDecomposition(of: randomMatrix([order, order]) as Tensor<Double>).q
    for moduli in try checkBoth(q).map({ $0.map(\.length) }) {
      // The error of the elements in single precision is a part of the tolerance.
      expectClose(
        moduli, .init(repeating: 1, count: order), Tolerance(Float.self, length: order, scale: 1))
    }
    let moduli = try multishift(q).map(\.length)
    expectClose(
      moduli, .init(repeating: 1, count: order), Tolerance(Double.self, length: order, scale: 1))
  }

  /// The Jacobian of a recurrence with some units near saturation.
  @Test(arguments: [76, 80, 200, 300])
  func `finds the eigenvalues of a Gaussian matrix with scaled rows`(order: Int) throws {
    var matrix: Tensor<Double> = randomMatrix([order, order]) * (1 / Double(order).squareRoot())
    let states: Tensor<Double> = randomMatrix([order], seed: 7)
    for row in 0..<order {
      let slope = 1 - pow(tanh(states[row]), 2)
      for column in 0..<order { matrix[row, column] *= slope }
    }
    try checkBoth(matrix)
  }

  @Test(arguments: [76, 130, 300])
  func `finds the eigenvalues of a block triangular matrix`(order: Int) throws {
    let half = order / 3
    var matrix: Tensor<Double> = randomMatrix([order, order])
    for row in half..<order {
      for column in 0..<half { matrix[row, column] = 0 }
    }
    try checkBoth(matrix)
    // The first rows become the last, where balancing finds no zeros at the corner.
    let permutation = (0..<order).map { ($0 * 7 + 3) % order }
    try #require(Set(permutation).count == order)
    try checkBoth(permuted(matrix, permutation))
  }

  @Test(arguments: [76, 128, 300])
  func `finds real eigenvalues of a symmetric matrix`(order: Int) throws {
    let a: Tensor<Double> = randomMatrix([order, order])
    let symmetric = (a + a.transpose()) * 0.5
    let expected = try symmetricEigenvalues(of: symmetric).map { ComplexDouble($0) }
    try checkBoth(symmetric, expected)
    #expect(try multishift(symmetric).allSatisfy { $0.imaginary == 0 })
  }

  // MARK: Closed forms

  @Test(arguments: [75, 76, 100, 128, 300])
  func `finds the roots of unity from a cyclic permutation`(order: Int) throws {
    var cycle = Tensor<Double>.zeros([order, order])
    for row in 0..<order { cycle[row, (row + 1) % order] = 1 }
    let roots = (0..<order).map { root($0, of: order) }
    // Sweeps do not change it before the exceptional shifts.
    try checkBoth(cycle, roots)
    try checkBoth(cycle.transpose(), roots)
  }

  /// 1 + x + … + xⁿ = (xⁿ⁺¹ − 1)/(x − 1)
  @Test(arguments: [76, 77, 100, 200, 300])
  func `finds the roots of a polynomial from its companion matrix`(order: Int) throws {
    var companion = Tensor<Double>.zeros([order, order])
    for column in 0..<order { companion[0, column] = -1 }
    for row in 1..<order { companion[row, row - 1] = 1 }
    try checkBoth(companion, (1...order).map { root($0, of: order + 1) })
  }

  /// α + 2√(βγ) cos(kπ/(n + 1)) for β above and γ below the diagonal (Böttcher and Grudsky,
  /// "Spectral Properties of Banded Toeplitz Matrices", 2005, section 2.2). The matrix is
  /// normal for |β| = |γ|.
  @Test(arguments: [76, 128, 200], [(2.0, -1.0, -1.0), (0, 1, -1), (-1, -2, 2)])
  func `finds the eigenvalues of a tridiagonal Toeplitz matrix`(
    order: Int, band: (diagonal: Double, above: Double, below: Double)
  ) throws {
    let matrix = toeplitz(order, [-1: band.below, 0: band.diagonal, 1: band.above])
    let isReal = band.above * band.below > 0
    let expected = (1...order).map { k -> ComplexDouble in
      let size = 2 * band.above * cos(Double(k) * .pi / Double(order + 1))
      return isReal ? ComplexDouble(band.diagonal + size) : ComplexDouble(band.diagonal, size)
    }
    for values in try checkBoth(matrix, expected) {
      #expect(values.allSatisfy { ($0.imaginary == 0) == isReal })
    }
  }

  @Test(arguments: [76, 100, 300])
  func `finds exactly what is on the diagonal of a triangular matrix`(order: Int) throws {
    let zeros = Tensor<Double>.zeros([order, order])
    try checkExactly(zeros, 0)
    try checkExactly(.identity(order), 1)
    let jordan = toeplitz(order, [0: 0.5, 1: 1])
    try checkExactly(jordan, 0.5)
    try checkExactly(jordan.transpose(), 0.5)
    var nilpotent: Tensor<Double> = randomMatrix([order, order])
    for row in 0..<order {
      for column in 0...row { nilpotent[row, column] = 0 }
    }
    try checkExactly(nilpotent, 0)
    // Balancing restores the order of the rows.
    let permutation = (0..<order).map { ($0 * 7 + 3) % order }
    try #require(Set(permutation).count == order)
    try checkExactly(permuted(nilpotent, permutation), 0)
  }

  /// u·vᵀ has the eigenvalue u·v, and zeros that move by at most ‖E‖ times the norm
  /// ‖u‖‖v‖/|u·v| of the projection I − u·vᵀ/(u·v) to their space.
  @Test(arguments: [76, 100, 300])
  func `finds the eigenvalue of a matrix of rank one`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let u: Tensor<Double> = randomMatrix([order], seed: 3)
      let ones = Tensor<Double>.ones([order])
      for (u, v) in [(u, u + randomMatrix([order], seed: 4)), (ones, ones)] {
        let product = zip(u.elements, v.elements).reduce(0) { $0 + $1.0 * $1.1 }
        let condition = u.norm() * v.norm() / product.magnitude
        let error = backwardError(S.self, order: order, norm: u.norm() * v.norm())
        expectSameEigenvalues(
          try multishift(Tensor<S>(outer(u, v))),
          [ComplexDouble(product)] + .init(repeating: .zero, count: order - 1),
          Tolerance(condition * error, scale: product.magnitude))
      }
    }
  }

  /// A perturbation e moves the eigenvalues of a Jordan block of order k by |e|^(1/k) (Wilkinson,
  /// "The Algebraic Eigenvalue Problem", chapter 2).
  @Test(arguments: [26, 40]) func `finds defective eigenvalues up to the cube root`(blocks: Int)
    throws
  {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let order = 3 * blocks
      var jordan = Tensor<Double>.zeros([order, order])
      for row in 0..<order {
        jordan[row, row] = Double(row / 3 + 1)
        if row % 3 < 2 { jordan[row, row + 1] = 1 }
      }
      let q = try QRDecomposition(of: randomMatrix([order, order]) as Tensor<Double>).q
      let a = Tensor<S>(matmul(matmul(q, jordan), q.transpose()))
      let rounding = backwardError(S.self, order: order, norm: a.scale)
      expectSameEigenvalues(
        try multishift(a), (0..<order).map { ComplexDouble(jordan[$0, $0]) },
        Tolerance(2 * pow(rounding, 1.0 / 3), scale: 1))
    }
  }

  // MARK: Far from normal

  /// Rounding moves the eigenvalues of Grcar's matrix by 1e-1, but each of them is an eigenvalue of
  /// a matrix that differs by rounding: σ_min(A − λI) is of its size.
  @Test(arguments: [76, 100, 150])
  func `finds eigenvalues of a matrix near that of Grcar`(order: Int) throws {
    let grcar = toeplitz(order, [-1: -1, 0: 1, 1: 1, 2: 1, 3: 1])
    let values = try multishift(grcar)
    expectTraces(values, grcar)
    let rounding = backwardError(Double.self, order: order, norm: grcar.scale)
    for index in stride(from: 0, to: order, by: order / 5) {
      // The real form of A − λI.
      let (real, imaginary) = (values[index].real, values[index].imaginary)
      var shifted = Tensor<Double>.zeros([2 * order, 2 * order])
      for row in 0..<order {
        for column in 0..<order {
          let element = grcar[row, column] - (row == column ? real : 0)
          shifted[row, column] = element
          shifted[order + row, order + column] = element
        }
        (shifted[row, order + row], shifted[order + row, row]) = (imaginary, -imaginary)
      }
      let smallest = try singularValues(of: shifted).last
      #expect(try #require(smallest) <= rounding)
    }
    if order == 100 {
      // The value to 60 digits. See `NonNormalSpectrumTests` on its accuracy.
      expectClose(
        [try #require(values.map(\.length).max())], [2.26292563566076], Tolerance(1e-5, scale: 2))
    }
  }

  // The eigenvalues of Frank's matrix are real and positive, and the small ones very sensitive.
  @Test(arguments: [76, 120]) func `keeps the traces of Frank's matrix`(order: Int) throws {
    var frank = Tensor<Double>.zeros([order, order])
    for row in 0..<order {
      for column in max(row - 1, 0)..<order {
        frank[row, column] = Double(order - max(row, column))
      }
    }
    expectTraces(try multishift(frank), frank)
    expectTraces(try multishift(Tensor<Float>(frank)), Tensor<Float>(frank))
  }

  // MARK: Scales

  @Test(arguments: [76, 130], [1e150, 1e-150, 1e300, 1e-300])
  func `scales with the matrix in double precision`(order: Int, scale: Double) throws {
    try checkScaled(Double.self, order, scale)
  }

  @Test(arguments: [76, 130], [1e30, 1e-30, 1e35, 1e-35] as [Float])
  func `scales with the matrix in single precision`(order: Int, scale: Float) throws {
    try checkScaled(Float.self, order, scale)
  }

  private func checkScaled<S: RealScalar>(_: S.Type, _ order: Int, _ scale: S) throws {
    let a: Tensor<S> = randomMatrix([order, order])
    let rescaled = try multishift(a * scale).map { value in
      ComplexDouble(value.real / Double(scale), value.imaginary / Double(scale))
    }
    try expectSpectrum(rescaled, of: a)
  }

  /// D⁻¹·A·D with powers of two has the eigenvalues of A, but rounding relative to its norm would
  /// leave nothing of them.
  @Test(arguments: [76, 130, 300]) func `balances rows and columns`(order: Int) throws {
    try check(Double.self, 24)
    try check(Float.self, 12)

    func check<S: RealScalar>(_: S.Type, _ range: Int) throws {
      let a: Tensor<S> = randomMatrix([order, order])
      var scaled = a
      for row in 0..<order {
        for column in 0..<order {
          let power = (column * 5) % (2 * range + 1) - (row * 5) % (2 * range + 1)
          scaled[row, column] *= S(pow(2, Double(power)))
        }
      }
      try expectSpectrum(try multishift(scaled), of: a)
    }
  }

  // MARK: The end of the iteration

  @Test(arguments: [0, 1, 5]) func `leaves the rest to lahqr after a limit`(limit: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix([200, 200])
      let values = try LAPACK.multishiftEigenvalues(of: a.span, order: 200, stepLimit: limit)
      try expectSpectrum(values.map(\.exact), of: a)
    }
  }

  @Test(arguments: [76, 130, 300]) func `gives the same bits again`(order: Int) throws {
    let a: Tensor<Float> = randomMatrix([order, order])
    #expect(try multishift(a) == multishift(a))
    let b: Tensor<Double> = randomMatrix([order, order])
    #expect(try multishift(b) == multishift(b))
  }

  @Test(arguments: [75, 76])
  func `is what computes the eigenvalues of large matrices`(order: Int) throws {
    let a: Tensor<Double> = randomMatrix([order, order])
    let plain = try LAPACK.geev(plainValuesOf: a.span, order: order)
    let own = try LAPACK.multishiftEigenvalues(of: a.span, order: order)
    #expect(LAPACK.leastMultishiftOrder == 76)
    #expect(try eigenvalues(of: a) == (order < 76 ? plain : own))
    try #require(order < 76 || plain != own)
  }

  @Test func `rejects entries that are not finite, and results that overflow`() {
    for (value, name) in [
      (Double.nan, LAPACKError.NonFiniteValue.nan), (.infinity, .positiveInfinity),
      (-.infinity, .negativeInfinity),
    ] {
      var a: Tensor<Double> = randomMatrix([80, 80])
      a[70, 2] = value
      #expect(
        throws: LAPACKError.nonFiniteEntry(of: "matrix", row: 70, column: 2, value: name)
      ) { try eigenvalues(of: a) }
    }
    let huge = Tensor<Double>(repeating: .greatestFiniteMagnitude, shape: [80, 80])
    #expect(throws: LAPACKError.overflow(routine: "geev")) { try eigenvalues(of: huge) }
    let single = Tensor<Float>(repeating: .greatestFiniteMagnitude, shape: [80, 80])
    #expect(throws: LAPACKError.overflow(routine: "geev")) { try eigenvalues(of: single) }
  }
}
