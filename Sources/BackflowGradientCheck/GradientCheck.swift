public import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra

/// The comparison of a backward pass with finite differences, argument by argument.
///
/// With a random gradient Ȳ by the output, L = ⟨Ȳ, f⟩ is a scalar whose derivative by each element
/// of each argument is taken by the fourth-order central difference
///
///     L′(x) ≈ (8 [L(x+h) − L(x−h)] − [L(x+2h) − L(x−2h)]) / 12h,   error h⁴ L⁽⁵⁾/30
///
/// A random Ȳ matters: the sum of a normalised output, for one, has the gradient zero.
/// Cost: four forward passes for each element.
public struct GradientCheck: Sendable {
  /// The result for one argument.
  public struct Comparison: Sendable {
    /// The name of the argument.
    public let name: String
    /// max |analytic − numeric| / max(max |analytic|, max |numeric|) over its elements; 0 where both
    /// are zero throughout, infinite where either is not finite.
    public let relativeError: Double
    /// The element where the difference is largest, in row-major order.
    public let worstElement: Int
    /// The backward pass's value there.
    public let analytic: Double
    /// The finite difference there.
    public let numeric: Double
    /// How many elements were compared.
    public let elementCount: Int
  }

  /// One comparison for each argument, in the function's order.
  public let comparisons: [Comparison]
  /// The backward pass's gradient by each argument.
  public let analytic: [Tensor<Double>]
  /// The finite differences by each argument.
  public let numeric: [Tensor<Double>]

  /// The argument with the largest relative error; `nil` only if the function has no arguments.
  public var worst: Comparison? {
    comparisons.max { $0.relativeError < $1.relativeError }
  }

  /// The relative error from which on a gradient is not the derivative, in double precision.
  public static var tolerance: Double { 1e-7 }

  /// Whether something was compared and every relative error is below `tolerance`.
  public func passes(tolerance: Double = Self.tolerance) -> Bool {
    comparisons.contains { $0.elementCount > 0 }
      && comparisons.allSatisfy { $0.relativeError < tolerance }
  }

  /// Checks `function` at its arguments. `step` is h, in units of max(1, |x|); the function must be
  /// smooth within 2h of its arguments. Stops unless `step` is positive and finite.
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

  /// The same finite differences against other gradients: what the check would have said of a
  /// backward pass that returned these.
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

    /// ⟨Ȳ, f(x + d) − f(x − d)⟩: the outputs are subtracted before they are summed, which loses
    /// fewer digits than subtracting two sums.
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
      "the gradient by \(name) has shape \(analytic.shape) instead of \(numeric.shape)")
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
  /// One line for each argument: name, relative error, and the two values that differ most.
  public var description: String {
    comparisons.map {
      "\($0.name): relative error \($0.relativeError) over \($0.elementCount) elements;"
        + " largest at \($0.worstElement): analytic \($0.analytic), numeric \($0.numeric)"
    }.joined(separator: "\n")
  }
}
