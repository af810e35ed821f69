import Backflow
import TestSupport
import Testing

@Suite struct `A gradient check` {
  private func check(_ function: DifferentiableFunction) -> GradientCheck {
    var random = RandomSource(seed: 8)
    return GradientCheck(function, using: &random)
  }

  /// y = x³ with the derivative `slope`·x².
  private func cube(slope: Double, at x: Tensor<Double>) -> DifferentiableFunction {
    DifferentiableFunction(
      of: [.init("x", x)], forward: { $0[0] * $0[0] * $0[0] },
      backward: { [$1 * $0[0] * $0[0] * slope] })
  }

  let point = Tensor<Double>(rows: [[0.3, -2, 5], [1, 0.01, -0.7]])

  @Test func `accepts the derivative and reports how close it is`() throws {
    let check = check(cube(slope: 3, at: point))
    #expect(check.passes())
    let worst = try #require(check.worst)
    #expect(worst.name == "x")
    #expect(worst.elementCount == 6)
    #expect(worst.relativeError < 1e-11)
  }

  @Test func `rejects a derivative with a wrong factor and reports both values`() throws {
    let check = check(cube(slope: 3.000_01, at: point))
    #expect(!check.passes())
    let worst = try #require(check.worst)
    expectClose([worst.analytic / worst.numeric], [3.000_01 / 3], Tolerance(1e-9, scale: 1))
    #expect(check.description.contains("x: relative error"))
  }

  @Test func `weighs the outputs at random, so a constant sum does not hide an error`() {
    // Softmax sums to 1: with a gradient of ones, any incorrect backward pass would seem correct.
    let function = DifferentiableFunction(
      of: [.init("x", point)], forward: { softmax($0[0]) },
      backward: { values, _ in [.zeros(values[0].shape)] })
    #expect(!check(function).passes())
  }

  @Test func `rejects NaN and infinity`() {
    for value in [Double.nan, .infinity] {
      let function = DifferentiableFunction(
        of: [.init("x", point)], forward: { $0[0] },
        backward: { [Tensor(repeating: value, shape: $1.shape)] })
      #expect(!check(function).passes())
    }
    let blind = DifferentiableFunction(
      of: [.init("x", point)], forward: { $0[0] * .nan }, backward: { [$1] })
    #expect(!check(blind).passes())
  }

  @Test func `does not pass when nothing was compared`() {
    #expect(!check(cube(slope: 3, at: .zeros([0, 3]))).passes())
    let none = DifferentiableFunction(
      of: [], forward: { _ in .zeros([1]) }, backward: { _, _ in [] })
    #expect(!check(none).passes())
    #expect(check(none).worst == nil)
  }

  @Test func `reports the argument with the error`() throws {
    let function = DifferentiableFunction(
      of: [.init("left", point), .init("right", point + 1)], forward: { $0[0] * $0[1] },
      backward: { [$1 * $0[1], $1 * $0[1]] })
    let check = check(function)
    #expect(try #require(check.worst).name == "right")
    #expect(check.comparisons[0].relativeError < 1e-10)
  }

  @Test func `stops at a gradient of another shape and reports both`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 8)
      let function = DifferentiableFunction(
        of: [.init("x", Tensor<Double>.zeros([2, 3]))], forward: { $0[0] },
        backward: { _, _ in [.zeros([3, 2])] })
      _ = GradientCheck(function, using: &random)
    }
    #expect(stopMessage(result).contains("must have shape [2, 3], got [3, 2]"))
  }
}
