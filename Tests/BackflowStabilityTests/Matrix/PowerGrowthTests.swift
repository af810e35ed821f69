import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The growth of the powers` {
  @Test func `of a triangular matrix peaks at the ninth`() throws {
    let growth = try PowerGrowth(of: triangular(0.9, 10))
    #expect(growth.peakStep == 9 && growth.isComplete)
    expectClose([growth.peakNorm], [38.7459], Tolerance(6e-5, scale: 38))
    expectClose([growth.logSpectralRadius], [log(0.9)], Tolerance(1e-12, scale: 0.1))
  }

  @Test func `of a delay line is exact although its eigenvalues are zero`() throws {
    let growth = try PowerGrowth(of: delayLine(20, factor: 1.1))
    #expect(growth.peakStep == 19 && growth.isComplete)
    expectClose([growth.peakNorm], [pow(1.1, 19)], Tolerance(1e-13, scale: 6))
    expectClose([growth.peakNorm], [6.115909045], Tolerance(6e-10, scale: 6))
    #expect(growth.logNorms.count == 21 && growth.logNorms[20] == -.infinity)
    #expect(growth.logSpectralRadius == -.infinity)
    // The input that survives longest enters at the start and ends at the end of the line.
    expectClose(
      growth.direction.map(\.magnitude), [1] + .init(repeating: 0, count: 19),
      Tolerance(1e-12, scale: 1))
    expectClose(
      growth.destination.map(\.magnitude), .init(repeating: 0, count: 19) + [1],
      Tolerance(1e-12, scale: 1))
    #expect(try roundTrip(growth) == growth)
  }

  @Test func `of a Jordan block has the tabulated maximum`() throws {
    let growth = try PowerGrowth(of: jordan(10, 0.5))
    #expect(growth.peakStep == 16)
    expectClose([growth.peakNorm], [121.4357], Tolerance(6e-5, scale: 121))
  }

  // R2: ‖W‖ = 3√2, ‖W²‖ = 6√6, W³ = 0.
  @Test func `of a nilpotent matrix ends`() throws {
    let growth = try PowerGrowth(of: nilpotent)
    #expect(growth.logNorms.count == 4 && growth.logNorms[3] == -.infinity && growth.peakStep == 2)
    expectClose(
      Array(growth.norms[0...2]), [1, 3 * 2.0.squareRoot(), 6 * 6.0.squareRoot()],
      Tolerance(1e-13, scale: 14))
    expectClose([growth.peakNorm], [14.6969384567], Tolerance(6e-11, scale: 14))
    let spectrum = try Spectrum(of: nilpotent, slopeBound: 1)
    // The computed eigenvalues are off by the cube root of ε, as their conditions say.
    #expect(spectrum.spectralRadius > 1e-6 && spectrum.spectralRadius < 1e-4)
    #expect(spectrum.eigenvalueConditions.allSatisfy { $0 > 1e8 })
  }

  // R1: the eigenvalue −¾ is defective, (λ + ¾)².
  @Test func `of a defective matrix has its radius in the long term`() throws {
    let matrix = Tensor<Double>(rows: [[0.75, 3], [-0.75, -2.25]])
    let growth = try PowerGrowth(of: matrix, steps: 400, stopsWhenComplete: false)
    expectClose([growth.logSpectralRadius], [log(0.75)], Tolerance(1e-7, scale: 0.2))
    // W = −¾ + N with N² = 0, so that W^k = (−¾)^k − k·(−¾)^{k−1}·N… of norm about k·‖N‖·¾^{k−1}.
    let n = matrix + Tensor.identity(2) * 0.75
    let expected = log(400 * n.norm()) + 399 * log(0.75)
    expectClose([growth.logNorms[400]], [expected], Tolerance(1e-2, scale: 100))
    let spectrum = try Spectrum(of: matrix, slopeBound: 1)
    expectClose([spectrum.spectralRadius], [0.75], Tolerance(1e-7, scale: 1))
    #expect(spectrum.eigenvalueConditions.allSatisfy { $0 > 1e6 })
    #expect(try #require(Nonnormality(of: matrix).eigenvectorCondition) > 1e6)
  }

  // R5: forward Euler of a system without transient growth.
  @Test(arguments: [
    (4, 0.1, 1.1105, 0.9), (8, 0.1, 5.627, 0.9), (16, 0.1, 155_533, 0.9), (64, 0.01, 9.91e7, 0.99),
  ])
  func `of HiPPO-LegS by forward Euler is enormous`(
    size: Int, step: Double, peak: Double, radius: Double
  ) throws {
    let euler = Tensor<Double>.identity(size) + hippo(size) * step
    let growth = try PowerGrowth(of: euler, steps: 2000)
    expectClose([growth.peakNorm], [peak], Tolerance(peak * 1e-3, scale: peak))
    expectClose([exp(growth.logSpectralRadius)], [radius], Tolerance(1e-9, scale: 1))
  }

  @Test(arguments: [1e-150, 1e-5, 1e5, 1e150, 1e300])
  func `neither overflows nor underflows`(scale: Double) throws {
    let growth = try PowerGrowth(
      of: orthogonal(4) * scale, steps: 300, stopsWhenComplete: false)
    let expected = (0...300).map { Double($0) * log(scale) }
    expectClose(growth.logNorms, expected, Tolerance(1e-9, scale: 10))
    #expect(growth.peakStep == (scale > 1 ? 300 : 0))
    #expect(growth.isComplete == (scale < 1))
    #expect(try roundTrip(growth) == growth)
  }

  #if DEBUG
    private static let sizes = [1, 2, 7, 64]
  #else
    private static let sizes = [1, 2, 7, 64, 256, 512]
  #endif

  // The powers of an orthogonal matrix have norm 1, on either side of which rounding may put them.
  // The error of the first norm is at most (n² + 16n + 4)·u.
  @Test(arguments: sizes) func `is complete only if rounding cannot matter`(size: Int) throws {
    let q = orthogonal(size)
    let open = try PowerGrowth(of: q * (1 - 0x1p-53), steps: 4)
    #expect(!open.isComplete && open.logNorms.count == 5)
    let n = Double(size)
    let closed = try PowerGrowth(of: q * (1 - 3 * (n * n + 16 * n + 4) * 0x1p-53), steps: 4)
    #expect(closed.isComplete && closed.logNorms.count == 2)
  }

  // W³ = 0 by cancellation, and computed as zero; the errors of the powers scale like their norms.
  @Test(arguments: [1, 0x1p10, 0x1p66]) func `is not complete by a zero that cancels`(
    scale: Double
  ) throws {
    let growth = try PowerGrowth(of: nilpotent * scale, steps: 5)
    #expect(growth.logNorms.last == -.infinity)
    #expect(growth.isComplete == (scale < 0x1p20))
  }

  @Test func `has the direction that grows most`() throws {
    let matrix = ginibre(9, seed: 2)
    let growth = try PowerGrowth(of: matrix, steps: 6, stopsWhenComplete: false)
    var signal = Tensor(growth.direction)
    expectClose([signal.norm()], [1], Tolerance(1e-13, scale: 1))
    for _ in 0..<growth.peakStep { signal = matvec(matrix, signal) }
    expectClose([signal.norm()], [growth.peakNorm], Tolerance(1e-12, scale: 1))
    expectClose((signal / signal.norm()).elements, growth.destination, Tolerance(1e-10, scale: 1))
  }

  @Test func `of a single unit is that of a number`() throws {
    let growth = try PowerGrowth(of: Tensor<Double>(rows: [[-2]]), steps: 5)
    expectClose(growth.norms, [1, 2, 4, 8, 16, 32], Tolerance(1e-12, scale: 32))
    #expect(throws: StabilityError.negativeSteps(-1)) {
      try PowerGrowth(of: Tensor<Double>.identity(2), steps: -1)
    }
    #expect(throws: StabilityError.notSquare([0, 0])) { try PowerGrowth(of: .zeros([0, 0])) }
  }
}
