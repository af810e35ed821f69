public import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra

/// k steps of a recurrence as one step, F^k. Its fixed points are the cycles of F whose length
/// divides k.
///
/// The input, if there is one, is that of step 0 at every step.
public struct PowerRecurrence<Base: Recurrence>: Recurrence {
  /// F
  public let base: Base
  /// k
  public let power: Int

  /// F^k
  ///
  /// - Precondition: The power is positive.
  public init(_ base: Base, power: Int) {
    require(power > 0, "PowerRecurrence: the power must be positive, got \(power)")
    (self.base, self.power) = (base, power)
  }

  /// S
  public var stateSize: Int { base.stateSize }
  /// The output of F.
  public var outputRange: Range<Int> { base.outputRange }
  /// `nil`, because the input is constant.
  public var stepLimit: Int? { nil }
  /// s_0, [S].
  public var initialState: Tensor<Double> { base.initialState }

  /// Returns the states after the steps of k steps each, [B, S].
  public func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double> {
    (0..<steps.count * power).reduce(states) { states, _ in base.advance(states, through: 0..<1) }
  }

  /// Returns the steps of one trajectory with the products of k Jacobians.
  public func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep] {
    var state = state
    return steps.map { _ in
      let orbit = orbit(from: state)
      let jacobian = orbit.reduce(Tensor<Double>.identity(stateSize)) {
        $1.derivative.multiply($0)
      }
      state = orbit[power - 1].state
      return RecurrenceStep(state: state, derivative: MatrixDerivative(jacobian))
    }
  }

  /// Returns k steps of the base.
  private func orbit(from state: Tensor<Double>) -> [RecurrenceStep] {
    var orbit: [RecurrenceStep] = []
    for _ in 0..<power {
      orbit += base.linearize(0..<1, from: orbit.last?.state ?? state)
    }
    return orbit
  }
}

/// A recurrence that is composed of steps of another one.
protocol ComposedRecurrence: Recurrence {
  /// The map of the base, if its equations are known.
  var baseMap: CellMap? { get }
  func composedVariation(unit: Double) throws(LAPACKError) -> JacobianVariationBound
  func composedErrors(unit: Double) throws(LAPACKError) -> MapErrorBound
}

extension PowerRecurrence: ComposedRecurrence {
  var baseMap: CellMap? {
    (base as? any EquationsRecurrence)?.cellMap ?? (base as? any ComposedRecurrence)?.baseMap
  }

  /// Returns a bound from those of the factors: with M_j ≥ ‖J‖ and L_j in the ball of radius r_j
  /// about the orbit's state s_j, r_{j+1} = M_j r_j,
  ///
  ///     L = Σ_j (Π_{i>j} M_i) L_j (Π_{i<j} M_i)²
  func composedVariation(unit: Double) throws(LAPACKError) -> JacobianVariationBound {
    let factor = try base.jacobianVariation(unit: unit)
    return { state in
      let first = 1e-3 * max(unit, state.maxMagnitude())
      var (radius, growth, sum, isProven) = (first, 1.0, 0.0, true)
      var before = state
      for step in orbit(from: state) {
        let variation = factor(before)
        let bound = step.derivative.matrix.norm() + variation.constant * radius
        // The sum so far is multiplied by the Jacobians that follow.
        sum = sum * bound + variation.constant * growth * growth
        isProven = isProven && variation.isProven && radius <= variation.radius
        (growth, radius, before) = (growth * bound, radius * bound, step.state)
      }
      return JacobianVariation(constant: sum, radius: first, isProven: isProven)
    }
  }

  /// Returns the errors of k steps from those of one, with M_j and L_j as in `composedVariation`:
  ///
  ///     e_{j+1} = M_j e_j + step_j,   E_{j+1} = M_j E_j + (Π_{i<j} M_i) (L_j e_j + jacobian_j)
  ///
  /// for the state and the product of Jacobians, whose products round by γ_S ‖·‖_F ‖·‖_F.
  func composedErrors(unit: Double) throws(LAPACKError) -> MapErrorBound {
    let factor = try base.jacobianVariation(unit: unit)
    let errors = try base.mapErrors(unit: unit)
    let product = 1.01 * Double(stateSize) * Double.ulpOfOne / 2
    return { state, _ in
      var (error, jacobianError, growth, isProven) = (0.0, 0.0, 1.0, true)
      var before = state
      for step in orbit(from: state) {
        let (variation, matrix) = (factor(before), step.derivative.matrix)
        let own = errors(before, matrix)
        let bound = matrix.norm() + variation.constant * error + own.jacobian
        jacobianError =
          bound * jacobianError
          + growth * (variation.constant * error + own.jacobian + product * bound)
        isProven =
          isProven && variation.isProven && own.isProven && error <= variation.radius
        (error, growth, before) = (bound * error + own.step, growth * bound, step.state)
      }
      return MapErrors(step: 1.01 * error, jacobian: 1.01 * jacobianError, isProven: isProven)
    }
  }
}
