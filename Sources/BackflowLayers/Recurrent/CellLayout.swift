internal import BackflowKernels

/// What a recurrent cell computes with at each step, in units of H columns.
public struct CellLayout: Sendable {
  /// G, the number of gates: W_ih and W_hh have G·H rows.
  public let gates: Int
  /// K: a step keeps K·H numbers for the backward pass beside its gates and its state.
  public let kept: Int
  /// How many numbers for each unit a backward step needs beside its results; none of them is kept.
  public let scratch: Int
  /// How many of the gates, the last ones, multiply what the step keeps by the recurrent weight instead of
  /// h_{t−1}.
  public let gatesOfKept: Int
  /// Whether the output is computed in the place of the one gate, so that h_t holds W_ih x_t first.
  public let gatesBecomeOutput: Bool
  /// Whether the gradient with respect to W_hh h_{t−1} differs from that with respect to W_ih x_t.
  public let separatesProducts: Bool

  /// A layout of `gates` gates.
  ///
  /// - Precondition: At least one gate, exactly one for `gatesBecomeOutput`; K = 1 for a product with what
  ///   is kept, which fewer than all gates may have.
  public init(
    gates: Int, kept: Int = 0, scratch: Int = 0, gatesOfKept: Int = 0,
    gatesBecomeOutput: Bool = false, separatesProducts: Bool = false
  ) {
    require(gates >= 1, "CellLayout: a cell has at least 1 gate, got \(gates)")
    require(
      kept >= 0 && scratch >= 0,
      "CellLayout: kept \(kept) and scratch \(scratch) must not be negative")
    require(
      !gatesBecomeOutput || gates == 1, "CellLayout: one gate can become the output, got \(gates)")
    require(
      gatesOfKept == 0 || (0..<gates).contains(gatesOfKept) && kept == 1,
      "CellLayout: gatesOfKept must be less than the \(gates) gates and needs 1 kept value, got"
        + " \(gatesOfKept) with \(kept)")
    (self.gates, self.kept, self.scratch) = (gates, kept, scratch)
    self.gatesOfKept = gatesOfKept
    (self.gatesBecomeOutput, self.separatesProducts) = (gatesBecomeOutput, separatesProducts)
  }

  /// The gates that multiply h_{t−1}, and those that multiply what is kept.
  var products: (ofPrevious: Range<Int>, ofKept: Range<Int>) {
    (0..<gates - gatesOfKept, gates - gatesOfKept..<gates)
  }
}
