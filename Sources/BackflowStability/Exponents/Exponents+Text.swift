internal import BackflowLinearAlgebra

extension LyapunovSpectrum: CustomStringConvertible {
  /// The first exponents with their standard errors, and what was averaged.
  public var description: String {
    let shown = zip(exponents, standardErrors).prefix(8).map {
      figure($0, standardError: $1)
    }
    let rest = exponents.count - shown.count
    return "Lyapunov exponents: " + shown.joined(separator: ", ")
      + (rest > 0 ? " and \(rest) more" : "") + ", in nats per step over \(steps) steps"
  }
}

extension GrowthRate: CustomStringConvertible {
  /// The rate with its standard error.
  public var description: String {
    "growth rate \(figure(rate, standardError: standardError)) nats per step over \(steps) steps"
  }
}

extension GradientHorizon: CustomStringConvertible {
  /// The measured and the predicted horizon.
  public var description: String {
    let measured = steps.map { "after \($0) steps back" } ?? "not within \(followedSteps) steps"
    return "gradient × \(figure(factor)): \(measured), predicted \(figure(predictedSteps))"
      + (paths.map { "\n\($0)" } ?? "")
  }
}

extension GradientPathBudget: CustomStringConvertible {
  /// The shares of the paths, and what reaches saturated units.
  public var description: String {
    func list(_ values: [Double]) -> String {
      values.map { figure($0, significantDigits: 2) }.joined(separator: ", ")
    }
    return "passed back in a step: \(figure(total, significantDigits: 2)) of the gradient; by the"
      + " state itself \(figure(carried, significantDigits: 2)), through the gates \(list(gates));"
      + " share that reaches saturated units: \(list(saturated))"
  }
}

extension LeadingDirection: CustomStringConvertible {
  /// The steps along which the direction was followed.
  public var description: String {
    "the leading direction of \(start.count) elements over the steps \(steps)"
  }
}
