public import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// What flowed back through a recurrent cell at one training step.
public struct RecurrentSignal<Scalar: RealScalar>: Sendable {
  /// The name of the layer.
  public let layer: String
  /// The cell with its units, and the derivative of each step.
  public let cell: CellTrace<Scalar>
  /// The gradients with respect to output, pre-activations and state at every time step.
  public let trace: BackwardTrace<Scalar>
  /// Their norms.
  let norms: TraceNorms

  init(layer: String, cell: CellTrace<Scalar>, trace: BackwardTrace<Scalar>) {
    let (found, output) = (trace.outputGradient.shape, cell.output.shape)
    require(found == output, "\(layer): a trace of \(found) for a cell with output \(output)")
    (self.layer, self.cell, self.trace, norms) = (layer, cell, trace, TraceNorms(trace))
  }
}
