import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `The spectrum of a recurrent weight` {
  @Test(arguments: [0.5, 1, 1.25], [0.1, 1, 3])
  func `of a rotation of radius r is r·e^±iθ`(radius: Double, angle: Double) throws {
    let (c, s) = (radius * Foundation.cos(angle), radius * Foundation.sin(angle))
    let spectrum = try Spectrum(of: Tensor<Double>(rows: [[c, -s], [s, c]]), slopeBound: 1)
    let tolerance = Tolerance(Double.self, length: 2, scale: radius)
    expectClose(spectrum.eigenvalues.map(\.real), [c, c], tolerance)
    expectClose(spectrum.eigenvalues.map(\.imaginary), [s, -s], tolerance)
    expectClose(
      [spectrum.spectralRadius, spectrum.largestSingularValue], [radius, radius], tolerance)
  }

  @Test func `lists the largest modulus first`() throws {
    let spectrum = try Spectrum(
      of: Tensor<Float>.diagonal(Tensor([0.5, -3, 0, 2])), slopeBound: 1)
    #expect(spectrum.eigenvalues == [-3, 2, 0.5, 0].map { Complex($0) })
    #expect(spectrum.spectralRadius == 3)
  }

  // The bound of Pascanu et al. (2013): with a sigmoid, an explosion needs σ_max ≥ 4.
  @Test func `proves vanishing from the largest singular value alone`() throws {
    let q = orthogonal(12)
    #expect(try Spectrum(of: q * 0.99, slopeBound: 1).verdict == .mustVanish)
    #expect(try Spectrum(of: q * 3.9, slopeBound: 0.25).verdict == .mustVanish)
    #expect(try Spectrum(of: Tensor<Double>.zeros([3, 3]), slopeBound: 1).verdict == .mustVanish)
  }

  @Test func `warns of explosion only if some direction grows in the long term`() throws {
    let q = orthogonal(12)
    #expect(try Spectrum(of: q * 1.01, slopeBound: 1).verdict == .mayExplode)
    #expect(try Spectrum(of: q * 4.1, slopeBound: 0.25).verdict == .mayExplode)
    // σ_max = 1.1 and ρ = 0: a step may amplify the signal, but it is zero after twenty steps.
    #expect(try Spectrum(of: delayLine(20, factor: 1.1), slopeBound: 1).verdict == .undecided)
    #expect(try Spectrum(of: Tensor<Double>.identity(4), slopeBound: 1).verdict == .undecided)
  }

  // A rotation is neither stable nor unstable, in spite of rounding.
  @Test func `is not decided by rounding`() throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      let q = orthogonal(3 + Int(seed), seed: seed)
      #expect(try Spectrum(of: q, slopeBound: 1).verdict == .undecided)
      #expect(try Spectrum(of: Tensor<Float>(q), slopeBound: 1).verdict == .undecided)
      let read = Tensor<Double>(Tensor<Float>(q))
      let spectrum = try Spectrum(of: read, slopeBound: 1, precision: 0x1p-23)
      #expect(spectrum.verdict == .undecided)
      #expect(spectrum.growingCount == 0)
    }
    let almost = Tensor<Double>.identity(2) * (1 - 1e-9)
    #expect(try Spectrum(of: almost, slopeBound: 1).verdict == .mustVanish)
    #expect(try Spectrum(of: almost, slopeBound: 1, precision: 0x1p-23).verdict == .undecided)
  }

  // Two eigenvalues 1 + 3.2 s and 1 − 2 s with disks of radius 2√2 s: the disk of the first is
  // outside the unit circle, but touches the other one.
  @Test(arguments: [1e-9, 1e-6, 1e-4], [1e-150, 1, 1e150])
  func `counts eigenvalues by connected groups of disks`(share: Double, scale: Double) throws {
    for (second, count) in [(1 - 2 * share, 0), (1 - 3 * share, 1), (1 + 3.2 * share, 2)] {
      let matrix = Tensor<Double>.diagonal(Tensor([1 + 3.2 * share, second])) * scale
      let spectrum = try Spectrum(of: matrix, slopeBound: 1 / scale, precision: share)
      #expect(spectrum.growingCount == count)
      #expect(spectrum.isGrowing(0) == (count > 0))
    }
  }

  @Test func `explains an undecided verdict`() throws {
    let rotation = try Spectrum(of: orthogonal(4), slopeBound: 1)
    #expect(
      rotation.explanation?.hasPrefix("To within the rounding") == true)
    let line = try Spectrum(of: delayLine(5, factor: 1.1), slopeBound: 1)
    #expect(line.explanation?.contains("can amplify the gradient, perhaps for many steps") == true)
    #expect(line.explanation?.contains("far from normal") == true)
    let triangular = try Spectrum(of: Tensor<Double>(rows: [[0.5, 4], [0, 0.4]]), slopeBound: 1)
    #expect(
      triangular.explanation?.contains("can amplify the gradient, perhaps for many steps") == true)
    #expect(triangular.explanation?.contains("the powers of the weight do not grow") == true)
    #expect(triangular.explanation?.contains("far from normal") == false)
    // ρ = 2, so that the powers of W grow, but γ ρ = ½.
    let sigmoid = try Spectrum(of: Tensor<Double>(rows: [[2, 4.8], [0, 2]]), slopeBound: 0.25)
    #expect(sigmoid.spectralRadius == 2 && sigmoid.verdict == .undecided)
    #expect(sigmoid.explanation?.contains("the powers of γ·W do not grow exponentially") == true)
  }

  @Test func `has no verdict without a slope bound`() throws {
    let spectrum = try Spectrum(of: orthogonal(4) * 0.5)
    #expect(spectrum.verdict == nil && spectrum.slopeBound == nil && spectrum.explanation == nil)
    #expect(spectrum.growingCount == 0)
    #expect(try Spectrum(of: orthogonal(4) * 1.5).growingCount == 4)
  }

  @Test(arguments: [[3, 1], [4, 1], [12, 4], [12, 3]])
  func `reports that a weight looks like stacked gates`(extents: [Int]) {
    let error = #expect(throws: StabilityError.self) {
      try Spectrum(of: Tensor<Double>.zeros(Shape(extents)), slopeBound: 1)
    }
    #expect("\(String(describing: error))".contains("stacked gates"))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `is rejected for a weight that is not finite`(value: Double) {
    var matrix = Tensor<Double>.identity(3)
    matrix[1, 2] = value
    let error = #expect(throws: StabilityError.self) { try Spectrum(of: matrix, slopeBound: 1) }
    guard case .linearAlgebra = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect("\(String(describing: error))".contains("row 1"))
  }

  @Test(arguments: [[2, 3], [4], [2, 2, 2], [0, 0]])
  func `is rejected for a weight that is not a square matrix`(extents: [Int]) {
    let shape = Shape(extents)
    #expect(throws: StabilityError.notSquare(shape)) {
      try Spectrum(of: Tensor<Double>.zeros(shape), slopeBound: 1)
    }
  }

  @Test(arguments: [0, -1, Double.infinity, .nan])
  func `is rejected for a slope that is not positive`(slope: Double) {
    #expect(throws: StabilityError.self) {
      try Spectrum(of: Tensor<Double>.identity(2), slopeBound: slope)
    }
  }
}
