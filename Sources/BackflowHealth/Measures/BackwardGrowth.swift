public import BackflowKernels
internal import RealModule

/// The growth of gradients in a recurrent cell, from norms that the backward pass has left.
///
///     growth = max over t of ‖s̄_t‖ / √(Σ_{s > t} ‖g_s‖²)
///
/// where s̄_t is the gradient that later steps carry into the state after t steps, and g_s the
/// gradient that enters at step s, from the layers above and from the final state. If each step
/// passes on at most what it receives, the sum of m gradients is no longer than √m times the root
/// of their sum of squares, by the inequality of Cauchy and Schwarz: a growth above √m means that
/// a product of Jacobians is larger than 1.
public struct BackwardGrowth: Sendable, Equatable {
  /// The growth.
  public let factor: Double
  /// t, the number of steps before the state at which it is largest.
  public let state: Int
  /// m, the number of steps after that state at which a gradient enters; the final state counts as
  /// one more.
  public let entries: Int

  /// The growth of a signal; `nil` if no finite gradient entered. O(T)
  public init?<Scalar: RealScalar>(_ signal: RecurrentSignal<Scalar>) {
    let norms = signal.norms
    func norm(ofState t: Int) -> Double { norms.states.reduce(0) { .hypot($0, $1[t]) } }
    var entered = norm(ofState: norms.outputs.count)
    var (entries, found) = (entered > 0 ? 1 : 0, nil as (Double, Int, Int)?)
    for t in norms.outputs.indices.reversed() {
      entered = .hypot(entered, norms.outputs[t])
      if norms.outputs[t] > 0 { entries += 1 }
      let factor = norm(ofState: t) / entered
      if factor.isFinite, factor > found?.0 ?? -1 { found = (factor, t, entries) }
    }
    guard let found else { return nil }
    (factor, state, self.entries) = found
  }
}
