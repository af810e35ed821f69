public import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra

/// A comparison of a backward pass with finite differences, argument by argument.
///
/// For a random gradient Ȳ with respect to the output, L = ⟨Ȳ, f⟩ is a scalar. Its derivative with
/// respect to each element of each argument is approximated by the fourth-order central difference
///
///     L′(x) ≈ (8 [L(x+h) − L(x−h)] − [L(x+2h) − L(x−2h)]) / 12h,   error h⁴ L⁽⁵⁾/30
///
/// Ȳ must be random: the sum of a normalized output, for example, has zero gradient.
///
/// - Complexity: Four forward passes for each element.
public struct GradientCheck: Sendable {
  /// The result for one argument.
  public struct Comparison: Sendable {
    /// The name of the argument.
    public let name: String
    /// The relative error, max |analytic − numeric| / max(max |analytic|, max |numeric|) over the
    /// elements: 0 if both gradients are zero, infinite if either is not finite.
    public let relativeError: Double
    /// The row-major index of the element with the largest difference.
    public let worstElement: Int
    /// The derivative from the backward pass at that element.
    public let analytic: Double
    /// The finite difference at that element.
    public let numeric: Double
    /// The number of compared elements.
    public let elementCount: Int
  }

  /// The comparisons, one for each argument, in the order of the function.
  public let comparisons: [Comparison]
  /// The gradients from the backward pass, one for each argument.
  public let analytic: [Tensor<Double>]
  /// The finite differences, one for each argument.
  public let numeric: [Tensor<Double>]

  /// The argument with the largest relative error, or `nil` if the function has no arguments.
  public var worst: Comparison? {
    comparisons.max { $0.relativeError < $1.relativeError }
  }

  /// The relative error below which a gradient counts as correct in double precision.
  public static var tolerance: Double { 1e-7 }

  /// Returns whether at least one element was compared and every relative error is below
  /// `tolerance`.
  public func passes(tolerance: Double = Self.tolerance) -> Bool {
    comparisons.contains { $0.elementCount > 0 }
      && comparisons.allSatisfy { $0.relativeError < tolerance }
  }

  /// Checks a function at the values of its arguments. The function must be smooth within 2h of
  /// them.
  ///
  /// - Parameters:
  ///   - function: The function to check.
  ///   - step: The step h of the differences, in units of max(1, |x|).
  ///   - random: The source of the random gradient with respect to the output.
  /// - Precondition: `step` is positive and finite.
  public init(
    _ function: DifferentiableFunction, using random: inout RandomSource, step: Double = 1e-3
  ) {
    SettingRange.positive.check(step, "the step", of: "GradientCheck")
    let values = function.arguments.map(\.value)
    let output = function.forward(values)
    let outputGradient: Tensor<Double> = random.normal(output.shape)
    let analytic = function.backward(values, outputGradient)
    require(
      analytic.count == values.count,
      "the backward pass returned \(analytic.count) gradients for \(values.count) arguments")

    self.init(
      names: function.arguments.map(\.name), analytic: analytic,
      numeric: values.indices.map { index in
        GradientCheck.centralDifferences(
          of: function, by: index, along: outputGradient, step: step)
      })
  }

  private init(names: [String], analytic: [Tensor<Double>], numeric: [Tensor<Double>]) {
    comparisons = names.indices.map {
      Comparison(name: names[$0], analytic: analytic[$0], numeric: numeric[$0])
    }
    self.analytic = analytic
    self.numeric = numeric
  }

  /// Returns a check of other gradients against the same finite differences, as for a backward pass
  /// that returned these gradients.
  public func comparing(_ analytic: [Tensor<Double>]) -> GradientCheck {
    GradientCheck(names: comparisons.map(\.name), analytic: analytic, numeric: numeric)
  }

  private static func centralDifferences(
    of function: DifferentiableFunction, by index: Int, along outputGradient: Tensor<Double>,
    step: Double
  ) -> Tensor<Double> {
    var values = function.arguments.map(\.value)
    let start = values[index].elements
    let shape = values[index].shape
    var elements = start

    /// Returns ⟨Ȳ, f(x + d) − f(x − d)⟩. The outputs are subtracted before they are summed, which
    /// is more accurate than the difference of two sums.
    func difference(at element: Int, _ distance: Double) -> Double {
      func output(_ displacement: Double) -> Tensor<Double> {
        elements[element] = start[element] + displacement
        values[index] = Tensor(elements, shape: shape)
        elements[element] = start[element]
        return function.forward(values)
      }
      return dot(outputGradient, output(distance) - output(-distance))
    }

    let derivatives = start.indices.map { element in
      let h = step * max(1, abs(start[element]))
      return (8 * difference(at: element, h) - difference(at: element, 2 * h)) / (12 * h)
    }
    return Tensor(derivatives, shape: shape)
  }
}

extension GradientCheck.Comparison {
  init(name: String, analytic: Tensor<Double>, numeric: Tensor<Double>) {
    require(
      analytic.shape == numeric.shape,
      "the gradient with respect to \(name) must have shape \(numeric.shape), got \(analytic.shape)"
    )
    self.name = name
    elementCount = numeric.count
    guard elementCount > 0 else {
      (relativeError, worstElement, self.analytic, self.numeric) = (0, 0, 0, 0)
      return
    }
    let difference = (analytic - numeric).magnitude
    worstElement = difference.argmax()
    self.analytic = analytic.flattened[worstElement]
    self.numeric = numeric.flattened[worstElement]
    let scale = max(analytic.maxMagnitude(), numeric.maxMagnitude())
    if !(analytic.isFinite && numeric.isFinite) {
      relativeError = .infinity
    } else {
      relativeError = scale == 0 ? 0 : difference.max() / scale
    }
  }
}

extension GradientCheck: CustomStringConvertible {
  /// One line for each argument, with its name, its relative error, and the two values with the
  /// largest difference.
  public var description: String {
    comparisons.map {
      "\($0.name): relative error \($0.relativeError) over \($0.elementCount) elements;"
        + " the largest at \($0.worstElement): analytic \($0.analytic), numeric \($0.numeric)"
    }.joined(separator: "\n")
  }
}
