import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Lyapunov exponents` {
  private func spectrum<R: Recurrence>(
    _ recurrence: R, steps: Int, discarding: Int = 0, count: Int? = nil, seed: UInt64 = 1
  ) throws -> LyapunovSpectrum {
    var random = RandomSource(seed: seed)
    return try LyapunovSpectrum(
      along: Trajectory(of: recurrence, steps: steps, discarding: discarding), count: count,
      using: &random)
  }

  // Published at sprott.physics.wisc.edu/chaos/lespec.htm; the sum is ln 0.3 exactly.
  @Test func `of the Hénon map`() throws {
    let steps = isDebug ? 10_000 : 200_000
    let spectrum = try spectrum(KnownSystems.henon(), steps: steps, discarding: 100)
    for (exponent, (expected, error)) in zip(
      spectrum.exponents, zip([0.419217, -1.623190], spectrum.standardErrors))
    {
      #expect(abs(exponent - expected) < 4 * error + 1e-4)
      #expect(error < 1e-2)
    }
    expectClose(
      [spectrum.exponents.reduce(0, +)], [Foundation.log(0.3)],
      Tolerance(Double.self, length: 100, scale: 10))
    #expect(try #require(spectrum.sumRuleError) < 1e-12)
    let dimension = try #require(spectrum.kaplanYorkeDimension)
    #expect(abs(dimension - 1.258267) < (isDebug ? 2e-2 : 2e-3))
    #expect(spectrum.entropyRate == spectrum.exponents[0])
  }

  // λ = ln 2 for almost every start.
  @Test func `of the logistic map`() throws {
    let spectrum = try spectrum(KnownSystems.logistic(r: 4), steps: isDebug ? 10_000 : 100_000)
    #expect(abs(spectrum.largest - Foundation.log(2)) < 4 * spectrum.standardErrors[0])
    #expect(spectrum.standardErrors[0] < 1e-2)
    // A system whose exponents sum to more than zero fills its space.
    #expect(spectrum.kaplanYorkeDimension == nil)
  }

  // Sprott's figures are per unit of time. The sum is −(σ + 1 + β) exactly for the flow, and up to
  // the error of the integration for the map.
  @Test func `of the Lorenz system`() throws {
    let dt = 0.01
    let (steps, tolerance) = isDebug ? (5000, 0.1) : (400_000, 0.005)
    let spectrum = try spectrum(KnownSystems.lorenz(step: dt), steps: steps, discarding: 2000)
    let exponents = spectrum.exponents.map { $0 / dt }
    for (exponent, expected) in zip(exponents, [0.90563, 0, -14.57219]) {
      #expect(abs(exponent - expected) < tolerance)
    }
    #expect(abs(exponents.reduce(0, +) + 13.6666667) < 2e-4)
    #expect(abs(try #require(spectrum.kaplanYorkeDimension) - 2.06215) < tolerance)
  }

  @Test(arguments: [(2, 1.0), (5, 1), (20, 2.5)])
  func `of products of Gaussian matrices are those of Newman`(size: Int, gain: Double) throws {
    if size == 2 {
      expectClose(
        KnownSystems.newman(size: 2, gain: 1), [-0.28860783, -0.98175501], Tolerance(1e-8, scale: 1)
      )
    }
    if size == 5 {
      expectClose(
        KnownSystems.newman(size: 5, gain: 1),
        [-0.10656705, -0.2467532, -0.43990038, -0.7467532, -1.43990038],
        Tolerance(1e-8, scale: 1))
    }
    let system = KnownSystems.gaussianProduct(size: size, gain: gain, seed: 7)
    let spectrum = try spectrum(system, steps: isDebug ? 1500 : 6000)
    for (index, expected) in KnownSystems.newman(size: size, gain: gain).enumerated() {
      let error = spectrum.standardErrors[index]
      #expect(abs(spectrum.exponents[index] - expected) < 4 * error)
      #expect(error > 0 && error < 0.06)
    }
    #expect(try #require(spectrum.sumRuleError) < 1e-10)
  }

  // λ_i = ln |λ_i(W)| for a normal and a non-normal matrix with real and complex eigenvalues.
  @Test(arguments: [1e-100, 1, 1e100])
  func `of a linear map are the logarithms of the moduli of its eigenvalues`(scale: Double) throws {
    var random = RandomSource(seed: 3)
    let matrix: Tensor<Double> = random.normal([6, 6]) * scale
    let expected = try eigenvalues(of: matrix).map { Foundation.log($0.length) }.sorted(by: >)
    let spectrum = try spectrum(KnownSystems.linear(matrix), steps: isDebug ? 2000 : 20_000)
    for (exponent, expected) in zip(spectrum.exponents, expected) {
      #expect(abs(exponent - expected) < (isDebug ? 1e-2 : 1e-3))
    }
  }

  // A step is of rank 1 and takes (1, 0) and (1, 1), the columns of the Jacobians, to ±μ times one
  // of them, so that ln of the growth over T steps differs from T·ln μ by at most ½ ln 2.
  @Test(arguments: [1.5, 1.9]) func `of the tent map as a ReLU network`(slope: Double) throws {
    let network = KnownSystems.tent(slope, from: Tensor([0.3, 0]))
    let spectrum = try spectrum(network, steps: isDebug ? 5000 : 50_000, discarding: 100)
    let error = 0.5 * Foundation.log(2) / Double(spectrum.steps) + 1e-12
    #expect(abs(spectrum.exponents[0] - Foundation.log(slope)) < error)
    #expect(spectrum.exponents[1] == -.infinity)
    #expect(spectrum.kaplanYorkeDimension == 1)
    // Every step is singular, and leaves rounding errors.
    #expect(spectrum.sumRuleError == nil)
  }

  @Test(arguments: [1e-200, 1, 1e200]) func `of a weight of low rank are −∞ beyond it`(
    scale: Double
  ) throws {
    var random = RandomSource(seed: 3)
    let (left, right): (Tensor<Double>, Tensor<Double>) = (
      random.normal([20, 2]), random.normal([2, 20])
    )
    let spectrum = try spectrum(KnownSystems.linear(matmul(left, right) * scale), steps: 100)
    #expect(spectrum.exponents[2...].allSatisfy { $0 == -.infinity })
    #expect(spectrum.exponents[0].isFinite && spectrum.exponents[1].isFinite)
    #expect(spectrum.lostSteps[..<2] == [0, 0] && spectrum.lostSteps[2] == spectrum.steps)
  }

  @Test func `of fewer vectors are the leading ones of all`() throws {
    let network = KnownSystems.randomNetwork(size: 20, gain: 3, seed: 5)
    let all = try spectrum(network, steps: 800, discarding: 200)
    let leading = try spectrum(network, steps: 800, discarding: 200, count: 3, seed: 2)
    for index in 0..<3 {
      #expect(
        abs(all.exponents[index] - leading.exponents[index]) < 0.3 * all.standardErrors[index]
          + 1e-3)
    }
    #expect(leading.meanLogDeterminant == nil && leading.sumRuleError == nil)
  }

  // The interval between decompositions does not change the figures, up to rounding.
  @Test func `do not depend on the interval between decompositions`() throws {
    let system = KnownSystems.gaussianProduct(size: 8, gain: 1, seed: 11)
    let trajectory = try Trajectory(of: system, steps: 300)
    var random = RandomSource(seed: 1)
    let spectrum = try LyapunovSpectrum(
      along: trajectory, basisTransient: 0, basis: .identity(8), using: &random)
    #expect(spectrum.decompositions < 200)
    // One decomposition a step, directly.
    var (q, sums) = (Tensor<Double>.identity(8), [Double](repeating: 0, count: 8))
    for step in system.linearize(0..<300, from: system.initialState) {
      let decomposition = try QRDecomposition(
        of: matmul(step.derivative.matrix, q), positiveDiagonal: true)
      q = decomposition.q
      for i in 0..<8 { sums[i] += Foundation.log(decomposition.r[i, i]) / 300 }
    }
    expectClose(spectrum.exponents, sums, Tolerance(1e-11, scale: 1))
    #expect(spectrum.runningMeans.last == spectrum.exponents)
    #expect(spectrum.runningSteps.last == 300)
  }

  #if !DEBUG
    // Mean-field theory for N → ∞: stability of h′ = W tanh(h).
    @Test(arguments: [(3.0, 0.310249), (10, 0.856435)])
    func `of a large random network approach mean-field theory`(gain: Double, expected: Double)
      throws
    {
      let network = KnownSystems.randomNetwork(size: 1000, gain: gain, seed: 1)
      let spectrum = try spectrum(network, steps: 1500, discarding: 300, count: 1)
      #expect(abs(spectrum.exponents[0] - expected) < 0.01)
    }
  #endif

  @Test func `are written and read as JSON, with −∞`() throws {
    let matrix = Tensor<Double>(rows: [[0.5, 1], [0, 0]])
    let spectrum = try spectrum(KnownSystems.linear(matrix), steps: 50)
    #expect(spectrum.exponents[1] == -.infinity)
    let data = try JSONEncoder().encode(spectrum)
    let text = try #require(String(data: data, encoding: .utf8))
    #expect(text.contains("\"-inf\""))
    let copy = try JSONDecoder().decode(LyapunovSpectrum.self, from: data)
    #expect(copy.exponents == spectrum.exponents)
  }

  @Test func `are refused for impossible requests`() throws {
    let system = KnownSystems.henon()
    var random = RandomSource(seed: 1)
    #expect(throws: StabilityError.exponentCount(3, stateSize: 2)) {
      try LyapunovSpectrum(along: Trajectory(of: system, steps: 10), count: 3, using: &random)
    }
    #expect(throws: StabilityError.self) { try Trajectory(of: system) }
    #expect(throws: StabilityError.self) { try Trajectory(of: system, steps: 0) }
    // The orbit of the logistic map with r = 5 leaves the range of a double.
    #expect(throws: StabilityError.self) {
      try Trajectory(of: KnownSystems.logistic(r: 5), steps: 200)
    }
  }
}
