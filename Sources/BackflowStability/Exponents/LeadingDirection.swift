public import BackflowKernels
public import BackflowLinearAlgebra

/// The first vector of the basis of a Lyapunov spectrum, along which λ_1 is measured, before the
/// first and after the last of the steps that are averaged.
public struct LeadingDirection: Sendable {
  /// The steps that are averaged.
  public let steps: Range<Int>
  /// The vector before the first step, [S], with norm 1.
  public let start: Tensor<Double>
  /// The vector after the last step, [S], with norm 1: J_T ⋯ J_1 q_start, scaled.
  public let end: Tensor<Double>
}
