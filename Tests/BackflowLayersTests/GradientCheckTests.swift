import BackflowGradientCheck
import BackflowLayers
import BackflowLinearAlgebra
import Testing

@Test func tmp() {
  var random = RandomSource(seed: 3)
  let rnn = RNN<Double>(inputSize: 3, hiddenSize: 5, using: &random)
  let f = DifferentiableFunction(rnn, input: random.normal([4, 3, 3]), initialState: random.normal([3, 5]))
  let check = GradientCheck(f, using: &random)
  print(check)
  #expect(check.passes())
}
