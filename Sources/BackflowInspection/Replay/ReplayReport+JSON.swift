// The report as JSON objects with snake_case keys; docs/checkpoints.md lists the keys.

extension ReplayReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case networks, skipped
    case isMatch = "match"
  }

  /// Encodes the report as one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isMatch, forKey: .isMatch)
    try container.encode(networks, forKey: .networks)
    try container.encode(skipped, forKey: .skipped)
  }
}

extension ReplayReport.Network: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, kind, tolerance, matches, attempts
  }

  /// Encodes the network as one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(kind, forKey: .kind)
    try container.encode(tolerance, forKey: .tolerance)
    try container.encode(matches, forKey: .matches)
    try container.encode(attempts, forKey: .attempts)
  }
}
