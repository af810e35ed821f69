internal import ArgumentParser
internal import BackflowConsole

/// A kind of recurrent cell.
enum CellName: String, ExpressibleByArgument, CaseIterable {
  case rnn, lstm, gru

  var kind: NetworkSettings.Kind {
    switch self {
    case .rnn: .rnn
    case .lstm: .lstm
    case .gru: .gru
    }
  }
}

/// The default sizes of the recurrent network of a task.
protocol NetworkDefaults {
  static var cell: CellName { get }
  static var hidden: Int { get }
  static var layers: Int { get }
}

/// The options of a recurrent network.
struct RecurrentOptions<Defaults: NetworkDefaults>: ParsableArguments {
  @Option(help: "The kind of cell.")
  var cell = Defaults.cell

  @Option(parsing: .unconditional, help: "The number of hidden units of each layer.")
  var hidden = Defaults.hidden

  @Option(parsing: .unconditional, help: "The number of recurrent layers.")
  var layers = Defaults.layers

  @Option(
    parsing: .unconditional, help: "The share of units that training drops after each layer.")
  var dropout = 0.0

  func validate() throws {
    try check("hidden", hidden, 1...10_000)
    try check("layers", layers, 1...100)
    try checkShare("dropout", dropout)
  }

  /// The network for these data.
  func settings(
    for data: TaskData, embedding: Int? = nil, answersOnce: Bool, carriedBatch: Int? = nil
  ) -> NetworkSettings {
    NetworkSettings(
      kind: cell.kind, inputs: data.inputs, embedding: embedding, hidden: hidden, layers: layers,
      dropout: dropout, outputs: data.outputs, answersOnce: answersOnce,
      carriedBatch: carriedBatch)
  }
}
