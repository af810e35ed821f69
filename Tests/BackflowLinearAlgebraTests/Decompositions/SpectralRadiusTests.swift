import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import Foundation
import TestSupport
import Testing

/// Matrices whose largest eigenvalue the Arnoldi iteration finds.
@Suite struct `The spectral radius by the Arnoldi iteration` {
  private let found: [RadiusMethod] = [.arnoldi, .arnoldi]

  @Test(arguments: [192, 193, 256, 300, 384, 400, 513], [1, 2, 3] as [UInt64])
  func `of a Gaussian matrix is that of all eigenvalues`(order: Int, seed: UInt64) throws {
    #expect(try checkRadius(gaussian(order, seed: seed)) == found)
  }

  @Test func `of larger Gaussian matrices is that of all eigenvalues`() throws {
    #expect(try checkRadius(gaussian(800)) == found)
    #expect(try checkRadius(gaussian(1100)) == found)
  }

  /// The Jacobian of a recurrence with some units near saturation.
  @Test(arguments: [200, 300, 512])
  func `of a Gaussian matrix with scaled rows is that of all eigenvalues`(order: Int) throws {
    var matrix = gaussian(order)
    let states: Tensor<Double> = randomMatrix([order], seed: 7)
    for row in 0..<order {
      let slope = 1 - pow(tanh(states[row]), 2)
      for column in 0..<order { matrix[row, column] *= slope }
    }
    try checkRadius(matrix)
  }

  /// Σ c_j ω^(jk) for the first row c (Davis, "Circulant Matrices", 1979).
  @Test(arguments: [200, 256, 400])
  func `of a circulant matrix is the largest Fourier coefficient`(order: Int) throws {
    let row: Tensor<Double> = randomMatrix([order])
    var matrix = Tensor<Double>.zeros([order, order])
    for i in 0..<order {
      for j in 0..<order { matrix[i, (i + j) % order] = row[j] }
    }
    let moduli = (0..<order).map { k in
      (0..<order).reduce(ComplexDouble.zero) {
        $0 + root($1 * k % order, of: order).multiplied(by: row[$1])
      }.length
    }
    #expect(try checkRadius(matrix, moduli.max()).last == .arnoldi)
  }

  /// All singular values but one are equal.
  @Test(arguments: [192, 256, 512])
  func `of a reflection of which one eigenvalue is larger is this eigenvalue`(order: Int) throws {
    var signs = Tensor<Double>.identity(order)
    for index in 1..<order where index.isMultiple(of: 2) { signs[index, index] = -1 }
    signs[0, 0] = 2
    #expect(try checkRadius(try rotated(signs), 2).last == .arnoldi)
  }

  @Test(arguments: [192, 256, 600])
  func `of a stochastic matrix is 1`(order: Int) throws {
    var random = RandomSource(seed: 2)
    var matrix: Tensor<Double> = random.uniform([order, order])
    for row in 0..<order {
      let sum = (0..<order).reduce(0) { $0 + matrix[row, $1] }
      for column in 0..<order { matrix[row, column] /= sum }
    }
    let radius = try SpectralRadius(of: matrix)
    #expect(RadiusMethod(radius.method) == .arnoldi)
    expectClose([radius.value], [1], Tolerance(Double.self, length: order, scale: 1))
  }

  @Test func `of a matrix of rank one is |vᵀu|`() throws {
    var count = 0
    for seed in 1...6 as ClosedRange<UInt64> {
      var random = RandomSource(seed: seed)
      let u: Tensor<Double> = random.uniform([256], in: 0.5..<1.5)
      let v: Tensor<Double> = random.uniform([256], in: 0.5..<1.5)
      let radius = try SpectralRadius(of: outer(u, v))
      expectClose([radius.value], [dot(u, v)], Tolerance(Double.self, length: 256, scale: 256))
      #expect(radius.productCount < 10)
      if RadiusMethod(radius.method) == .arnoldi { count += 1 }
    }
    // The basis ends with the second vector, whose error is large if the first is nearly
    // orthogonal to v.
    #expect(count >= 4)
  }

  @Test(arguments: [256, 400], [1.0, -1.0])
  func `of a normal matrix with decaying eigenvalues is exact`(order: Int, sign: Double) throws {
    let diagonal = Tensor<Double>((0..<order).map { sign * pow(0.95, Double($0)) })
    for value in [2, 3] as [UInt64] {
      let matrix = try rotated(.diagonal(diagonal), seed: value)
      #expect(try checkRadius(matrix, 1).last == .arnoldi)
    }
  }

  @Test(arguments: [0.1, 1, 2.5])
  func `of a matrix with a pair outside a disk is the modulus of the pair`(angle: Double) throws {
    let small = blockDiagonal([gaussian(298) * 0.9, rotation(1.2, angle)])
    #expect(try checkRadius(small, 1.2) == found)
    #expect(try checkRadius(try rotated(small), nil) == found)
  }

  @Test func `scales exactly with powers of two`() throws {
    let matrix = gaussian(256)
    let radius = try spectralRadius(of: matrix)
    for exponent in [-90, -40, -5, -1, 1, 5, 40, 90] {
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      let scaled = try SpectralRadius(of: matrix * factor)
      #expect(scaled.value == radius * factor && RadiusMethod(scaled.method) == .arnoldi)
    }
    for exponent in [-300, 300] {
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      let scaled = try SpectralRadius(of: matrix * factor)
      #expect(scaled.method == .allEigenvalues(.unbalanced))
      expectClose(
        [scaled.value / factor], [radius], Tolerance(Double.self, length: 256, scale: 16))
    }
  }

  @Test(arguments: [1, 2])
  func `has the same bits every time`(threads: Int) throws {
    let matrix = gaussian(512)
    try Threads.withCount(threads) {
      let first = try SpectralRadius(of: matrix)
      for _ in 0..<3 {
        let next = try SpectralRadius(of: matrix)
        #expect(
          first.value == next.value && first.method == next.method
            && first.productCount == next.productCount)
      }
    }
  }
}
