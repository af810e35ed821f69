import Backflow

extension Parameterized<Double> {
  /// Returns a copy with random parameters. The biases are random too, because a test with zero
  /// biases cannot detect that one is missing or exchanged with another.
  func drawn(using random: inout RandomSource) -> Self {
    var copy = self
    copy.visitParameters { _, parameter in
      parameter = random.normal(parameter.shape, standardDeviation: 0.5)
    }
    return copy
  }
}
