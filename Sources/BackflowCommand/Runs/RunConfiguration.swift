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
  /// "network.hidden is 64 instead of 128". Those that may change when a run is continued do not
  /// count: the number of epochs, the patience, and where the data are.
  func differences(from other: RunConfiguration) throws -> [String] {
    var same = self
    same.training.epochs = other.training.epochs
    same.training.patience = other.training.patience
    same.task.file?.path = other.task.file?.path ?? ""
    let (mine, theirs) = (try same.leaves, try other.leaves)
    return Set(mine.keys).union(theirs.keys).sorted().filter { mine[$0] != theirs[$0] }.map {
      "\($0) is \(mine[$0] ?? "not set") instead of \(theirs[$0] ?? "not set")"
    }
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
