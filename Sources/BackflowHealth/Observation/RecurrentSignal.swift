public import BackflowKernels
public import BackflowLayers

/// What flowed back through a recurrent cell at one training step.
public struct RecurrentSignal<Scalar: RealScalar>: Sendable {
  /// The name of the layer.
  public let layer: String
  /// The gradients with respect to output, pre-activations and state at every time step.
  public let trace: BackwardTrace<Scalar>
  /// Their norms.
  let norms: TraceNorms

  init(layer: String, trace: BackwardTrace<Scalar>) {
    (self.layer, self.trace, norms) = (layer, trace, TraceNorms(trace))
  }
}
