internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// The rounding errors of one step of a map at a state.
struct MapErrors: Sendable {
  /// A bound of ‖F̂(s) − F(s)‖₂ for the computed F̂(s).
  let step: Double
  /// A bound of ‖Ĵ(s) − J(s)‖₂.
  let jacobian: Double
  /// Whether the bounds follow from the equations of a cell, rather than from the sizes of F and J.
  let isProven: Bool

  /// An estimate for a map whose equations are not known: sums of S products, of the size of ‖J‖_F
  /// ‖s‖, and the result.
  static func estimate(
    _ state: Tensor<Double>, _ jacobian: Tensor<Double>, unit: Double
  ) -> MapErrors {
    let (u, norm) = (Double.ulpOfOne / 2, jacobian.norm())
    let sums = Double(state.count).squareRoot() + 4
    return MapErrors(
      step: sums * u * (1 + norm) * max(unit, state.norm()),
      jacobian: Double(4 * state.count + 8) * u * norm, isProven: false)
  }
}

/// The errors at any state.
typealias MapErrorBound =
  @Sendable (_ state: Tensor<Double>, _ jacobian: Tensor<Double>) ->
  MapErrors

extension Recurrence {
  /// Returns the rounding errors: bounds for the recurrences whose equations are known, otherwise
  /// estimates.
  func mapErrors(unit: Double) throws(LAPACKError) -> MapErrorBound {
    if let known = self as? any EquationsRecurrence,
      let errors = CellErrors(known.cellMap)
    {
      return { state, _ in errors.errors(at: state) }
    }
    if let power = self as? any ComposedRecurrence { return try power.composedErrors(unit: unit) }
    return { MapErrors.estimate($0, $1, unit: unit) }
  }
}

/// Bounds of the rounding errors of a cell, by a running error analysis of its equations (Higham,
/// "Accuracy and Stability of Numerical Algorithms", section 3.3).
///
/// A pre-activation a, a sum of m terms, has an error of at most γ_m times the sum of their
/// absolute values, γ_m = m·u/(1 − m·u), in any order of the sum. tanh and σ are taken to be
/// accurate to 4 ulp, where the kernels were measured to be within 2.7. The errors that follow are
/// of first order, and all bounds are increased by a hundredth for the products of errors.
struct CellErrors: Sendable {
  private let map: CellMap
  private let recurrentSize: Tensor<Double>
  /// Σ_k ‖U_k‖_F, of all matrices that multiply h.
  private let weightNorm: Double

  /// `nil` for equations that are not known or not smooth.
  init?(_ map: CellMap) {
    switch map.equations {
    case .leaky(.relu, _), .other: return nil
    default: break
    }
    self.map = map
    let own = map.recurrent.magnitude
    let all = map.feedbackMagnitude.map { own + $0 } ?? own
    recurrentSize = own
    let gates = own.shape[0] / max(1, map.units)
    weightNorm = (0..<gates).reduce(0) { $0 + map.gate($1, of: all).norm() }
  }

  private static let u = Double.ulpOfOne / 2
  /// The error of tanh and σ, whose values are at most 1.
  private static let function = 8 * u

  /// γ_m for the sums of a pre-activation.
  private var sum: Double {
    let error = Double(map.terms) * CellErrors.u
    return error / (1 - error)
  }

  /// Returns the bounds.
  ///
  /// The derivative of a step is a sum of products of at most five gates, states, and weights; its
  /// error is at most 16·δ·(1 + m)²·(1 + Σ‖U_k‖_F), with the largest error δ of a gate or state and
  /// the largest state m. The product of two weights in the original GRU has its norm twice.
  func errors(at state: Tensor<Double>) -> MapErrors {
    let h = state[0..<map.units].magnitude
    let direct =
      map.feedbackMagnitude.map { map.inputMagnitude + matvec($0, h) } ?? map.inputMagnitude
    let sizes = Sizes(direct: direct, own: matvec(recurrentSize, h) + map.recurrentBias.magnitude)
    let (step, largest, size) =
      switch map.equations {
      case .leaky(let nonlinearity, let leak):
        leaky(h, sizes, slope: nonlinearity.slopeBound, leak)
      case .lstm: lstm(state[map.units..<2 * map.units].magnitude, sizes)
      case .originalGRU: originalGRU(h, sizes)
      default: gru(state[0..<map.units], sizes)
      }
    let weights =
      map.equations == .originalGRU ? (1 + weightNorm) * (1 + weightNorm) : 1 + weightNorm
    let gates = max(largest, sum)
    return MapErrors(
      step: 1.01 * step, jacobian: 16 * gates * (1 + size) * (1 + size) * weights, isProven: true)
  }

  /// The sums of the absolute values of the terms of the pre-activations, [G·H]: those of the input
  /// and those of U h + b_hh.
  private struct Sizes {
    let direct, own: Tensor<Double>
  }

  /// ‖error of F(h) − h‖₂, the largest error of a part, and the largest state.
  private typealias Result = (step: Double, largest: Double, size: Double)

  private func error(_ gate: Int, _ sizes: Sizes, slope: Double) -> Tensor<Double> {
    map.gate(gate, of: sizes.direct + sizes.own) * (sum * slope) + CellErrors.function
  }

  private func leaky(
    _ h: Tensor<Double>, _ sizes: Sizes, slope: Double, _ leak: Double
  ) -> Result {
    let gate = error(0, sizes, slope: slope)
    let step = gate * leak + (h + 1) * (6 * CellErrors.u)
    return (step.norm(), gate.max(), h.max())
  }

  /// h′ = (1 − z) n + z h, n = tanh(a + r ⊙ q)
  private func gru(_ state: Tensor<Double>, _ sizes: Sizes) -> Result {
    let (h, u) = (state.magnitude, CellErrors.u)
    let (r, z) = (error(0, sizes, slope: 0.25), error(1, sizes, slope: 0.25))
    let qError = map.gate(2, of: sizes.own) * sum
    let q =
      (matvec(map.gate(2, of: map.recurrent), state) + map.gate(2, of: map.recurrentBias))
      .magnitude + qError
    let a = map.gate(2, of: sizes.direct)
    let n = a * sum + r * q + qError + (a + q) * (3 * u) + CellErrors.function
    return update(z, n, h, largest: max(r.max(), qError.max()), size: max(h.max(), q.max()))
  }

  /// The same with n = tanh(a + U_n s), s = r ⊙ h.
  private func originalGRU(_ h: Tensor<Double>, _ sizes: Sizes) -> Result {
    let (r, z) = (error(0, sizes, slope: 0.25), error(1, sizes, slope: 0.25))
    let s = (r + 2 * CellErrors.u) * h
    let n = error(2, sizes, slope: 1) + matvec(map.gate(2, of: recurrentSize), s)
    return update(z, n, h, largest: r.max(), size: h.max())
  }

  private func update(
    _ z: Tensor<Double>, _ n: Tensor<Double>, _ h: Tensor<Double>, largest: Double, size: Double
  ) -> Result {
    let step = n + (z + 8 * CellErrors.u) * (h + 1)
    return (step.norm(), max(largest, z.max(), n.max()), size)
  }

  /// c′ = f c + i g, h′ = o tanh c′
  private func lstm(_ c: Tensor<Double>, _ sizes: Sizes) -> Result {
    let u = CellErrors.u
    let (i, f) = (error(0, sizes, slope: 0.25), error(1, sizes, slope: 0.25))
    let (g, o) = (error(2, sizes, slope: 1), error(3, sizes, slope: 0.25))
    let cell = c * (f + 6 * u) + i + g + 6 * u
    let hidden = o + cell + CellErrors.function + 6 * u
    let largest = max(f.max(), g.max(), hidden.max())
    return (Tensor.concatenate([hidden, cell]).norm(), largest, c.max())
  }
}
