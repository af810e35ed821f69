import Backflow
import Testing

@Suite struct `A figure of a stability report` {
  private func svg(
    _ weight: Tensor<Double>, steps: Int = 12, title: String = "a weight"
  ) throws -> String {
    var random = RandomSource(seed: 3)
    let report = try Stability.report(
      ofRecurrentWeight: weight, slopeBound: 1, slopeAtRest: 1, steps: steps, using: &random)
    return StabilityFigure(report, title: title).svg
  }

  @Test func `shows every eigenvalue, every step and the unit circle`() throws {
    let names = try elements(svg(.diagonal(Tensor([0.5, -1.5, 2, 0.1]))))
    #expect(names.first == "svg")
    // The unit circle, four eigenvalues, and thirteen norms.
    #expect(names.count { $0 == "circle" } == 1 + 4 + 13)
    #expect(names.count { $0 == "polyline" } == 1)
  }

  @Test func `has the verdict and the number of eigenvalues outside`() throws {
    let svg = try svg(.diagonal(Tensor([0.5, -1.5, 2, 0.1])))
    #expect(svg.contains("may explode · spectral radius 2 · largest singular value 2"))
    #expect(svg.contains("4 eigenvalues, 2 outside the unit circle"))
  }

  @Test func `marks the end of the signal and the circle of a sigmoid`() throws {
    var shift = Tensor<Double>.zeros([3, 3])
    (shift[1, 0], shift[2, 1]) = (1, 1)
    #expect(try svg(shift).contains("exactly 0 from step 3<"))
    var random = RandomSource(seed: 3)
    let report = try Stability.report(
      ofRecurrentWeight: .identity(2), slopeBound: 0.25, slopeAtRest: 0.25, steps: 4,
      using: &random)
    #expect(StabilityFigure(report, title: "σ").svg.contains("1/γ = 4"))
  }

  @Test func `escapes its title`() throws {
    let svg = try svg(.identity(2), title: "a<b> & \"c\"")
    #expect(svg.contains("a&lt;b&gt; &amp; \"c\""))
    _ = try elements(svg)
  }

  @Test(arguments: [0.0, 1e-30, 1, 1e30])
  func `is well-formed for vanishing, constant and exploding signals`(scale: Double) throws {
    for steps in [1, 50, 500] {
      let svg = try svg(Tensor<Double>.identity(3) * scale, steps: steps)
      _ = try elements(svg)
      #expect(!svg.contains("nan"))
      #expect(!svg.contains("inf"))
    }
  }
}
