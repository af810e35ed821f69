internal import Backflow

/// The norm of a gradient after each number of steps back through recurrences with the same random
/// orthogonal matrix Q, W = ρ Q, for some ρ = |λ₁|: without a nonlinearity, and with each.
struct InterspersedNorms {
  /// ρ
  let radii: [Double]
  /// ‖h̄‖ after 0, 1, … T steps back for each ρ.
  private let norms: [InterspersedRecurrence.Nonlinearity: [[Double]]]

  init(radii: [Double], size: Int, steps: Int, using random: inout RandomSource) {
    let q: Tensor<Double> = Initializer.orthogonal()([size, size], using: &random)
    let start: Tensor<Double> = random.normal([size])
    let vector: Tensor<Double> = random.normal([size])
    let gradient = vector / vector.norm()
    self.radii = radii
    norms = Dictionary(
      uniqueKeysWithValues: InterspersedRecurrence.Nonlinearity.allCases.map { nonlinearity in
        let curves = radii.map { radius in
          let recurrence = InterspersedRecurrence(q * radius, nonlinearity)
          let states = recurrence.forward(from: start, steps: steps)
          return recurrence.backward(gradient, states).map { $0.norm() }
        }
        return (nonlinearity, curves)
      })
  }

  /// Returns the norms for each ρ.
  subscript(nonlinearity: InterspersedRecurrence.Nonlinearity) -> [[Double]] {
    norms[nonlinearity] ?? []
  }

  /// The largest ratio of a norm with a nonlinearity to ρ^k.
  var largestRatio: Double {
    [.relu, .tanh].flatMap { self[$0] }.enumerated().flatMap { index, norms in
      zip(norms, self[.none][index % radii.count]).map { $0 / $1 }
    }.max() ?? .nan
  }
}
