internal import ComplexModule

extension StabilityReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case size, verdict, explanation, setting, eigenvalues, longest
    case spectralRadius = "spectral_radius"
    case spectralRadiusBounds = "spectral_radius_bounds"
    case isFarFromNormal = "far_from_normal"
    case largestSingularValue = "largest_singular_value"
    case slopeBound = "slope_bound"
    case factorPerStep = "factor_per_step"
    case backwardSignal = "backward_signal"
  }

  private struct Eigenvalue: Encodable {
    let re, im: Double
    let condition: Double?

    // Encoded explicitly, so that a missing value is null rather than an absent key.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(re, forKey: .re)
      try container.encode(im, forKey: .im)
      try container.encode(condition, forKey: .condition)
    }

    enum CodingKeys: String, CodingKey {
      case re, im, condition
    }
  }

  private struct SignalLength: Encodable {
    let stepsBack: Int
    let norm, logNorm: Double?

    enum CodingKeys: String, CodingKey {
      case stepsBack = "steps_back"
      case norm
      case logNorm = "log_norm"
    }

    // Encoded explicitly, so that a missing value is null rather than an absent key.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(stepsBack, forKey: .stepsBack)
      try container.encode(norm, forKey: .norm)
      try container.encode(logNorm, forKey: .logNorm)
    }
  }

  /// Encodes the report as one object with snake_case keys.
  ///
  /// JSON has no infinity. The `log_norm` of a signal that is exactly zero, a `norm` that is too
  /// large for a double, and the condition number of a defective eigenvalue are null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(spectrum.eigenvalues.count, forKey: .size)
    try container.encode(spectrum.spectralRadius, forKey: .spectralRadius)
    let bounds = spectrum.spectralRadiusBounds
    try container.encode(
      [bounds.lowerBound, bounds.upperBound], forKey: .spectralRadiusBounds)
    try container.encode(spectrum.isFarFromNormal, forKey: .isFarFromNormal)
    try container.encode(spectrum.largestSingularValue, forKey: .largestSingularValue)
    try container.encode(spectrum.slopeBound, forKey: .slopeBound)
    try container.encode(spectrum.verdict, forKey: .verdict)
    try container.encode(spectrum.explanation, forKey: .explanation)
    try container.encode(setting, forKey: .setting)
    try container.encode(
      zip(spectrum.eigenvalues, spectrum.eigenvalueConditions).map {
        Eigenvalue(re: $0.real, im: $0.imaginary, condition: $1.isFinite ? $1 : nil)
      }, forKey: .eigenvalues)
    try container.encode(backwardSignal.factorPerStep, forKey: .factorPerStep)
    let lengths = zip(backwardSignal.norms, backwardSignal.logNorms).enumerated().map {
      SignalLength(
        stepsBack: $0.offset, norm: $0.element.0.isFinite ? $0.element.0 : nil,
        logNorm: $0.element.1.isFinite ? $0.element.1 : nil)
    }
    try container.encode(lengths, forKey: .backwardSignal)
    try container.encode(lengths[backwardSignal.peak.step], forKey: .longest)
  }
}
