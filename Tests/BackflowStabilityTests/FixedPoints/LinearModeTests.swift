import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `The modes of a fixed point` {
  @Test(arguments: [0.5, 0.9, 0.99], [0.1, 1, 3])
  func `of a rotation that decays have its time scale and period`(
    radius: Double, angle: Double
  ) throws {
    let (c, s) = (radius * Foundation.cos(angle), radius * Foundation.sin(angle))
    var settings = FixedPointSettings()
    settings.millisecondsPerStep = 2
    settings.lipschitzConstant = 0
    var random = RandomSource(seed: 1)
    let points = try FixedPoints(
      of: linear(Tensor(rows: [[c, -s], [s, c]])), settings: settings, using: &random)
    try #require(points.points.count == 1)
    let modes = points.points[0].modes
    let (time, period) = (-1 / Foundation.log(radius), 2 * Double.pi / angle)
    expectClose(modes.map(\.timeScale), [time, time], Tolerance(1e-12 * time * time, scale: 1e3))
    expectClose(
      modes.compactMap { $0.timeScaleMilliseconds?.wrappedValue }, [2 * time, 2 * time],
      Tolerance(2e-12 * time * time, scale: 1e3))
    expectClose(modes.map(\.period), [period, period], Tolerance(1e-12 * period, scale: period))
    #expect(points.points[0].stability == .stable)
  }

  @Test func `are real without a rotation`() throws {
    var settings = FixedPointSettings()
    settings.lipschitzConstant = 0
    var random = RandomSource(seed: 2)
    let points = try FixedPoints(
      of: linear(.diagonal(Tensor([2, -0.5, 0]))), settings: settings, using: &random)
    let modes = points.points[0].modes
    #expect(modes.map(\.eigenvalue) == [2, -0.5, 0].map { Complex($0) })
    // e-folding in 1/ln 2 steps, outward and inward.
    let time = 1 / Foundation.log(2.0)
    expectClose(modes.map(\.timeScale), [-time, time, 0], Tolerance(1e-14, scale: 1))
    #expect(modes.map(\.period) == [.infinity, 2, .infinity])
    #expect(points.points[0].unstableCount == 1 && points.points[0].index == -1)
  }

  @Test(arguments: [6, 80]) func `have eigenvectors that fit input and read-out`(
    units: Int
  ) throws {
    var random = RandomSource(seed: 3)
    var settings = FixedPointSettings()
    settings.modes = 6
    settings.randomStarts = 8
    settings.readout = random.normal([2, units])
    let cell = LeakyCell(randomGates(1, units: units, inputs: 3, scale: 1.2, seed: 3), leak: 0.4)
    let rounding = 1e-13 * Double(units) / 6
    let recurrence = CellRecurrence(cell, constantInput: Tensor([1, 0, -1]))
    let points = try FixedPoints(of: recurrence, settings: settings, using: &random)
    #expect(!points.points.isEmpty)
    for point in points.points {
      let step = recurrence.linearize(0..<1, from: Tensor(point.state))[0].derivative
      let derivative = try #require(step as? LinearizedStep<Double>)
      for mode in point.modes.prefix(6) {
        let right = try #require(mode.rightVector)
        let left = try #require(mode.leftVector)
        func columns(_ vector: [[Double]]) -> (Tensor<Double>, Tensor<Double>) {
          (Tensor(vector.map { $0[0] }), Tensor(vector.map { $0[1] }))
        }
        let ((rr, ri), (lr, li)) = (columns(right), columns(left))
        // J r = λ r and Jᵀ l = λ̄ l, by real and imaginary parts.
        let (a, b) = (mode.real, mode.imaginary)
        let j = derivative.stateMatrix
        #expect((matvec(j, rr) - (rr * a - ri * b)).norm() < rounding)
        #expect((matvec(j, ri) - (ri * a + rr * b)).norm() < rounding)
        #expect((matvec(j.transpose(), lr) - (lr * a + li * b)).norm() < rounding)
        #expect((matvec(j.transpose(), li) - (li * a - lr * b)).norm() < rounding)
        let input = derivative.inputMatrix.transpose()
        let readout = try #require(settings.readout)
        expectClose(
          [mode.inputOverlap ?? .nan, mode.readoutOverlap ?? .nan],
          [
            hypot(matvec(input, lr).norm(), matvec(input, li).norm()),
            hypot(matvec(readout, rr).norm(), matvec(readout, ri).norm()),
          ], Tolerance(rounding, scale: 1))
      }
    }
  }
}
