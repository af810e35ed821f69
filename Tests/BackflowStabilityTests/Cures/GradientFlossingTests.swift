import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Gradient flossing` {
  // The loss by `LyapunovSpectrum`, for each parameter, against central differences.
  @Test(arguments: CellKind.allCases)
  func `has the gradient of the squared exponents of every kind of cell`(kind: CellKind) throws {
    for hasBias in isDebug ? [true] : [true, false] {
      // The Jacobian of a ReLU has the rank of its running units.
      let (units, count) = kind == .relu ? (10, 2) : (3, 3)
      try kind.withCell(inputs: 2, units: units, bias: hasBias, seed: 11) { cell in
        try expectGradient(of: cell, exponents: count, transient: hasBias ? 0 : 2)
      }
    }
  }

  private func expectGradient<Cell: RecurrentCell<Double>>(
    of cell: Cell, exponents count: Int, transient: Int
  ) throws {
    var random = RandomSource(seed: 12)
    let x: Tensor<Double> = random.normal([6, 2])
    let state: Tensor<Double> = random.uniform([cell.stateSize], in: 0.1..<0.6)
    let basis: Tensor<Double> = random.normal([cell.stateSize, count])
    func spectrum(_ cell: Cell) throws -> [Double] {
      var random = RandomSource(seed: 1)
      return try LyapunovSpectrum(
        along: Trajectory(of: CellRecurrence(cell, reading: x, from: state)), count: count,
        basisTransient: transient, basis: basis, using: &random
      ).exponents
    }
    let flossing = try GradientFlossing(
      along: Trajectory(of: CellRecurrence(cell, reading: x, from: state)), exponents: count,
      basis: basis, basisTransient: transient, using: &random)
    expectClose(flossing.exponents, try spectrum(cell), Tolerance(1e-12, scale: 1))
    let expected = try differences(of: cell) { cell in
      try spectrum(cell).reduce(0) { $0 + $1 * $1 } / Double(count)
    }
    expectGradient(flossing.gradients, expected)
    #expect(flossing.loss == flossing.exponents.reduce(0) { $0 + $1 * $1 } / Double(count))
  }

  /// Returns central differences of a function of a cell with respect to all parameters.
  private func differences<Cell: RecurrentCell<Double>>(
    of cell: Cell, _ function: (Cell) throws -> Double
  ) rethrows -> [Double] {
    let step = 1e-5
    return try cell.namedParameters.flatMap { name, value in
      try (0..<value.count).map { index in
        func value(_ shift: Double) throws -> Double {
          var shifted = cell
          shifted.visitParameters { if $0 == name { $1 = $1.adding(shift, at: index) } }
          return try function(shifted)
        }
        return try (value(step) - value(-step)) / (2 * step)
      }
    }
  }

  /// Compares a gradient to 1e-5 of its largest element.
  private func expectGradient<Cell: RecurrentCell<Double>>(
    _ gradients: Cell, _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let scale = expected.map(abs).max() ?? 0
    #expect(scale > 1e-3, sourceLocation: sourceLocation)
    expectClose(
      gradients.namedParameters.flatMap(\.value.elements), expected,
      Tolerance(1e-5 * scale, scale: scale), sourceLocation: sourceLocation)
  }

  // With the states of the unchanged cell, one decomposition a step.
  @Test(arguments: CellKind.allCases)
  func `without the states is the gradient along fixed states`(kind: CellKind) throws {
    try kind.withCell(inputs: 2, units: kind == .relu ? 6 : 3, seed: 13) { cell in
      try expectPartialGradient(of: cell)
    }
  }

  private func expectPartialGradient<Cell: RecurrentCell<Double>>(of cell: Cell) throws {
    var random = RandomSource(seed: 14)
    let x: Tensor<Double> = random.normal([4, 2])
    let recurrence = CellRecurrence(cell, reading: x)
    let basis: Tensor<Double> = random.normal([cell.stateSize, 2])
    let states =
      [recurrence.initialState]
      + recurrence.linearize(0..<4, from: recurrence.initialState).map(\.state)
    let expected = try differences(of: cell) { cell in
      let changed = CellRecurrence(cell, reading: x)
      var (q, sums) = (try QRDecomposition(of: basis, positiveDiagonal: true).q, [0.0, 0])
      for step in 0..<4 {
        let derivative = changed.linearize(step..<step + 1, from: states[step])[0].derivative
        let decomposition = try QRDecomposition(of: derivative.multiply(q), positiveDiagonal: true)
        q = decomposition.q
        for i in 0..<2 { sums[i] += Foundation.log(decomposition.r[i, i]) / 4 }
      }
      return (sums[0] * sums[0] + sums[1] * sums[1]) / 2
    }
    let trajectory = try Trajectory(of: recurrence)
    let partial = try GradientFlossing(
      along: trajectory, exponents: 2, basis: basis, throughStates: false, using: &random)
    expectGradient(partial.gradients, expected)
  }

  // At rest h′ = tanh(w h) has λ = ln w: dλ²/dw = 2 ln(w)/w.
  @Test(arguments: [0.3, 2.5]) func `has the closed form of one unit`(weight: Double) throws {
    var random = RandomSource(seed: 15)
    let cell = autonomousCell(Tensor([weight], shape: [1, 1]))
    let flossing = try GradientFlossing(
      along: Trajectory(of: CellRecurrence(cell), steps: 25), exponents: 1, using: &random)
    expectClose(
      [flossing.loss, flossing.gradients.weights.recurrent[0, 0]],
      [Foundation.pow(Foundation.log(weight), 2), 2 * Foundation.log(weight) / weight],
      Tolerance(1e-8, scale: 1))
    #expect(flossing.gradients.weights.input == .zeros([1, 1]))
  }

  @Test func `raises λ₁ of a contracting network toward zero by a few steps of Adam`() throws {
    var random = RandomSource(seed: 16)
    var cell = VanillaCell<Double>(
      inputSize: 2, hiddenSize: 10,
      recurrentWeights: .orthogonal(gain: Foundation.exp(-0.9)), using: &random)
    let x: Tensor<Double> = random.normal([30, 2]) * 0.3
    func exponent() throws -> Double {
      var random = RandomSource(seed: 17)
      return try LyapunovSpectrum(
        along: Trajectory(of: CellRecurrence(cell, reading: x)), count: 1, using: &random
      ).largest
    }
    let before = try exponent()
    #expect(abs(before + 1) < 0.15)
    var optimizer = Adam(for: cell, learningRate: 0.02)
    var losses: [Double] = []
    for _ in 0..<25 {
      let flossing = try GradientFlossing(
        along: Trajectory(of: CellRecurrence(cell, reading: x)), exponents: 3, using: &random)
      losses.append(flossing.loss)
      optimizer.update(&cell, along: flossing.gradients)
    }
    #expect(losses[24] < 0.2 * losses[0])
    #expect(try exponent() > -0.35)
  }

  @Test func `is refused where an exponent is −∞ or impossible`() throws {
    var random = RandomSource(seed: 18)
    let singular = autonomousCell(Tensor(rows: [[0.5, 1], [0, 0]]))
    let trajectory = try Trajectory(of: CellRecurrence(singular), steps: 5)
    #expect(throws: CureError.singularStep(0)) {
      try GradientFlossing(
        along: trajectory, exponents: 2, basis: .identity(2), using: &random)
    }
    #expect(throws: CureError.stability(.exponentCount(3, stateSize: 2))) {
      try GradientFlossing(along: trajectory, exponents: 3, using: &random)
    }
  }
}

extension Tensor<Double> {
  /// Returns the tensor with a number added to one element.
  fileprivate func adding(_ number: Double, at index: Int) -> Tensor {
    var elements = elements
    elements[index] += number
    return Tensor(elements, shape: shape)
  }
}
