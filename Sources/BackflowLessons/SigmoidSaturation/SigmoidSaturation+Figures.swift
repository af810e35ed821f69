internal import Backflow
internal import RealModule

extension SigmoidSaturation {
  // MARK: - The local gradient

  /// Draws output and local gradient over the input, and the histogram of the outputs.
  func slopePicture(_ all: [Outcomes]) -> ChartFigure {
    ChartFigure(
      "A saturated unit passes no gradient: where z is binary, z(1 − z) and 1 − z² are zero",
      notes: [
        "Left: output and local gradient. Right: outputs of the first layer for all training images"
          + " before the first step. Large weights make them almost binary."
      ], panels: all.flatMap { [Self.curves(of: $0.unit), histogram($0)] })
  }

  /// Returns the output and the local gradient over the input −8 … 8.
  static func curves(of unit: SaturatingUnit) -> LineChart {
    let inputs = (-80...80).map { Double($0) / 10 }
    let z = unit.output(at: Tensor(inputs))
    return LineChart(
      "\(unit.rawValue): output and local gradient", horizontal: .linear("input a"),
      vertical: .linear("z and \(unit.slopeFormula)"),
      series: [
        .init("forward: z = \(unit.functionFormula)", x: inputs, z.elements, hue: .neutral),
        .init(
          "backward: \(unit.slopeFormula)", x: inputs, unit.slope(where: z).elements, hue: .alarm),
      ],
      marks: [
        .init(at: unit.largestSlope, "largest local gradient: \(unit.largestSlopeText)")
      ])
  }

  private func histogram(_ outcomes: Outcomes) -> LineChart {
    let unit = outcomes.unit
    let series = [outcomes.scaled, outcomes.large].map { outcome in
      LineChart.Series.histogram(
        "\(outcome.name): \(percent(unit.binaryShare(of: outcome.firstOutputs))) nearly binary",
        of: outcome.firstOutputs, in: unit.outputs, hue: outcome.hue)
    }
    return LineChart(
      "\(unit.rawValue): histogram of the outputs", horizontal: .linear("output z"),
      vertical: .linear("share of the outputs, %", 0...60), series: series)
  }

  // MARK: - The speed of the layers

  /// Draws the speed of some layers under plain SGD, and the mean speed of all.
  func speedPicture(_ all: [Outcomes]) -> ChartFigure {
    ChartFigure(
      "Plain SGD moves the lower layers of sigmoids much more slowly than the higher ones",
      notes: [
        "Each sigmoid multiplies the gradient by at most ¼ on its way down, and the rate η of the step"
          + " W ← W − ηW̄ is the same for every layer. Glorot initialization, η = \(figure(plainRate))."
      ],
      panels: all.map { stepPanel($0) } + [speedPanel(all)])
  }

  private func stepPanel(_ outcomes: Outcomes) -> LineChart {
    let hues: [LineChart.Hue] = [.alarm, .accent, .neutral, .calm]
    let layers = hues.indices.map { $0 * (depth - 1) / (hues.count - 1) }
    let speed = outcomes.speed
    return LineChart(
      "\(outcomes.unit.rawValue): length of the steps", horizontal: .linear("step"),
      vertical: .logarithmic("η‖W̄‖ / ‖W‖, mean of \(LayerSpeed.window) steps", 1e-9...1),
      series: zip(layers, hues).reversed().map { layer, hue in
        let addition = layer == 0 ? ", the lowest" : layer == depth - 1 ? ", the highest" : ""
        return LineChart.Series(
          "layer \(layer + 1)\(addition)", x: speed.steps.map { Double($0) },
          speed.lengths.map { $0[layer] }, hue: hue)
      })
  }

  private func speedPanel(_ all: [Outcomes]) -> LineChart {
    let layers = (1...depth).map { Double($0) }
    let hues: [LineChart.Hue] = [.alarm, .calm]
    let quarters = (1...depth).map { Double.pow(0.25, Double(depth - $0)) }
    return LineChart(
      "Speed of each layer", horizontal: .count("layer, from the input"),
      vertical: .logarithmic("mean, relative to the highest layer"),
      series: zip(all, hues).map { outcomes, hue in
        LineChart.Series(
          outcomes.unit.rawValue, x: layers, outcomes.speed.relativeToHighest, hue: hue,
          hasDots: true)
      } + [
        .init("a factor of ¼ per layer", x: layers, quarters, hue: .neutral, isDashed: true)
      ])
  }

  // MARK: - Training

  /// Draws, for each kind of unit, the loss at each step, and the factors by which units and
  /// weights multiply the gradient in each layer.
  func trainingPicture(_ all: [Outcomes]) -> ChartFigure {
    ChartFigure(
      "Saturated units do not learn; weights of the right size and batch normalization cure it",
      notes: [
        "\(depth) layers of \(width) units classify digits. Left: with the accuracy on held-out digits."
          + " Middle and right: the factors by which the local gradients of a layer, and its weights with"
          + " their normalization, multiply the gradient before the first step."
      ],
      panels: all.flatMap { outcomes in
        let unit = outcomes.unit
        return [
          lossPanel(outcomes),
          layerPanel(
            "\(unit.rawValue): local gradients", outcomes, \.unitFactors, at: unit.largestSlope,
            "\(unit.largestSlopeText), the largest value"),
          layerPanel(
            "\(unit.rawValue): weights", outcomes, \.weightFactors,
            at: 1 / unit.largestSlope, "1 / largest local gradient"),
        ]
      })
  }

  private func lossPanel(_ outcomes: Outcomes) -> LineChart {
    LineChart(
      "\(outcomes.unit.rawValue): training", horizontal: .linear("step"),
      vertical: .linear("training loss, nats", 0...4),
      series: outcomes.all.map { outcome in
        LineChart.Series(
          "\(outcome.name): \(percent(outcome.accuracy))",
          x: outcome.training.losses.map { Double($0.step) },
          outcome.training.losses.map(\.value), hue: outcome.hue,
          isDashed: outcome.hue == .neutral)
      }, marks: [.init(at: .log(Double(Digits.classCount)), "uniform guess: ln 10")])
  }

  private func layerPanel(
    _ title: String, _ outcomes: Outcomes, _ factors: (SignalProfile) -> [Double],
    at value: Double, _ label: String
  ) -> LineChart {
    LineChart(
      title, horizontal: .count("layer, from the input"),
      vertical: .logarithmic("‖gradient below‖ / ‖gradient above‖"),
      series: outcomes.all.map { outcome in
        LineChart.Series(
          outcome.name, x: (1...depth).map { Double($0) }, factors(outcome.profile),
          hue: outcome.hue, isDashed: outcome.hue == .neutral, hasDots: true)
      }, marks: [.init(at: value, label)])
  }
}

extension SaturatingUnit {
  fileprivate var functionFormula: String { self == .sigmoid ? "σ(a)" : "tanh a" }
  fileprivate var largestSlopeText: String { self == .sigmoid ? "¼" : "1" }
}
