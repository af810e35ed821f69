internal import BackflowKernels
internal import RealModule

/// The norm of a sequence at every step, gathered by threads that each have some of the samples.
struct StepNorms: Sendable {
  private(set) var norms: [Double]

  /// Of `time` steps, or of none if nobody asks for them.
  init(time: Int, traced: Bool) { norms = Array(repeating: 0, count: traced ? time : 0) }

  /// Of all samples, from those of the parts.
  init(_ parts: [StepNorms]) {
    norms = parts.first?.norms ?? []
    for part in parts.dropFirst() { norms = zip(norms, part.norms).map { .hypot($0, $1) } }
  }

  mutating func note<Scalar>(_ rows: RowsView<Scalar>, at t: Int) {
    if !norms.isEmpty { norms[t] = rows.norm() }
  }
}
