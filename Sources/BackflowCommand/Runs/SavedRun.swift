internal import Backflow
internal import Foundation

/// The network of a run after its training so far, with what it was trained on.
struct SavedRun {
  let folder: RunFolder
  let configuration: RunConfiguration
  let checkpoint: Checkpoint
  /// The best network so far, the moving average, or the last one.
  let network: Sequential<Float>
  let preprocessing: Preprocessing

  init(_ path: String) throws {
    folder = RunFolder(path: path)
    configuration = try folder.configuration()
    checkpoint = try folder.checkpoint()
    var random = RandomSource(seed: 0)
    var network = configuration.network.network(using: &random)
    try network.load(checkpoint, prefix: checkpoint.networkPrefix)
    self.network = network
    preprocessing = try Preprocessing(checkpoint, of: configuration.task.name)
  }

  /// The number of classes, or `nil` if the targets are numbers.
  var classes: Int? {
    if case .values = preprocessing.targets { nil } else { configuration.network.outputs }
  }
}

extension SavedRun {
  /// The data of the training.
  ///
  /// - Throws: `CommandError` if the file has changed since.
  func data() throws -> TaskData {
    try configuration.task.file?.check()
    return try configuration.task.load(
      batch: configuration.training.batch, seed: configuration.training.seed,
      for: configuration.network.kind)
  }

  /// The layers before the recurrent one, and this one; `nil` for a network without one.
  var recurrence: (before: Sequential<Float>, layer: any Layer<Float>, index: Int)? {
    guard configuration.network.kind != .dense, configuration.network.kind != .convolution else {
      return nil
    }
    let index = configuration.network.embedding == nil ? 0 : 1
    return (Sequential(Array(network.layers[..<index])), network.layers[index], index)
  }

  /// What the recurrent layer reads of samples that were held out, [T, B, I]: up to 512 of them.
  ///
  /// - Parameter data: The data of the training, or `nil` to read them again.
  func recurrentInput(of data: TaskData? = nil) throws -> Tensor<Float>? {
    guard let before = recurrence?.before else { return nil }
    let batches = try (data ?? self.data()).validation
    var (parts, count) = ([Tensor<Float>](), 0)
    for indices in batches.batches.epoch(0) where count < 512 {
      let input = before(try batches.batch(0, indices).input)
      // The last window of a text is shorter.
      if let first = parts.first, first.shape[0] != input.shape[0] { break }
      parts.append(input)
      count += input.shape[1]
    }
    return parts.isEmpty ? nil : .concatenate(parts, axis: 1)
  }
}

extension Checkpoint {
  /// The name of the size of the metrics in a run's checkpoint.
  static let metricsSize = "metrics.size"
  /// The name of the monitor in the metadata of a run's checkpoint.
  static let monitorName = "monitor"

  /// The monitor of a run, or `nil` if it had none.
  func monitor() throws -> HealthMonitor<Float>? {
    try metadata[Self.monitorName].map {
      do {
        return try metricsDecoder().decode(HealthMonitor<Float>.self, from: Data($0.utf8))
      } catch let error as DecodingError {
        throw CommandError(.data, "\(origin): the monitor: \(error.sentence)")
      }
    }
  }
}
