public import BackflowCheckpoints
internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import OrderedCollections

// The statistics and the replacements of numbers are tensors in double precision: `mean`,
// `standard_deviation` and `fill`, which is NaN for none. What is text is in the metadata, as JSON
// arrays: the names of the columns (`numbers`, `texts`), and for each column of texts its
// categories (`categories.0` …), its replacement (`text_fill.0` …, empty for none) and the policy
// for unknown categories (`unknown.0` …).

extension Checkpoint {
  /// Adds what an encoder has learned: tensors, and texts in the metadata. Formats without metadata
  /// cannot hold it.
  ///
  /// - Throws: `CheckpointError` if the checkpoint has one of the names already.
  public mutating func insert<Scalar>(
    _ encoder: TableEncoder<Scalar>, prefix: String
  ) throws(CheckpointError) {
    var added = self
    try added.insert(encoder.standardizer, prefix: prefix)
    try added.insert(
      StoredTensor(Tensor<Double>(encoder.numberFills)), named: dotted(prefix, "fill"))
    try added.insert(encoder.numberColumns, named: dotted(prefix, "numbers"))
    try added.insert(encoder.textColumns, named: dotted(prefix, "texts"))
    for (place, (categories, fill)) in zip(encoder.categories, encoder.textFills).enumerated() {
      try added.insert(categories.categories, named: dotted(prefix, "categories.\(place)"))
      try added.insert(fill.map { [$0] } ?? [], named: dotted(prefix, "text_fill.\(place)"))
      try added.insert(
        [categories.unknown.rawValue], named: dotted(prefix, "unknown.\(place)"))
    }
    self = added
  }
}

extension TableEncoder {
  /// Reads an encoder that a checkpoint has under this prefix.
  ///
  /// - Throws: `CheckpointError` if there is none, or it is damaged.
  public init(_ checkpoint: Checkpoint, prefix: String) throws(CheckpointError) {
    func failure(_ name: String, _ problem: String) -> CheckpointError {
      CheckpointError(checkpoint.origin, entry: dotted(prefix, name), problem)
    }
    func numbers(_ name: String, count: Int) throws(CheckpointError) -> Tensor<Double> {
      guard let tensor = checkpoint[dotted(prefix, name)], tensor.shape == [count] else {
        throw failure(name, "expected a tensor of shape [\(count)]")
      }
      return try tensor.values()
    }
    let columns = try checkpoint.texts(named: dotted(prefix, "numbers"))
    let texts = try checkpoint.texts(named: dotted(prefix, "texts"))
    guard Set(columns + texts).count == columns.count + texts.count else {
      throw failure("numbers", "expected different names of columns")
    }
    let mean = try numbers("mean", count: columns.count)
    let deviation = try numbers("standard_deviation", count: columns.count)
    guard mean.nonfiniteCount == 0, deviation.elements.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw failure("standard_deviation", "expected finite means and positive deviations")
    }
    var (categories, fills) = ([OneHotEncoder](), [String?]())
    for place in texts.indices {
      let policy = try checkpoint.texts(named: dotted(prefix, "unknown.\(place)"))
      guard policy.count == 1, let unknown = UnknownCategory(rawValue: policy[0]) else {
        throw failure("unknown.\(place)", "expected a policy for unknown categories")
      }
      categories.append(
        OneHotEncoder(
          try LabelEncoder(checkpoint, named: dotted(prefix, "categories.\(place)")),
          unknown: unknown))
      fills.append(try checkpoint.texts(named: dotted(prefix, "text_fill.\(place)")).first)
    }
    self.init(
      numbers: columns, texts: texts,
      standardizer: Standardizer(mean: mean, standardDeviation: deviation),
      categories: categories,
      numberFills: try numbers("fill", count: columns.count).elements, textFills: fills)
  }
}
