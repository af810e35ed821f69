// The report as JSON objects with snake_case keys. A value that does not exist is null rather than
// an absent key. docs/checkpoints.md lists the keys.

extension CheckpointReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case file, tensors, findings, metadata, omissions
    case recurrentLayers = "recurrent_layers"
    case stateSpaceLayers = "state_space_layers"
  }

  /// Encodes the report as one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(file, forKey: .file)
    try container.encode(tensors, forKey: .tensors)
    try container.encode(recurrentLayers, forKey: .recurrentLayers)
    try container.encode(stateSpaceLayers, forKey: .stateSpaceLayers)
    try container.encode(findings, forKey: .findings)
    try container.encode(metadata, forKey: .metadata)
    try container.encode(omissions, forKey: .omissions)
  }
}

extension TensorReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, shape, type, count, statistics, matrix
    case byteCount = "byte_count"
    case nonFinite = "non_finite"
  }

  /// Encodes the report as one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(shape, forKey: .shape)
    try container.encode(type, forKey: .type)
    try container.encode(count, forKey: .count)
    try container.encode(byteCount, forKey: .byteCount)
    try container.encode(nonFinite, forKey: .nonFinite)
    try container.encode(statistics, forKey: .statistics)
    try container.encode(matrix, forKey: .matrix)
  }
}

extension MatrixReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case rows, columns, scale
    case zeroRows = "zero_rows"
    case zeroColumns = "zero_columns"
    case equalRows = "equal_rows"
    case singularValues = "singular_values"
  }

  /// Encodes the report as one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rows, forKey: .rows)
    try container.encode(columns, forKey: .columns)
    try container.encode(zeroRows, forKey: .zeroRows)
    try container.encode(zeroColumns, forKey: .zeroColumns)
    try container.encode(equalRows, forKey: .equalRows)
    try container.encode(scale, forKey: .scale)
    try container.encode(singularValues, forKey: .singularValues)
  }
}

extension RecurrentLayerReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, kind, gates
    case inputSize = "input_size"
    case hiddenSize = "hidden_size"
    case hasBias = "has_bias"
  }

  /// Encodes the report as one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(kind, forKey: .kind)
    try container.encode(inputSize, forKey: .inputSize)
    try container.encode(hiddenSize, forKey: .hiddenSize)
    try container.encode(hasBias, forKey: .hasBias)
    try container.encode(gates, forKey: .gates)
  }
}

extension RecurrentLayerReport.Gate: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name
    case spectralRadius = "spectral_radius"
    case largestSingularValue = "largest_singular_value"
    case meanBias = "mean_bias"
  }

  /// Encodes the gate as one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(spectralRadius, forKey: .spectralRadius)
    try container.encode(largestSingularValue, forKey: .largestSingularValue)
    try container.encode(meanBias, forKey: .meanBias)
  }
}
