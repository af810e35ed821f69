internal import BackflowKernels

extension CodingUserInfoKey {
  /// The rules of your own, `[any HealthRule<Scalar>]`, with which a `HealthMonitor` is decoded.
  public static let healthRules: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "backflow.health_rules") else {
      stop("CodingUserInfoKey: no key for the rules of a monitor")
    }
    return key
  }()
}

/// A monitor goes on where it was saved, with all that its rules remember.
///
/// If it has rules of your own, the decoder needs their types:
///
///     decoder.userInfo[.healthRules] = [SmallLoss()] as [any HealthRule<Float>]
extension HealthMonitor: Codable {
  private enum CodingKeys: String, CodingKey {
    case thresholds, interval, observations, losses, rules, findings, silence, steps
    case opaqueLayers = "opaque_layers"
  }

  private struct RuleKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Encodes the state of the monitor and of all rules.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(thresholds.finite, forKey: .thresholds)
    try container.encode(interval, forKey: .interval)
    try container.encode(observations, forKey: .observations)
    try container.encode(losses, forKey: .losses)
    try container.encode(opaqueLayers, forKey: .opaqueLayers)
    try container.encode(ledger, forKey: .findings)
    try container.encode(silence, forKey: .silence)
    try container.encodeIfPresent(steps, forKey: .steps)
    var own = container.nestedContainer(keyedBy: RuleKey.self, forKey: .rules)
    for (name, rule) in zip(ruleNames, rules) {
      try own.encode(rule, forKey: RuleKey(stringValue: name))
    }
  }

  /// Decodes a monitor, with the rules of the library and those in `userInfo[.healthRules]`.
  ///
  /// - Throws: `DecodingError` if the state is damaged, or has a rule that is not given.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let own = decoder.userInfo[.healthRules] as? [any HealthRule<Scalar>] ?? []
    let interval = try container.decode(Int.self, forKey: .interval)
    let thresholds = try container.decode(Thresholds.self, forKey: .thresholds)
    guard interval >= 1, thresholds.invalid == nil else {
      throw DecodingError.dataCorruptedError(
        forKey: .interval, in: container,
        debugDescription: "an interval of \(interval) or a threshold that is out of range")
    }
    self.init(every: interval, thresholds: thresholds, rules: own)
    observations = try container.decode(Int.self, forKey: .observations)
    losses = try container.decode(LossHistory.self, forKey: .losses)
    opaqueLayers = try container.decode([String].self, forKey: .opaqueLayers)
    ledger = try container.decode(FindingLedger.self, forKey: .findings)
    silence = try container.decode(Silence.self, forKey: .silence)
    steps = try container.decodeIfPresent(ClosedRange<Int>.self, forKey: .steps)
    let saved = try container.nestedContainer(keyedBy: RuleKey.self, forKey: .rules)
    if let missing = saved.allKeys.first(where: { !ruleNames.contains($0.stringValue) }) {
      throw DecodingError.dataCorruptedError(
        forKey: missing, in: saved,
        debugDescription: "the rule \(missing.stringValue) is not in userInfo[.healthRules]")
    }
    for (index, name) in ruleNames.enumerated() {
      rules[index] = try Self.decoded(like: rules[index], RuleKey(stringValue: name), from: saved)
    }
  }

  private static func decoded<Rule: HealthRule<Scalar>>(
    like rule: Rule, _ key: RuleKey, from saved: KeyedDecodingContainer<RuleKey>
  ) throws -> any HealthRule<Scalar> {
    saved.contains(key) ? try saved.decode(Rule.self, forKey: key) : rule
  }
}
