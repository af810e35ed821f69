/// The equations of a recurrent cell by name. Analyses whose bounds follow from the equations, such
/// as those of `BackflowStability`, choose the bound with it.
public enum CellEquations: Sendable, Equatable {
  /// h_t = (1 − leak) h_{t−1} + leak φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh). The vanilla network
  /// has a leak of 1.
  case leaky(Nonlinearity, leak: Double)
  /// A long short-term memory, with the gates i f g o.
  case lstm
  /// A gated recurrent unit with the gates r z n, and the reset gate after the product.
  case gru
  /// A gated recurrent unit with the gates r z n, and the reset gate before the product.
  case originalGRU
  /// Other equations.
  case other
}
