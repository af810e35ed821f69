internal import Backflow
internal import Foundation

/// Everything from which a run can be built again: its task, its network and its training.
struct RunConfiguration: Codable, Equatable {
  /// The version of this format.
  var format = RunConfiguration.currentFormat
  var task: TaskSettings
  var network: NetworkSettings
  var training: TrainingSettings

  static let currentFormat = 1

  /// Returns the settings that differ from those of another configuration, as sentences such as
  /// "--hidden is 64 instead of 128". Those that may change when a run is continued do not count:
  /// the number of epochs, the patience if there is one, and where the data are.
  func differences(from other: RunConfiguration) throws -> [String] {
    if let file = task.file, let old = other.task.file, !file.hasContents(of: old) {
      return ["\(file.path) has changed, or is another file"]
    }
    var same = self
    same.training.epochs = other.training.epochs
    if training.patience != nil, other.training.patience != nil {
      same.training.patience = other.training.patience
    }
    same.task.file = other.task.file
    let (mine, theirs) = (try same.leaves, try other.leaves)
    return Set(mine.keys).union(theirs.keys).sorted().filter { mine[$0] != theirs[$0] }.map {
      "\(option($0)) is \(mine[$0] ?? "not given") instead of \(theirs[$0] ?? "not given")"
    }
  }

  /// What is out of range, or `nil`. A file may have been edited.
  var problem: String? {
    let largest = 1 << 24
    let counts: [(String, Int, ClosedRange<Int>)] = [
      ("network.inputs", network.inputs, 1...largest),
      ("network.outputs", network.outputs, 1...largest),
      ("network.embedding", network.embedding ?? 1, 1...10_000),
      ("network.hidden", network.hidden, 1...100_000),
      ("network.layers", network.layers, (network.kind == .dense ? 0 : 1)...100),
      ("network.carriedBatch", network.carriedBatch ?? 1, 1...1_000_000),
      ("training.epochs", training.epochs, 1...1_000_000_000),
      ("training.batch", training.batch, 1...1_000_000),
      ("training.warmup", training.warmup, 0...1_000_000_000),
      ("training.patience", training.patience ?? 1, 1...1_000_000_000),
      ("training.threads", training.threads, 1...100_000),
      ("training.health", training.health, 0...1_000_000_000),
      ("training.logEvery", training.logEvery, 1...1_000_000_000),
      ("task.steps", task.steps ?? 2, (task.name == .adding ? 2 : 1)...100_000),
      ("task.samples", task.samples ?? 1, 1...100_000_000),
      ("task.copy.delay", task.copy?.delay ?? 1, 1...100_000),
      ("task.copy.length", task.copy?.length ?? 1, 1...10_000),
      ("task.copy.symbols", task.copy?.symbols ?? 1, 1...10_000),
    ]
    for (name, value, range) in counts where !range.contains(value) {
      return "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)"
    }
    let shares = [
      ("network.dropout", network.dropout), ("task.validation", task.validation),
      ("training.average", training.average ?? 0),
    ]
    for (name, value) in shares where !(value >= 0 && value < 1) {
      return "\(name): expected a number from 0 to below 1, found \(value)"
    }
    let lengths = [
      ("training.learningRate", training.learningRate), ("training.clip", training.clip ?? 1),
    ]
    for (name, value) in lengths where !(Float(value) > 0 && Float(value).isFinite) {
      return "\(name): expected a positive number, found \(value)"
    }
    guard training.weightDecay >= 0, training.weightDecay < 1e6 else {
      return "training.weightDecay: expected 0 to 1e6, found \(training.weightDecay)"
    }
    let needsFile = [.csv, .text, .sequence].contains(task.name)
    if needsFile != (task.file != nil) || (task.name == .csv) != (task.table != nil) {
      return "task: the settings are not those of \(task.name.rawValue)"
    }
    let kinds: [NetworkSettings.Kind] =
      switch task.name {
      case .csv: [.dense]
      case .digits: [.rnn, .lstm, .gru, .convolution]
      case .text, .sequence, .adding, .copy: [.rnn, .lstm, .gru]
      }
    if !kinds.contains(network.kind) || (network.embedding != nil) != (task.name == .text) {
      return "network: the settings are not those of \(task.name.rawValue)"
    }
    return nil
  }

  /// The option for a path in the JSON: "--log-every" for "training.logEvery".
  private func option(_ path: String) -> String {
    if path == "network.kind" { return "the kind of network" }
    let name = path.split(separator: ".").last ?? ""
    return "--"
      + name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
  }

  /// The settings by their paths in the JSON.
  private var leaves: [String: String] {
    get throws {
      var leaves: [String: String] = [:]
      func add(_ value: Any, _ path: String) {
        if let object = value as? [String: Any] {
          for (key, value) in object { add(value, path.isEmpty ? key : path + "." + key) }
        } else {
          leaves[path] = "\(value)"
        }
      }
      add(try JSONSerialization.jsonObject(with: JSONEncoder().encode(self)), "")
      return leaves
    }
  }
}

/// What a run trains on.
struct TaskSettings: Codable, Equatable {
  enum Name: String, Codable { case digits, csv, text, sequence, adding, copy }

  var name: Name
  /// The file of the data, or `nil` for data that are part of Backflow.
  var file: DataFile?
  /// The share of the samples that is held out.
  var validation: Double
  var table: TableSettings?
  /// The number of steps of a window, or of a sequence of `adding`.
  var steps: Int?
  /// What is a token of a text.
  var tokens: TokenKind?
  var copy: CopySettings?
  /// The number of sequences that are drawn for each epoch.
  var samples: Int?
}

/// What is a token of a text.
enum TokenKind: String, Codable, CaseIterable { case characters, bytes }

/// The sequences of the copy task.
struct CopySettings: Codable, Equatable {
  var delay, length, symbols: Int
}

/// How a table becomes samples.
struct TableSettings: Codable, Equatable {
  enum Missing: String, Codable, CaseIterable { case error, drop, fill }

  var target: String
  /// Whether the target is a class, or `nil` for "if it is text".
  var isClass: Bool?
  var excluded: [String]
  /// Columns whose values are categories, also where they look like numbers.
  var categories: [String]
  var separator: String
  var decimalMark: String
  var missing: Missing
}

/// A file with the size and the checksum by which a changed one is noticed.
struct DataFile: Codable, Equatable {
  /// The absolute path.
  var path: String
  var size: Int
  var crc32: UInt32
}
