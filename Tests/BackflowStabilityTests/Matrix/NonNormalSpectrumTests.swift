import Backflow
import ComplexModule
import TestSupport
import Testing

/// Weights with sensitive, coinciding, or extreme eigenvalues.
@Suite struct `The spectrum of a weight that is not normal` {
  // ρ(Grcar(100)) = 2.26292563566076 to 60 digits. The computed eigenvalues of its transpose have
  // an error of 1 %.
  @Test func `of Grcar's matrix agrees in every routine`() throws {
    let matrix = grcar(100)
    let expected = 2.26292563566076
    for radius in [
      try spectralRadius(of: matrix),
      try EigenDecomposition(of: matrix).values.map(\.length).max() ?? 0,
      try Spectrum(of: matrix, slopeBound: 1).spectralRadius,
    ] {
      // A perturbation of the size of rounding moves this eigenvalue by 1e-1. It is accurate
      // because the matrix is already in Hessenberg form.
      expectClose([radius], [expected], Tolerance(1e-5, scale: expected))
    }
  }

  // The radius is 0.99688 at 2.27, and 1.0055 at 2.25; neither is known to two digits.
  @Test(arguments: [2.25, 2.27]) func `is undecided for Grcar's matrix`(divisor: Double) throws {
    let spectrum = try Spectrum(of: grcar(100) * (1 / divisor), slopeBound: 1)
    #expect(spectrum.isFarFromNormal)
    #expect(spectrum.explanation?.contains("far from normal") == true)
    #expect(spectrum.spectralRadiusBounds.contains(spectrum.spectralRadius))
    #expect(spectrum.verdict == .undecided)
    #expect(spectrum.growingCount == 0)
  }

  // σ_max = 0.81: no product of Jacobians grows, for any eigenvalues.
  @Test func `is decided if the largest singular value proves it`() throws {
    let spectrum = try Spectrum(of: grcar(100) * 0.25, slopeBound: 1)
    #expect(spectrum.verdict == .mustVanish && spectrum.isFarFromNormal)
    #expect(spectrum.explanation?.contains("may grow") == false)
  }

  @Test(arguments: [20, 60], [0.95, 1, 1.05])
  func `is undecided for a Jordan block`(size: Int, eigenvalue: Double) throws {
    let spectrum = try Spectrum(of: jordan(size, eigenvalue), slopeBound: 1)
    #expect(spectrum.verdict == .undecided)
    #expect(spectrum.explanation?.contains("far from normal") == true)
  }

  // Random upper triangular matrices after a rotation, whose spectral radius is the largest element
  // of the diagonal. To first order, rounding would move the eigenvalues by much less than it does.
  @Test(arguments: [1.0, 3, 10], 1...12 as ClosedRange<UInt64>)
  func `is never on the wrong side`(scale: Double, seed: UInt64) throws {
    let size = 40
    var random = RandomSource(seed: seed)
    var triangle: Tensor<Double> = random.normal([size, size]) * scale
    let diagonal: Tensor<Double> = random.uniform([size], in: -1..<1)
    for row in 0..<size {
      for column in 0...row { triangle[row, column] = row == column ? diagonal[row] : 0 }
    }
    let q = orthogonal(size, seed: seed)
    let weight = matmul(matmul(q, triangle), q.transposed)
    let radius = diagonal.maxMagnitude()
    for precision in [Double.ulpOfOne, 0x1p-23] {
      let stored = precision == 0x1p-23 ? Tensor<Double>(Tensor<Float>(weight)) : weight
      let spectrum = try Spectrum(of: stored, slopeBound: 1, precision: precision)
      #expect(spectrum.spectralRadiusBounds.contains(radius), "\(spectrum.spectralRadiusBounds)")
      #expect(spectrum.verdict != .mayExplode)
      #expect(spectrum.spectralRadiusBounds.upperBound <= spectrum.largestSingularValue * 1.01)
    }
  }

  // The condition of W, not that of the balanced matrix.
  @Test func `has the sensitivity of an eigenvalue to changes of the weight`() throws {
    let graded = try Spectrum(of: Tensor<Double>(rows: [[0, 1e8], [2.5e-9, 0]]), slopeBound: 1)
    expectClose([graded.eigenvalueConditions[0]], [1e8], Tolerance(1e3, scale: 1e8))
    #expect(graded.isFarFromNormal)
    let rotation = try Spectrum(of: orthogonal(9), slopeBound: 1)
    expectClose(
      rotation.eigenvalueConditions, .init(repeating: 1, count: 9), Tolerance(1e-9, scale: 1))
  }

  // A perturbation of 1e-14 moves a triple eigenvalue by at most its cube root, 2e-5.
  @Test func `is decided for a small Jordan block away from the limit`() throws {
    #expect(try Spectrum(of: jordan(3, 1.05), slopeBound: 1).verdict == .mayExplode)
    let small = try Spectrum(of: jordan(3, 0.95), slopeBound: 1)
    #expect(small.verdict == .undecided && small.spectralRadiusBounds.upperBound < 0.96)
  }

  // (W, γ) and (γW, 1) are equivalent.
  @Test(arguments: [1.0, 0.5, 0.25]) func `depends only on γW`(slope: Double) throws {
    let triangular = Tensor<Double>(rows: [[2, 4.8], [0, 2]])
    for matrix in [triangular, orthogonal(12) * 3.9, orthogonal(12) * 4.1, grcar(12), grcar(40)] {
      let steep = try Spectrum(of: matrix * 0.25, slopeBound: 1)
      let flat = try Spectrum(of: matrix * (0.25 / slope), slopeBound: slope)
      #expect(steep.verdict == flat.verdict)
      #expect(steep.growingCount == flat.growingCount)
    }
    // Under a sigmoid, every Jacobian is triangular with at most ½ on the diagonal, so that nothing
    // explodes.
    #expect(try Spectrum(of: triangular, slopeBound: 0.25).verdict == .undecided)
  }

  @Test func `keeps coinciding pairs together`() throws {
    let rotation: [[Double]] = [[0, -1], [1, 0]]
    var matrix = Tensor<Double>.zeros([8, 8])
    for block in 0..<3 {
      for row in 0..<2 {
        for column in 0..<2 { matrix[2 * block + row, 2 * block + column] = rotation[row][column] }
      }
    }
    (matrix[6, 6], matrix[7, 7]) = (1, -1)
    let values = try Spectrum(of: matrix, slopeBound: 1).eigenvalues
    var index = 0
    while index < values.count {
      if values[index].imaginary == 0 {
        index += 1
      } else {
        #expect(values[index].imaginary > 0 && values[index + 1] == values[index].conjugate)
        index += 2
      }
    }
  }

  @Test(arguments: [1e308, 1e-308, 1e200, 0x1p-1063])
  func `does not overflow, nor does a gradient`(scale: Double) throws {
    let matrix = Tensor<Double>(rows: [[0, -scale], [scale, 0]])
    let spectrum = try Spectrum(of: matrix, slopeBound: 1)
    expectUlps([spectrum.spectralRadius, spectrum.largestSingularValue], [scale, scale], ulps: 4)
    #expect(spectrum.verdict == (scale > 1 ? .mayExplode : .mustVanish))
    expectUlps([try spectralRadius(of: matrix)], [scale], ulps: 4)
    // The matrix of equal elements has 40 · scale as its only nonzero eigenvalue.
    var random = RandomSource(seed: 1)
    let horizon = GradientHorizon(
      along: try Trajectory(
        of: KnownSystems.linear(Tensor(repeating: scale, shape: [40, 40])), steps: 30),
      factor: .leastNormalMagnitude, rate: 0, using: &random)
    let norms = horizon.logNorms
    expectClose(
      [norms[2] - norms[1]], [Double.log(40) + Double.log(scale)], Tolerance(1e-9, scale: 700))
  }

  @Test func `is valid over the range of single precision`() throws {
    let matrix = Tensor<Float>(rows: [[0, -3e38], [3e38, 0]])
    #expect(try spectralRadius(of: matrix) == 3e38)
    #expect(try Spectrum(of: matrix, slopeBound: 1).verdict == .mayExplode)
    var random = RandomSource(seed: 1)
    var cell = VanillaCell<Float>(inputSize: 1, hiddenSize: 2, using: &random)
    cell.weights.recurrent = matrix
    cell.weights.input = .zeros([2, 1])
    let report = try Stability.report(
      of: RNN(cells: [[cell]]), along: .zeros([20, 3, 1]), using: &random)
    let norms = try #require(report.layers[0].horizon).logNorms
    expectClose(
      [norms[5]], [5 * Double.log(Double(Float(3e38)))], Tolerance(1e-4, scale: 440))
  }
}
