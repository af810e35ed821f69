public import BackflowKernels
public import BackflowLinearAlgebra

/// The settings of a search for fixed points and cycles.
public struct FixedPointSettings: Sendable {
  /// The number of random starts of a round.
  public var randomStarts: Int = 64
  /// The number of rounds of random starts, of which the second and later ones take place only
  /// while the index sum shows that a point is missing; `nil` for 4 up to a state of 32 numbers,
  /// and 1 beyond.
  public var rounds: Int?
  /// The box in which random starts are drawn, with the least and the largest value of each element
  /// of the state, [S] each. If it is `nil`, it is the box that the map does not leave, if one is
  /// known, and otherwise twice the box that a trajectory from the initial state visits.
  public var region: (least: Tensor<Double>, largest: Tensor<Double>)?
  /// The largest number of iterations of Newton's method from a start.
  public var iterations: Int = 40
  /// A Lipschitz constant of the Jacobian in the 2-norm, for a map whose equations are not known.
  public var lipschitzConstant: Double?
  /// The largest number of slow points.
  public var slowPoints: Int = 4
  /// The number of leading modes of each point that are described with their eigenvectors.
  public var modes: Int = 4
  /// Δt, the duration of a step in milliseconds, or `nil` to state times in steps only.
  public var millisecondsPerStep: Double?
  /// W_out, [O, number of outputs], a read-out with which the right eigenvectors are compared.
  public var readout: Tensor<Double>?
  /// The largest number of ReLU units n for which all 2ⁿ activation patterns are tried, in
  /// 0 ... 20.
  public var enumeratedUnits: Int = 12 {
    didSet {
      require(
        (0...20).contains(enumeratedUnits),
        "the number of enumerated units must be in 0 ... 20, because every unit doubles the"
          + " activation patterns, got \(enumeratedUnits)")
    }
  }

  /// The default settings.
  public init() {}
}
