internal import BackflowStability
internal import RealModule

extension ChartFigure {
  /// The Lyapunov exponents of a layer, and the running mean of the first.
  static func exponents(of layer: LayerStability) -> ChartFigure? {
    guard let trajectory = layer.trajectory else { return nil }
    let samples = "\(trajectory.samples) sample\(trajectory.samples == 1 ? "" : "s")"
    return ChartFigure(
      "\(layer.name): Lyapunov exponents",
      notes: ["Measured over \(trajectory.steps) steps of \(samples)."],
      panels: [.exponents(of: trajectory), .convergence(of: trajectory)])
  }
}

extension LineChart {
  fileprivate static func exponents(of trajectory: TrajectoryStability) -> LineChart {
    let count = trajectory.exponents.count
    let infinite = trajectory.exponents.count { $0 == -.infinity }
    let bars = zip(trajectory.exponents, trajectory.standardErrors).map { value, error in
      error.isFinite ? value - error...value + error : value...value
    }
    var series = Series(
      "exponents with standard errors" + (infinite > 0 ? "; arrows: \(infinite) of −∞" : ""),
      x: (0..<count).map { Double($0 + 1) }, trajectory.exponents, band: bars,
      hue: trajectory.largest > 0 ? .alarm : .calm, hasDots: true)
    series.hasErrorBars = true
    series.hasArrows = true
    series.hasLine = false
    return LineChart(
      "the largest exponents", horizontal: .count("index i", 0.5...Double(count) + 0.5),
      vertical: .linear("λ_i, nats per step"), series: [series],
      marks: [Mark(at: 0, "0: neither growth nor decay")])
  }

  fileprivate static func convergence(of trajectory: TrajectoryStability) -> LineChart {
    let first = trajectory.first
    let means = first.runningMeans.map { $0.max() ?? -.infinity }
    var series = Series(
      "mean over the first steps" + (means.contains(-.infinity) ? "; arrows: −∞" : ""),
      x: first.runningSteps.map { Double($0) }, means, hue: .calm, hasDots: true)
    series.hasArrows = true
    let rates = [
      (trajectory.largest, "λ₁"), (trajectory.twoTrajectoryRate, "rate of two trajectories"),
      (trajectory.backwardRate, "rate of the backward pass"),
    ].filter { $0.0.isFinite }
    // Lines that would coincide are one.
    let marks = rates.indices.filter { index in
      !rates[..<index].contains { short($0.0) == short(rates[index].0) }
    }.map { index in
      let value = rates[index].0
      let names = rates.filter { short($0.0) == short(value) }.map(\.1)
      return Mark(at: value, "\(names.joined(separator: ", ")): \(short(value))")
    }
    return LineChart(
      "convergence of λ₁ in the first sample", horizontal: .count("steps"),
      vertical: .linear("λ₁, nats per step"), series: [series], marks: marks)
  }
}
