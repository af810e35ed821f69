internal import BackflowHealth

extension TrainingReport {
  /// The gradients at the outputs and parameters of the layers.
  var layerPart: Part? {
    let color = LineChart.Scale.logarithmic("norm of the gradient")
    let output = heatMap("gradient at the output of each layer", color: color) { profile in
      profile.layers.map { ($0.name, $0.output) }
    }
    let parameters = heatMap("gradient of the parameters of each layer", color: color) { profile in
      profile.layers.compactMap { layer in layer.parameters.map { (layer.name, $0) } }
    }
    return Part(
      "Gradient by layer",
      maps: [("gradient-output.svg", output), ("gradient-parameters.svg", parameters)],
      caption: "The layers follow from the input at the top to the output at the bottom; a layer"
        + " that is much darker than those below it receives almost no gradient, and one that is"
        + " much lighter receives a gradient that has grown on its way.")
  }

  /// The gradients at the time steps of recurrent cells.
  var timePart: Part? {
    let names = distinct(profiles.flatMap { $0.profile.recurrences.map(\.name) })
    return Part(
      "Gradient by time step",
      maps: zip(names, fileNames(of: names)).map { name, file in
        ("gradient-time-\(file).svg", heatMap(ofCell: name))
      },
      caption:
        "Colors that darken toward the first time steps, at the bottom, show how far back the"
        + " network can learn from what comes last; colors that become lighter there show a gradient"
        + " that grows on its way back.")
  }

  private func heatMap(ofCell name: String) -> HeatMap {
    let profiles = profilesInOrder
    let columns = profiles.map { step in
      step.value.recurrences.first { $0.name == name }?.states ?? []
    }
    return HeatMap(
      "\(name): gradient at each time step", columns: profiles.map { Double($0.step) },
      label: "training step", rows: .numbered("time step"),
      values: (0..<(columns.map(\.count).max() ?? 0)).map { t in
        columns.map { t < $0.count ? $0[t] : nil }
      }, color: .logarithmic("norm of the gradient with respect to the state"))
  }

  /// The saturated shares of the units.
  var saturationPart: Part? {
    let map = heatMap("saturated outputs", color: .linear("share, %", 0...100)) { profile in
      profile.saturations.map { share in
        (share.name + (share.gate.map { " \($0)" } ?? ""), 100 * (share.low + share.high))
      }
    }
    return Part(
      "Saturation", maps: [("saturation.svg", map)],
      caption: "The share of outputs that are so close to a limit of their nonlinearity that almost"
        + " no gradient passes; a layer near 100 % hardly learns, while a gate may be open or closed"
        + " for good reason.")
  }

  /// A heat map of a quantity of each layer over the training steps, or `nil` without values.
  private func heatMap(
    _ title: String, color: LineChart.Scale,
    _ values: (GradientProfile) -> [(name: String, value: Double)]
  ) -> HeatMap? {
    let profiles = profilesInOrder
    let columns = profiles.map {
      Dictionary(values($0.value).map { ($0.name, $0.value) }, uniquingKeysWith: Double.maximum)
    }
    let names = distinct(profiles.flatMap { values($0.value).map(\.name) })
    guard !names.isEmpty else { return nil }
    return HeatMap(
      title, columns: profiles.map { Double($0.step) }, label: "training step",
      rows: .named(names), values: names.map { name in columns.map { $0[name] } }, color: color)
  }

  private var profilesInOrder: [(step: Int, value: GradientProfile)] {
    latest(of: profiles.map { (step: $0.step, value: $0.profile) })
  }

  /// The different names in the order in which they come first.
  private func distinct(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
