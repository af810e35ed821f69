internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// The norms of the gradients that flowed back through a recurrent cell, for each time step.
struct TraceNorms: Sendable {
  /// ‖ȳ_t‖ of each step 1 … T
  private(set) var outputs: [Double] = []
  /// ‖ā_t‖ of the same steps
  private(set) var preactivations: [Double] = []
  /// For each tensor of the state, the norms of the gradients from later steps, T + 1 entries, of
  /// which the last is that of the final state
  private(set) var states: [[Double]]

  /// Measured in one pass over ȳ and the gradients of the state; the steps are divided among
  /// threads.
  init<Scalar: RealScalar>(_ trace: BackwardTrace<Scalar>) {
    let output = trace.outputGradient.shape
    let perStep = max(output[1] * output[2] * (1 + trace.stateGradients.count), 1)
    let parts = Threads.map(output[0], grain: VectorKernels.elementsPerThread / perStep) { steps in
      TraceNorms(trace, of: steps)
    }
    states = trace.stateGradients.map { [VectorKernels.norm($0[0..<1].span)] }
    preactivations = trace.preactivationNorms
    for part in parts {
      outputs += part.outputs
      for state in states.indices { states[state] += part.states[state] }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private init<Scalar: RealScalar>(_ trace: BackwardTrace<Scalar>, of steps: Range<Int>) {
    let size = trace.outputGradient.shape[1] * trace.outputGradient.shape[2]
    states = trace.stateGradients.map { _ in [] }
    for t in steps {
      let (here, next) = (t * size..<(t + 1) * size, (t + 1) * size..<(t + 2) * size)
      outputs.append(VectorKernels.norm(trace.outputGradient.span.extracting(here)))
      for (state, gradient) in trace.stateGradients.enumerated() {
        states[state].append(VectorKernels.norm(gradient.span.extracting(next)))
      }
    }
  }

  /// ‖ȳ‖ of all steps
  var output: Double { outputs.reduce(0, Double.hypot) }

  /// Whether all norms are finite, and with them all elements of the tensors.
  var areFinite: Bool {
    (outputs + preactivations + states.joined()).allSatisfy(\.isFinite)
  }
}
