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
    case thresholds, interval, observations, extent, losses, rules, findings, silence, steps, origin
    case hasFailed = "has_failed"
    case opaqueLayers = "opaque_layers"
  }

  /// Encodes the state of the monitor and of all rules.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(thresholds.finite, forKey: .thresholds)
    try container.encode(interval, forKey: .interval)
    try container.encode(observations, forKey: .observations)
    try container.encode(losses, forKey: .losses)
    try container.encode(opaqueLayers, forKey: .opaqueLayers)
    try container.encode(extent, forKey: .extent)
    try container.encode(ledger, forKey: .findings)
    try container.encode(silence, forKey: .silence)
    try container.encodeIfPresent(steps, forKey: .steps)
    try container.encode(hasFailed, forKey: .hasFailed)
    try container.encodeIfPresent(origin, forKey: .origin)
    var saver = RuleEncoder<Scalar>(
      container: container.nestedContainer(keyedBy: RuleKey.self, forKey: .rules))
    var (library, own) = (library, own)
    try library.visit(&saver)
    for index in own.indices { try saver.visit(&own[index], ownNames[index]) }
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
    guard losses.isValid else {
      throw DecodingError.dataCorruptedError(
        forKey: .losses, in: container, debugDescription: "a history that no losses have")
    }
    opaqueLayers = try container.decode([String].self, forKey: .opaqueLayers)
    extent = try container.decode(ObservedExtent.self, forKey: .extent)
    ledger = try container.decode(FindingLedger.self, forKey: .findings)
    silence = try container.decode(Silence.self, forKey: .silence)
    steps = try container.decodeIfPresent(ClosedRange<Int>.self, forKey: .steps)
    hasFailed = try container.decode(Bool.self, forKey: .hasFailed)
    origin = try container.decodeIfPresent(Int.self, forKey: .origin)
    let saved = try container.nestedContainer(keyedBy: RuleKey.self, forKey: .rules)
    var reader = RuleDecoder<Scalar>(container: saved)
    try library.visit(&reader)
    for index in self.own.indices { try reader.visit(&self.own[index], ownNames[index]) }
    if let missing = saved.allKeys.first(where: { !reader.names.contains($0.stringValue) }) {
      throw DecodingError.dataCorruptedError(
        forKey: missing, in: saved,
        debugDescription: "the rule \(missing.stringValue) is not in userInfo[.healthRules]")
    }
  }
}

private struct RuleKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// Encodes each rule under its name.
private struct RuleEncoder<Scalar: RealScalar>: RuleVisitor {
  var container: KeyedEncodingContainer<RuleKey>

  mutating func visit<Rule: HealthRule<Scalar>>(
    _ rule: inout Rule, _ name: String
  ) throws(any Error) {
    try container.encode(rule, forKey: RuleKey(stringValue: name))
  }
}

/// Decodes each rule, unless it was not there when the monitor was saved.
private struct RuleDecoder<Scalar: RealScalar>: RuleVisitor {
  let container: KeyedDecodingContainer<RuleKey>
  private(set) var names: Set<String> = []

  init(container: KeyedDecodingContainer<RuleKey>) { self.container = container }

  mutating func visit<Rule: HealthRule<Scalar>>(
    _ rule: inout Rule, _ name: String
  ) throws(any Error) {
    names.insert(name)
    let key = RuleKey(stringValue: name)
    if container.contains(key) { rule = try container.decode(Rule.self, forKey: key) }
  }
}
