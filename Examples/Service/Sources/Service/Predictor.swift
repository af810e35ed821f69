import Backflow

/// A classifier of rows of a table, as Examples/Tabular saves it. Requests share one value.
struct Predictor: Sendable {
  let encoder: TableEncoder<Float>
  let classes: LabelEncoder
  private let network: PreparedSequential<Float>

  /// What is known of one row.
  struct Prediction: Encodable, Sendable {
    let label: String
    let probabilities: [String: Float]
  }

  init(contentsOf path: String) throws {
    let checkpoint = try Checkpoint(contentsOf: path)
    let encoder = try TableEncoder<Float>(checkpoint, prefix: "input")
    let classes = try LabelEncoder(checkpoint, named: "classes")
    let hiddenSize = checkpoint["network.0.weight"]?.shape.first ?? 1
    // All parameters are loaded, or an error is thrown.
    var random = RandomSource(seed: 0)
    var network = Sequential<Float> {
      Dense(inputSize: encoder.featureCount, outputSize: hiddenSize, using: &random)
      ReLU()
      Dense(inputSize: hiddenSize, outputSize: classes.count, using: &random)
    }
    try network.load(checkpoint, prefix: "network")
    (self.encoder, self.classes) = (encoder, classes)
    self.network = network.prepared()
  }

  /// Returns a prediction for each row.
  ///
  /// - Throws: `BackflowError` or `RequestRows.Problem` if a value is not one that the network can
  ///   read.
  func predictions(for table: DataTable) throws -> [Prediction] {
    // The server answers as many requests at a time as there are cores.
    let probabilities = try Threads.withCount(1) {
      softmax(try network.output(for: try encoder.encode(table))).elements
    }
    // The products of numbers that are finite may not be.
    if let place = probabilities.firstIndex(where: { !$0.isFinite }) {
      let row = place / classes.count
      throw RequestRows.Problem(
        description: "row \(row): the numbers are too large for the network")
    }
    return stride(from: 0, to: probabilities.count, by: classes.count).map { start in
      let row = probabilities[start..<start + classes.count]
      let best = row.indices.max { row[$0] < row[$1] } ?? start
      return Prediction(
        label: classes.classes[best - start],
        probabilities: Dictionary(zip(classes.classes, row)) { first, _ in first })
    }
  }
}
