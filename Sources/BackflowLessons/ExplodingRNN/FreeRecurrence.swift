internal import Backflow
internal import RealModule

/// A recurrence without input, x = 0. Every step of its backward pass multiplies the gradient by
/// one matrix.
///
///     h_t = φ(W h_{t−1}),   δ_{t−1} = Wᵀ (φ′(a_t) ⊙ δ_t)
///
/// The states are small enough that φ′ = 1. ‖δ‖ after k steps back then approaches |λ₁|^k times the
/// component of δ along the eigenvector of λ₁, the eigenvalue of largest magnitude.
struct FreeRecurrence {
  /// The name in findings.
  let name: String
  /// The norm of the gradient with respect to the state after 0 … T steps back, from a gradient of
  /// norm 1 at the last state.
  let norms: [Double]
  /// |λ₁|^k times the component along the eigenvector, for the same k, or empty if unknown.
  let predicted: [Double]
  /// The findings of a health monitor.
  let findings: [Finding]
  /// The effect of clipping the gradients of the parameters to a norm of 1.
  let clipping: ClippedStep

  /// The factor per step, over the second half of the steps back.
  var factorPerStep: Double {
    let half = norms.count / 2
    let (from, to) = (norms[half], norms[norms.count - 1])
    return Double.pow(to / from, 1 / Double(norms.count - 1 - half))
  }
}

extension FreeRecurrence {
  /// Creates a vanilla recurrence with symmetric W, [H, H], where λ₁ = `radius` and the other
  /// eigenvalues are at most 0.7 times as large.
  static func vanilla(
    radius: Double, size: Int, steps: Int, using random: inout RandomSource
  ) throws -> FreeRecurrence {
    let q: Tensor<Double> = Initializer.orthogonal()([size, size], using: &random)
    var eigenvalues = random.uniform([size], in: -0.7 * radius..<0.7 * radius, as: Double.self)
    eigenvalues[0] = radius
    let network = RNN(cells: [
      [
        VanillaCell(
          GateWeights(
            input: .zeros([size, 1]), recurrent: matmul(q * eigenvalues, q.transposed),
            inputBias: .zeros([size]), recurrentBias: .zeros([size])))
      ]
    ])
    // δ has the same component along every eigenvector.
    let part = 1 / Double(size).squareRoot()
    let direction = matvec(q, Tensor(repeating: part, shape: [size]))
    return try FreeRecurrence(
      "rnn(\(figure(radius)))", network, gradient: direction.reshaped(to: [1, size]),
      predicted: (0...steps).map { part * Double.pow(radius, Double($0)) }, steps: steps,
      using: &random
    ) { $0.recordRecurrent($1, network, $2, traces: $3) }
  }

  /// Creates an LSTM with random weights. The gradient enters through its cell state.
  static func lstm(
    forgetBias: Double, size: Int, steps: Int, using random: inout RandomSource
  ) throws -> FreeRecurrence {
    let network = LSTM<Double>(
      inputSize: 1, hiddenSize: size, forgetBias: forgetBias, using: &random)
    let vector: Tensor<Double> = random.normal([1, size])
    let direction = vector / vector.norm()
    return try FreeRecurrence(
      "lstm(\(figure(forgetBias)))", network,
      gradient: LSTMState(hidden: .zeros([1, size]), cell: direction), predicted: [],
      steps: steps, using: &random
    ) { $0.recordRecurrent($1, network, $2, traces: $3) }
  }

  /// Runs `network` from a small state, and propagates `gradient`, with respect to its last state,
  /// back to the first.
  private init<Cell: RecurrentCell<Double>>(
    _ name: String, _ network: Recurrent<Cell>, gradient: Cell.State, predicted: [Double],
    steps: Int, using random: inout RandomSource,
    _ show: (
      inout StepObservation<Double>, String, Recurrent<Cell>.Cache, [BackwardTrace<Double>]
    ) -> Void
  ) throws {
    let size = network.hiddenSize
    let start = Cell.State(
      tensors: gradient.tensors.map { random.normal($0.shape, standardDeviation: 1e-9) })
    let (_, _, cache) = network.forward(.zeros([steps, 1, 1]), initialState: [start])
    let (_, _, gradients, traces) = network.tracedBackward(
      .zeros([steps, 1, size]), finalStateGradient: [gradient], cache)

    let states = traces[0].stateGradients
    norms = (0...steps).reversed().map { t in
      Tensor(states.map { $0.select(t).norm() }).norm()
    }
    var clipped = gradients
    try clipGradientNorm(&clipped, to: 1)
    clipping = ClippedStep(before: gradients, after: clipped)
    var observation = StepObservation<Double>(step: 0)
    show(&observation, name, cache, traces)
    var health = HealthMonitor<Double>()
    health.judge(observation)
    findings = health.findings.filter {
      [.vanishingGradient, .explodingGradient].contains($0.kind)
    }
    (self.name, self.predicted) = (name, predicted)
  }
}
