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

  /// Draws the distance that the weights of some layers move under plain SGD.
  func speedPicture(_ all: [Outcomes]) -> ChartFigure {
    let hues: [LineChart.Hue] = [.alarm, .accent, .neutral, .calm]
    let layers = hues.indices.map { $0 * (depth - 1) / 3 }
    return ChartFigure(
      "Plain SGD moves the lower layers of sigmoids much more slowly than the higher ones",
      notes: [
        "Each sigmoid multiplies the gradient by at most ¼ on its way down; the step W ← W − ηW̄ of every"
          + " layer has the same η. Glorot initialization, η = \(figure(plainRate))."
      ],
      panels: all.map { outcomes in
        let speed = outcomes.speed
        return LineChart(
          "\(outcomes.unit.rawValue): how far each layer moves", horizontal: .linear("step"),
          vertical: .logarithmic("‖W − W₀‖ / ‖W₀‖", 1e-8...10),
          series: zip(layers, hues).reversed().map { layer, hue in
            LineChart.Series(
              "layer \(layer + 1)" + (layer == 0 ? ", the lowest" : "")
                + (layer == depth - 1 ? ", the highest" : ""),
              x: speed.steps.map { Double($0) }, speed.distances.map { $0[layer] }, hue: hue)
          })
      })
  }

  // MARK: - Training

  /// Draws, for each kind of unit, the loss at each step, and the factors by which units and
  /// weights multiply the gradient in each layer.
  func trainingPicture(_ all: [Outcomes]) -> ChartFigure {
    ChartFigure(
      "Saturated units do not learn; weights of the right size and batch normalization cure it",
      notes: [
        "\(depth) layers of \(width) units classify digits. A layer multiplies the gradient by its"
          + " weights and by its local gradient (measured before the first step)."
      ],
      panels: all.flatMap { outcomes in
        let unit = outcomes.unit
        return [
          lossPanel(outcomes),
          layerPanel(
            "Each layer of \(unit.rawValue) units", outcomes, \.unitFactors, at: unit.largestSlope,
            "\(unit.largestSlopeText), the largest value"),
          layerPanel(
            "Each weight, with its normalization", outcomes, \.weightFactors,
            at: 1 / unit.largestSlope, "the inverse of the largest local gradient"),
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
