internal import Backflow
internal import BackflowConsole
internal import BackflowFiles
internal import Foundation

/// The files of a run.
///
///     configuration.json         what the run is built from
///     checkpoint.safetensors     how far it is: everything that a training needs to go on
///     metrics.jsonl              one line for each recorded update, epoch and finding
///     events.out.tfevents.…      the same for TensorBoard, one file for each start of the program
///     report.html                the report, written at the end
///
/// A checkpoint replaces the one before in one step. It says how long the metrics were, so that
/// what a killed program wrote after it is removed.
struct RunFolder {
  let path: String

  var configurationPath: String { joined(path, "configuration.json") }
  var checkpointPath: String { joined(path, "checkpoint.safetensors") }
  var metricsPath: String { joined(path, "metrics.jsonl") }
  var reportPath: String { joined(path, "report.html") }

  /// Whether a run has been begun here.
  var hasConfiguration: Bool { FileManager.default.fileExists(atPath: configurationPath) }
  var hasCheckpoint: Bool { FileManager.default.fileExists(atPath: checkpointPath) }

  /// Reads the configuration.
  func configuration() throws -> RunConfiguration {
    guard hasConfiguration else {
      throw CommandError(
        .noInput,
        "\(path): there is no run, because it has no configuration.json; `backflow train --save`"
          + " begins one")
    }
    let configuration: RunConfiguration
    do {
      configuration = try JSONDecoder().decode(
        RunConfiguration.self, from: Data(readBytes(configurationPath)))
    } catch let error as DecodingError {
      throw CommandError(.data, "\(configurationPath): \(error.sentence)")
    }
    if let problem = configuration.problem {
      throw CommandError(.data, "\(configurationPath): \(problem)")
    }
    guard configuration.format == RunConfiguration.currentFormat else {
      throw CommandError(
        .data,
        "\(configurationPath): the format is \(configuration.format), and this program reads"
          + " \(RunConfiguration.currentFormat)")
    }
    return configuration
  }

  /// Reads the checkpoint.
  func checkpoint() throws -> Checkpoint {
    guard hasCheckpoint else {
      throw CommandError(
        .noInput,
        "\(path): the run has no checkpoint yet; `backflow train` with --resume continues it")
    }
    return try Checkpoint(contentsOf: checkpointPath)
  }

  /// The lines of the metrics that belong to a checkpoint of this size of the metrics. A killed
  /// program may have written more.
  func records(upTo size: Int) throws -> [RunRecord] {
    guard FileManager.default.fileExists(atPath: metricsPath) else { return [] }
    let decoder = metricsDecoder()
    return try readBytes(metricsPath).prefix(max(0, size)).split(separator: UInt8(ascii: "\n"))
      .enumerated().map { index, line in
        do {
          return try decoder.decode(RunRecord.self, from: Data(line))
        } catch let error as DecodingError {
          throw CommandError(.data, "\(metricsPath), line \(index + 1): \(error.sentence)")
        }
      }
  }
}

extension Checkpoint {
  /// The network of a run's checkpoint, without the states of the last batch of the training.
  var network: Checkpoint {
    var network = part(networkPrefix)
    network.tensors.removeAll { name, _ in name.contains(".state.") }
    return network
  }

  /// The part of a run's checkpoint that has the network to use.
  var networkPrefix: String {
    let averaged = "average.module"
    if !under("best").isEmpty { return "best" }
    return under(averaged).isEmpty ? "model" : averaged
  }
}

/// A checkpoint in any format that `Checkpoint` reads, or the network of a run.
func checkpointOrRun(_ path: String) throws -> Checkpoint {
  let folder = RunFolder(path: path)
  guard folder.hasConfiguration, folder.hasCheckpoint else {
    return try Checkpoint(contentsOf: path)
  }
  return try folder.checkpoint().network
}

/// Reads a file.
func readBytes(_ path: String) throws -> [UInt8] {
  let file = try InputFile(path)
  return try file.read(file.size, at: 0)
}

/// How lines of the metrics are read.
func metricsDecoder() -> JSONDecoder {
  let decoder = JSONDecoder()
  decoder.nonConformingFloatDecodingStrategy = .convertFromString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  return decoder
}

/// Returns `value` as JSON in one line, with sorted keys. Non-finite numbers become strings.
func jsonLine(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.nonConformingFloatEncodingStrategy = .convertToString(
    positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

extension DecodingError {
  /// What is wrong with the JSON, and where.
  var sentence: String {
    let context: Context
    switch self {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
      .dataCorrupted(let found):
      context = found
    @unknown default: return "\(self)"
    }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    let problem = context.debugDescription
    return (path.isEmpty ? "" : path + ": ") + problem
  }
}
