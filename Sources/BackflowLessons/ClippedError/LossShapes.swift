internal import Backflow

/// The losses of a single error δ and their gradients: the square, the square of the clipped error,
/// and Huber's loss, which is the square with a clipped gradient.
package struct LossShapes {
  /// The limit k.
  package let limit: Float = 1
  /// The errors δ.
  package let errors = (-160...160).map { Float($0) / 40 }

  package init() {}

  /// Returns ½ δ² and δ.
  package func square(_ error: Float) -> (loss: Double, gradient: Double) {
    (Double(error * error / 2), Double(error))
  }

  /// Returns the loss and the gradient of an error that is clipped and then squared.
  package func clippedSquare(_ error: Float) -> (loss: Double, gradient: Double) {
    let (loss, gradient) = squareOfClipped(Tensor([error]), Tensor([0]), limit: limit)
    return (Double(loss), Double(gradient[0]))
  }

  /// Returns Huber's loss and its gradient.
  package func huber(_ error: Float) -> (loss: Double, gradient: Double) {
    let (loss, gradient) = squareOfClippedGradient(Tensor([error]), Tensor([0]), limit: limit)
    return (Double(loss), Double(gradient[0]))
  }

  /// Draws loss and gradient against δ.
  var picture: ChartFigure {
    func panel(
      _ title: String, _ label: String, _ range: ClosedRange<Double>,
      _ part: ((loss: Double, gradient: Double)) -> Double
    ) -> LineChart {
      func series(
        _ name: String, _ shape: (Float) -> (loss: Double, gradient: Double), _ hue: LineChart.Hue,
        isDashed: Bool = false
      ) -> LineChart.Series {
        LineChart.Series(
          name, x: errors.map { Double($0) }, errors.map { part(shape($0)) }, hue: hue,
          isDashed: isDashed)
      }
      return LineChart(
        title, horizontal: .linear("error δ"), vertical: .linear(label, range),
        series: [
          series("½ δ², not clipped", square, .neutral, isDashed: true),
          series("½ clip(δ)²: error clipped, then squared", clippedSquare, .alarm),
          series("Huber's loss: gradient clipped", huber, .calm),
        ],
        marks: [
          .init(at: -1, "δ = ±k, k = 1", isVertical: true), .init(at: 1, "", isVertical: true),
        ])
    }
    return ChartFigure(
      "Both losses are robust to large errors, but one has no gradient there",
      notes: ["Beyond ±k, the clipped square is constant: nothing is learned from such errors."],
      panels: [
        panel("Forward: the loss", "loss", 0...4.2, \.loss),
        panel("Backward: the gradient", "∂loss/∂δ", -2.1...2.1, \.gradient),
      ])
  }
}
