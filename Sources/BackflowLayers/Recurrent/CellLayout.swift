internal import BackflowKernels

/// What a recurrent cell computes with at each step, in units of H columns.
public struct CellLayout: Sendable {
  /// G, the number of gates: W_ih and W_hh have G·H rows.
  public let gates: Int
  /// K: a step keeps K·H numbers for the backward pass beside its gates and its state.
  public let kept: Int
  /// How many numbers for each unit a backward step needs beside its results, of which none is kept.
  public let scratch: Int
  /// Whether the output is computed in the place of the one gate, so that h_t holds W_ih x_t first.
  public let gatesBecomeOutput: Bool
  /// Whether the gradient with respect to W_hh h_{t−1} differs from that with respect to W_ih x_t.
  public let separatesProducts: Bool
  /// The products with the recurrent weight, in the order of the gates.
  public let products: [Product]

  /// The product of some rows of W_hh, those of the gates in a range, with a vector of the step.
  public struct Product: Sendable {
    /// The vector that the recurrent weight is multiplied by.
    public enum Factor: Sendable {
      /// h_{t−1}, the output of the step before.
      case previousOutput
      /// What the step keeps, K = 1.
      case kept
    }
    /// The gates whose rows of W_hh take part.
    public let gates: Range<Int>
    /// The vector by which they are multiplied.
    public let factor: Factor

    /// The product of the rows of `gates` with `factor`.
    public init(gates: Range<Int>, factor: Factor) { (self.gates, self.factor) = (gates, factor) }
  }

  /// A layout of `gates` gates.
  ///
  /// - Parameter products: The products with the recurrent weight; one with h_{t−1} for all gates if
  ///   `nil`.
  /// - Precondition: The products cover the gates in order; one gate for `gatesBecomeOutput`; K = 1 for
  ///   a product with what is kept.
  public init(
    gates: Int, kept: Int = 0, scratch: Int = 0, gatesBecomeOutput: Bool = false, separatesProducts: Bool = false,
    products: [Product]? = nil
  ) {
    let products = products ?? [Product(gates: 0..<gates, factor: .previousOutput)]
    require(
      gates >= 1
        && products.reduce(0) { $1.gates.lowerBound == $0 ? $1.gates.upperBound : -1 } == gates,
      "the products \(products.map(\.gates)) do not cover \(gates) gates in order")
    require(
      (!gatesBecomeOutput || gates == 1)
        && (kept == 1 || products.allSatisfy { $0.factor == .previousOutput }),
      "a layout of \(gates) gates that keeps \(kept) numbers for each unit")
    (self.gates, self.kept, self.scratch, self.products) = (gates, kept, scratch, products)
    (self.gatesBecomeOutput, self.separatesProducts) = (gatesBecomeOutput, separatesProducts)
  }
}
