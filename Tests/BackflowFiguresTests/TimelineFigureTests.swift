import Backflow
import Testing

@Suite struct `A time line of findings` {
  /// A training of 100 steps that is saturated up to step 39 and has a NaN at step 60.
  private func monitor() -> HealthMonitor<Double> {
    var monitor = HealthMonitor<Double>()
    for step in 0...100 {
      monitor.observe(step, loss: step == 60 ? .nan : 1 + 1 / Double(step + 1)) {
        let output = Tensor<Double>(repeating: step < 40 ? 1 : 0.5, shape: [4, 16])
        $0.recordActivation("fc<1>", .tanh, output: output)
      }
    }
    return monitor
  }

  @Test func `has a row for each kind and layer, and a bar for its steps`() throws {
    let monitor = monitor()
    let svg = TimelineFigure(monitor.history, losses: monitor.losses).svg
    #expect(svg.contains("saturation, fc&lt;1&gt;") && svg.contains("non finite, the loss"))
    // The bars of the findings have titles with their steps; those of the legend do not.
    let bars = svg.split(separator: "\n").filter { $0.hasPrefix("<rect") && $0.contains("steps") }
    try #require(bars.count == 2)
    #expect(bars[0].contains("failure: steps 0 to 39"))
    #expect(bars[1].contains("steps 60 to 60"))
    // 620 units for 100 steps.
    #expect(bars[0].contains("width=\"241.8\""))
  }

  @Test func `draws the loss above the rows, if it is given`() {
    let monitor = monitor()
    #expect(TimelineFigure(monitor.history, losses: monitor.losses).svg.contains("<polyline"))
    #expect(!TimelineFigure(monitor.history).svg.contains("<polyline"))
  }

  @Test func `says that there is nothing`() {
    let svg = TimelineFigure(HealthMonitor<Float>().history).svg
    #expect(svg.contains("no findings") && !svg.contains("nan"))
  }
}
