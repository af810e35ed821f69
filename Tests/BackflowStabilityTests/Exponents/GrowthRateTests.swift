import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `λ₁` {
  /// Compares λ_1 from the Jacobians with the rates of two trajectories and of the backward pass:
  /// along the same direction up to rounding, and from random directions within standard errors.
  private func expectAgreement<R: Recurrence>(
    _ recurrence: R, steps: Int? = nil, discarding: Int = 0, sign: FloatingPointSign? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var random = RandomSource(seed: 1)
    let trajectory = try Trajectory(of: recurrence, steps: steps, discarding: discarding)
    let (spectrum, leading) = try LyapunovSpectrum.withLeadingDirection(
      along: trajectory, count: 1, using: &random)
    let (rate, error) = (spectrum.largest, spectrum.standardErrors[0])
    for isAligned in [true, false] {
      let direction = isAligned ? leading : nil
      let two = GrowthRate.ofTwoTrajectories(
        along: trajectory, from: direction, expected: rate, using: &random)
      let backward = GrowthRate.ofBackwardPass(
        along: trajectory, from: direction, expected: rate, using: &random)
      for other in [two, backward] {
        // A random vector that has not turned completely contributes O(1/T). Where the states are
        // chaotic, their rounding errors grow, but only within a piece of the trajectory.
        let bound =
          isAligned
          ? (rate > 0 ? 1e-4 : 1e-6)
          : 3 * Foundation.hypot(error, other.standardError)
            + 5 / Double(trajectory.steps.count)
        #expect(
          abs(other.rate - rate) < bound,
          "\(isAligned): \(rate) ± \(error), two \(two.rate), backward \(backward.rate)",
          sourceLocation: sourceLocation)
        // So that the comparison says something.
        #expect(bound < 0.25, sourceLocation: sourceLocation)
      }
    }
    if let sign { #expect(rate.sign == sign, sourceLocation: sourceLocation) }
  }

  /// An LSTM with uniform weights of ±scale/√H and a shifted forget bias, without input.
  private func lstm(
    units: Int, scale: Double, forgetShift: Double, seed: UInt64
  ) -> CellRecurrence<LSTMCell<Double>> {
    var random = RandomSource(seed: seed)
    let bound = scale / Double(units).squareRoot()
    var bias: Tensor<Double> = random.uniform([4 * units], in: -bound..<bound)
    bias.replaceSlice(units..<2 * units, with: bias[units..<2 * units] + forgetShift)
    let cell = LSTMCell(
      GateWeights(
        input: .zeros([4 * units, 1]),
        recurrent: random.uniform([4 * units, units], in: -bound..<bound), inputBias: bias,
        recurrentBias: .zeros([4 * units])))
    return CellRecurrence(cell, from: random.normal([2 * units]))
  }

  // The kinds of networks for which the h-block of the Jacobian alone gives a wrong rate.
  @Test(arguments: [(1.0, 0.0), (1, 1), (1, 3), (8, 1)])
  func `of the full state of a contracting LSTM agrees with two independent rates`(
    scale: Double, shift: Double
  ) throws {
    try expectAgreement(
      lstm(units: 16, scale: scale, forgetShift: shift, seed: 3), steps: isDebug ? 800 : 3000,
      discarding: 300,
      sign: scale == 1 ? .minus : nil)
  }

  @Test func `of an expanding LSTM agrees with two independent rates`() throws {
    try expectAgreement(
      lstm(units: 32, scale: 20, forgetShift: 1, seed: 5), steps: 6000,
      discarding: 300,
      sign: .plus)
  }

  @Test func `of every kind of cell with input agrees with two independent rates`() throws {
    var random = RandomSource(seed: 2)
    let x: Tensor<Double> = random.normal([isDebug ? 900 : 2500, 3])
    func check<Cell: RecurrentCell<Double>>(_ cell: Cell, gain: Double) throws {
      var cell = cell
      cell.weights.recurrent *= gain
      try expectAgreement(CellRecurrence(cell, reading: x), discarding: 200)
    }
    for gain in [1.0, 3] {
      try check(VanillaCell(inputSize: 3, hiddenSize: 12, using: &random), gain: gain)
      try check(LeakyCell(inputSize: 3, hiddenSize: 12, leak: 0.3, using: &random), gain: gain)
      try check(LSTMCell(inputSize: 3, hiddenSize: 8, using: &random), gain: gain)
      try check(GRUCell(inputSize: 3, hiddenSize: 12, using: &random), gain: gain)
      try check(OriginalGRUCell(inputSize: 3, hiddenSize: 12, using: &random), gain: gain)
    }
  }

  @Test func `of a stack of layers agrees with two independent rates`() throws {
    var random = RandomSource(seed: 4)
    let network = LSTM<Double>(inputSize: 3, hiddenSize: 6, layers: 3, using: &random)
    let x: Tensor<Double> = random.normal([isDebug ? 500 : 2000, 3])
    try expectAgreement(StackRecurrence(network, reading: x))
  }

  // GRU, zero input and zero biases: eigenvalues ½ + ¼ μ, μ of U_n, with PyTorch's uniform draw.
  // Steps to 1e-6 from the spectral radius: 31 for a GRU and an LSTM with b_f = 0, 104 for b_f = 1.
  @Test func `at the zero state is that of the closed form of a gated cell`() throws {
    var random = RandomSource(seed: 1)
    let units = 30
    let bound = 1 / Double(units).squareRoot()
    let u: Tensor<Double> = random.uniform([3 * units, units], in: -bound..<bound)
    let gru = GRUCell(GateWeights(input: .zeros([3 * units, 1]), recurrent: u))
    let jacobian = CellRecurrence(gru).linearize(0..<1, from: .zeros([units]))[0].derivative.matrix
    let expected = try eigenvalues(of: u[2 * units..<3 * units]).map {
      Complex(0.5 + $0.real / 4, $0.imaginary / 4).length
    }
    let radius = try spectralRadius(of: jacobian)
    expectClose([radius], [expected.max() ?? 0], Tolerance(1e-12, scale: 1))
    let trajectory = try Trajectory(of: CellRecurrence(gru), steps: 2000)
    let spectrum = try LyapunovSpectrum(along: trajectory, count: 1, using: &random)
    #expect(abs(spectrum.largest - Foundation.log(radius)) < 5e-3)
  }

  // A wrong backward pass disagrees with λ₁ of the Jacobians.
  @Test func `shows a wrong backward pass`() throws {
    var random = RandomSource(seed: 6)
    let cell = VanillaCell<Double>(inputSize: 2, hiddenSize: 6, using: &random)
    let x: Tensor<Double> = random.normal([1000, 2])
    let trajectory = try Trajectory(
      of: WrongBackward(inner: CellRecurrence(cell, reading: x)))
    let (spectrum, leading) = try LyapunovSpectrum.withLeadingDirection(
      along: trajectory, count: 1, using: &random)
    for direction in [leading, nil] {
      let backward = GrowthRate.ofBackwardPass(
        along: trajectory, from: direction, expected: spectrum.largest, using: &random)
      let bound =
        direction == nil
        ? 3 * Foundation.hypot(spectrum.standardErrors[0], backward.standardError) + 5e-3 : 1e-6
      #expect(!(abs(backward.rate - spectrum.largest) <= bound))
    }
  }
}

/// A recurrence whose backward pass forgets the slope of the nonlinearity.
private struct WrongBackward: Recurrence {
  let inner: CellRecurrence<VanillaCell<Double>>
  var stateSize: Int { inner.stateSize }
  var stepLimit: Int? { inner.stepLimit }
  var initialState: Tensor<Double> { inner.initialState }
  func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double> {
    inner.advance(states, through: steps)
  }
  func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep] {
    inner.linearize(steps, from: state)
  }
  func pullBack(
    _ gradients: Tensor<Double>, through steps: Range<Int>, from state: Tensor<Double>
  ) -> Tensor<Double> {
    steps.reduce(gradients) { gradients, _ in
      matmul(inner.cell.weights.recurrent.transposed, gradients)
    }
  }
}
