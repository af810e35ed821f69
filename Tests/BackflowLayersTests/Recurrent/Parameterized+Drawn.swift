import Backflow

extension Parameterized<Double> {
  /// The same with every parameter drawn anew, the biases too: zero biases would hide that one is
  /// missing or in another's place.
  func drawn(using random: inout RandomSource) -> Self {
    var copy = self
    copy.visitParameters { _, parameter in
      parameter = random.normal(parameter.shape, standardDeviation: 0.5)
    }
    return copy
  }
}
