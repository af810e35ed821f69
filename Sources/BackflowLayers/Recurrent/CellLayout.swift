internal import BackflowKernels

/// The memory and the products that each step of a recurrent cell needs, in units of H columns.
///
/// Here a gate is any part of a step that has H rows of W_ih and of W_hh, such as the three gates
/// and the candidate of an LSTM. A step also has access to the numbers that it keeps for the
/// backward pass, and a backward step to scratch memory.
public struct CellLayout: Sendable {
  /// G, the number of gates: W_ih and W_hh have G·H rows.
  public let gates: Int
  /// K: each step keeps K·H numbers for the backward pass, in addition to its gates and its state.
  public let kept: Int
  /// The number of temporary numbers for each unit that a backward step needs.
  public let scratch: Int
  /// The number of gates, from the last one, whose recurrent weight multiplies the kept numbers of
  /// the step instead of h_{t−1}.
  public let gatesOfKept: Int
  /// Whether the only gate becomes the output. The memory of h_t then initially holds W_ih x_t.
  public let gatesBecomeOutput: Bool
  /// Whether the gradient with respect to W_hh h_{t−1} differs from that with respect to W_ih x_t.
  public let separatesProducts: Bool

  /// A layout of `gates` gates.
  ///
  /// - Precondition: There is at least one gate, and exactly one with `gatesBecomeOutput`.
  ///   `gatesOfKept` is less than `gates`, and 0 unless K = 1.
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

  /// The gates that multiply h_{t−1}, and those that multiply the kept numbers.
  var products: (ofPrevious: Range<Int>, ofKept: Range<Int>) {
    (0..<gates - gatesOfKept, gates - gatesOfKept..<gates)
  }
}
