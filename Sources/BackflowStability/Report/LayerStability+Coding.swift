extension LayerStability {
  private enum CodingKeys: String, CodingKey {
    case name, kind, setting, weights, gates, jacobian, bounds, trajectory, horizon, recovery,
      verdict, rounded
    case omissions
    case hiddenSize = "hidden_size"
    case isDriven = "driven"
    case closedLoop = "closed_loop"
    case indexSum = "index_sum"
  }

  /// Encodes the report of a layer as one object with snake_case keys. Those of the fixed points,
  /// such as `fixed_points` and `index_sum`, are among them.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(kind, forKey: .kind)
    try container.encode(hiddenSize, forKey: .hiddenSize)
    try container.encode(setting, forKey: .setting)
    try container.encode(isDriven, forKey: .isDriven)
    try container.encode(omissions, forKey: .omissions)
    try container.encodeIfPresent(weights, forKey: .weights)
    try container.encodeIfPresent(gates, forKey: .gates)
    try container.encodeIfPresent(jacobian, forKey: .jacobian)
    try container.encodeIfPresent(bounds, forKey: .bounds)
    try container.encodeIfPresent(trajectory, forKey: .trajectory)
    try container.encodeIfPresent(closedLoop, forKey: .closedLoop)
    try container.encodeIfPresent(horizon, forKey: .horizon)
    try container.encodeIfPresent(recovery, forKey: .recovery)
    try container.encodeIfPresent(rounded, forKey: .rounded)
    try container.encode(verdict, forKey: .verdict)
    try fixedPoints?.encode(to: encoder)
  }

  /// Decodes an object written by `encode(to:)`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    kind = try container.decode(LayerKind.self, forKey: .kind)
    hiddenSize = try container.decode(Int.self, forKey: .hiddenSize)
    setting = try container.decode(String.self, forKey: .setting)
    isDriven = try container.decode(Bool.self, forKey: .isDriven)
    omissions = try container.decode([String].self, forKey: .omissions)
    weights = try container.decodeIfPresent(MatrixAnalysis.self, forKey: .weights)
    gates = try container.decodeIfPresent([GateStability].self, forKey: .gates)
    jacobian = try container.decodeIfPresent(MatrixAnalysis.self, forKey: .jacobian)
    bounds = try container.decodeIfPresent(ContractionReport.self, forKey: .bounds)
    trajectory = try container.decodeIfPresent(TrajectoryStability.self, forKey: .trajectory)
    closedLoop = try container.decodeIfPresent(TrajectoryStability.self, forKey: .closedLoop)
    horizon = try container.decodeIfPresent(GradientHorizon.self, forKey: .horizon)
    recovery = try container.decodeIfPresent(DisturbanceRecovery.self, forKey: .recovery)
    rounded = try container.decodeIfPresent(RoundedWeights.self, forKey: .rounded)
    verdict = try container.decode(StabilityVerdict.self, forKey: .verdict)
    fixedPoints = container.contains(.indexSum) ? try FixedPoints(from: decoder) : nil
  }
}
