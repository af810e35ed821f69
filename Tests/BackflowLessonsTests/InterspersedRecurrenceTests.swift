import Backflow
import BackflowLessons
import Foundation
import TestSupport
import Testing

@Suite struct `A recurrence with a nonlinearity between its steps` {
  let size = 6
  let steps = 30

  private func norms(
    _ radius: Double, _ nonlinearity: InterspersedRecurrence.Nonlinearity
  ) -> [Double] {
    var random = RandomSource(seed: 4)
    let q: Tensor<Double> = Initializer.orthogonal()([size, size], using: &random)
    let (start, vector): (Tensor<Double>, Tensor<Double>) = (
      random.normal([size]), random.normal([size])
    )
    let recurrence = InterspersedRecurrence(q * radius, nonlinearity)
    let states = recurrence.forward(from: start, steps: steps)
    return recurrence.backward(vector / vector.norm(), states).map { $0.norm() }
  }

  @Test(arguments: [0.5, 1, 3])
  func `grows by exactly |λ₁| at each step back without one`(radius: Double) {
    let relative = norms(radius, .none).enumerated().map { $1 / pow(radius, Double($0)) }
    expectClose(
      relative, [Double](repeating: 1, count: steps + 1),
      Tolerance(Double.self, length: size * steps, scale: 1))
  }

  // |φ′| ≤ 1, and < 1 where the state is not 0.
  @Test(arguments: [InterspersedRecurrence.Nonlinearity.relu, .tanh], [0.5, 1, 3])
  func `grows by less with one`(
    nonlinearity: InterspersedRecurrence.Nonlinearity, radius: Double
  ) {
    let norms = norms(radius, nonlinearity)
    for (steps, norm) in norms.enumerated().dropFirst() {
      #expect(norm < norms[steps - 1] * radius * (1 + 1e-12))
      #expect(norm > 0)
    }
    #expect(norms[steps] < 0.99 * pow(radius, Double(steps)))
  }

  @Test(arguments: [(InterspersedRecurrence.Nonlinearity.relu, Nonlinearity.relu), (.tanh, .tanh)])
  func `has the passes of the cell of the library`(
    written: InterspersedRecurrence.Nonlinearity, nonlinearity: Nonlinearity
  ) {
    var random = RandomSource(seed: 5)
    let w: Tensor<Double> = random.normal([size, size])
    let (start, gradient): (Tensor<Double>, Tensor<Double>) = (
      random.normal([size]), random.normal([size])
    )
    let recurrence = InterspersedRecurrence(w, written)
    let states = recurrence.forward(from: start, steps: 4)
    let gradients = recurrence.backward(gradient, states)

    let cell = VanillaCell(
      GateWeights(
        input: .zeros([size, 1]), recurrent: w, inputBias: .zeros([size]),
        recurrentBias: .zeros([size])), nonlinearity: nonlinearity)
    let network = RNN(cells: [[cell]])
    let (outputs, _, cache) = network.forward(
      .zeros([4, 1, 1]), initialState: [start.reshaped(to: [1, size])])
    let (_, _, _, traces) = network.tracedBackward(
      .zeros([4, 1, size]), finalStateGradient: [gradient.reshaped(to: [1, size])], cache)
    let tolerance = Tolerance(Double.self, length: 4 * size, scale: 100)
    expectClose(Tensor.stack(Array(states.dropFirst())).elements, outputs.elements, tolerance)
    expectClose(
      Tensor.stack(gradients.reversed()).elements, traces[0].stateGradients[0].elements, tolerance)
  }
}
