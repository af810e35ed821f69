internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// The gradient that entered a recurrent cell last, for one sample, and its way back through the
/// transposed Jacobians of the steps.
///
/// Gradients that entered at earlier steps play no part, so that the lengths on the way are those
/// of a product of Jacobians, whether the loss acts at one step or at all of them.
struct LastGradient<Scalar: RealScalar> {
  private let cell: CellTrace<Scalar>
  private let sample: Int
  /// The step at whose output the gradient entered, from 0.
  private let step: Int
  /// g, the gradient with respect to the state after that step, [S, 1].
  private let value: Tensor<Scalar>

  /// The gradient of the sample at row `sample`; `nil` if none entered, or one that is not finite.
  init?(_ signal: RecurrentSignal<Scalar>, sample: Int) {
    let (running, trace) = (signal.cell.running, signal.trace)
    let (batch, size) = (trace.outputGradient.shape[1], trace.outputGradient.shape[2])
    let length = (0..<running.time).prefix { running[$0] > sample }.count
    guard length > 0, size > 0 else { return nil }
    func elements(_ t: Int) -> Range<Int> {
      (t * batch + sample) * size..<(t * batch + sample + 1) * size
    }
    func row(_ sequence: Tensor<Scalar>, _ t: Int) -> Tensor<Scalar> {
      sequence.flattened[elements(t)]
    }
    // After its last step, the gradient of a sample is that of its final state.
    var parts = trace.stateGradients.map { row($0, length) }
    parts[0] = parts[0] + row(trace.outputGradient, length - 1)
    var (step, value) = (length - 1, Tensor.concatenate(parts))
    if value.maxMagnitude() == 0 {
      let earlier = (0..<length - 1).last {
        VectorKernels.norm(trace.outputGradient.span.extracting(elements($0))) != 0
      }
      guard let earlier else { return nil }
      step = earlier
      value[0..<size] = row(trace.outputGradient, earlier)
    }
    guard value.isFinite else { return nil }
    (cell, self.sample, self.step) = (signal.cell, sample, step)
    self.value = value.reshaped(to: [value.count, 1])
  }

  /// The lengths of the gradient on its way.
  struct Way {
    /// ln of the norm after 0, 1, 2 … steps back; −∞ where nothing is left. It ends before a
    /// Jacobian that is not finite.
    var logNorms: [Double]
    /// ln of the factor of the recurrent weight at each step, for a cell with one gate.
    var logWeightFactors: [Double] = []
  }

  /// Carries the gradient back to the initial state.
  ///
  /// - Complexity: One product of a Jacobian and a vector for each step.
  func carriedBack() -> Way {
    var (sum, direction) = Self.normalized(value)
    var way = Way(logNorms: [sum])
    for t in (0...step).reversed() {
      if sum > -.infinity {
        let product = multiply(direction, at: t, &way.logWeightFactors)
        guard product.isFinite else { break }
        let (factor, next) = Self.normalized(product)
        (sum, direction) = (sum + factor, next)
      }
      way.logNorms.append(sum)
    }
    return way
  }

  /// Returns ln ‖v‖ and v/‖v‖. The largest element is factored out, because the norm of a vector
  /// may be above the largest number of its precision, or below the smallest.
  private static func normalized(_ v: Tensor<Scalar>) -> (Double, Tensor<Scalar>) {
    let largest = v.maxMagnitude()
    guard largest > 0 else { return (-.infinity, v) }
    let scaled = v / largest
    let norm = VectorKernels.norm(scaled.span)
    return (.log(Double(largest)) + .log(norm), scaled / Scalar(norm))
  }

  /// Returns Jᵀ v for step t, and adds ln of the factor of the recurrent weight if there is one
  /// gate.
  private func multiply(
    _ v: Tensor<Scalar>, at t: Int, _ logWeightFactors: inout [Double]
  ) -> Tensor<Scalar> {
    let jacobian = cell.linearized(t, sample)
    guard jacobian.soleGateFactor != nil, let paths = jacobian.gradientPaths(v.flattened) else {
      return jacobian.multiplyTransposed(v)
    }
    let (before, after) = (paths.preactivations[0], paths.gates[0])
    let factor = VectorKernels.norm(after.span) / VectorKernels.norm(before.span)
    if factor > 0, factor.isFinite { logWeightFactors.append(.log(factor)) }
    return (paths.carried + after).reshaped(to: v.shape)
  }
}
