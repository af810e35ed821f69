internal import Backflow

extension TaskSettings {
  /// The sequences of a file with the tensors x, [N, T, I], and y: integers [N] or [N, T] for
  /// classes, or numbers [N, O] or [N, T, O].
  func sequences(batch: Int, seed: UInt64) throws -> TaskData {
    let sequences = try SequenceFile(dataFile().path)
    let split = DataSplit(count: sequences.count, validation: validation, seed: seed)
    guard !split.training.isEmpty else {
      throw CommandError(.data, "\(sequences.path): no sequence is left to train on")
    }
    func batches(_ part: [Int], shuffles: Bool) -> SampleBatches {
      SampleBatches(
        Batches(count: part.count, size: batch, shuffles: shuffles, seed: seed)
      ) { indices in sequences.batch(indices.map { part[$0] }) }
    }
    let targets: Preprocessing.Targets = sequences.classes == nil ? .values(nil) : .classes(nil)
    return TaskData(
      training: batches(split.training, shuffles: true),
      validation: batches(split.validation, shuffles: false),
      summary: "\(split.training.count) sequences of \(sequences.x.shape[1]) steps to train on,"
        + " \(split.validation.count) held out; \(sequences.x.shape[2]) features, "
        + (sequences.classes.map { "\($0) classes" } ?? "\(sequences.outputs) numbers as targets"),
      inputs: sequences.x.shape[2], areTokens: false, outputs: sequences.outputs,
      preprocessing: Preprocessing(targets: targets), answersOnce: sequences.answersOnce,
      unit: ("sequences", 1))
  }
}

/// The sequences and targets of a file.
struct SequenceFile: Sendable {
  let path: String
  /// [N, T, I]
  let x: Tensor<Float>
  /// One class for each sequence or step, or none if the targets are numbers.
  private let labels: [Int]?
  /// The targets if they are numbers.
  private let values: Tensor<Float>?
  /// The axes of y before the outputs: [N] or [N, T].
  private let rows: Shape
  /// The number of outputs: classes or numbers.
  let outputs: Int

  var count: Int { x.shape[0] }
  /// The number of classes, or `nil` if the targets are numbers.
  var classes: Int? { labels == nil ? nil : outputs }
  /// Whether there is one target for each sequence rather than for each step.
  var answersOnce: Bool { rows.count == 1 }

  init(_ path: String) throws {
    let checkpoint = try Checkpoint(contentsOf: path)
    func failure(_ tensor: String, _ problem: String) -> CommandError {
      CommandError(.data, "\(path): \(tensor): \(problem)")
    }
    guard checkpoint["lengths"] == nil else {
      throw failure(
        "lengths", "sequences of different lengths are not supported here; the library has them")
    }
    guard let inputs = checkpoint["x"], let targets = checkpoint["y"] else {
      throw CommandError(
        .data,
        "\(path): expected the tensors x and y, found \(checkpoint.tensors.keys.joined(separator: ", "))"
      )
    }
    guard inputs.shape.count == 3, inputs.count > 0 else {
      throw failure("x", "expected the shape [N, T, I], found \(inputs.shape)")
    }
    x = try inputs.values(as: Float.self)
    guard x.elements.allSatisfy(\.isFinite) else {
      throw failure("x", "an element is NaN or infinite")
    }
    let shape = targets.shape
    let steps = Array(inputs.shape.prefix(2))
    self.path = path
    if !targets.type.isFloatingPoint {
      guard shape == [steps[0]] || shape == steps else {
        throw failure("y", "expected the shape [N] or [N, T] for classes, found \(shape)")
      }
      let classes = try targets.integers(as: Int.self)
      guard let largest = classes.max(), let least = classes.min(), least >= 0, largest < 1 << 20
      else { throw failure("y", "expected classes from 0") }
      (labels, values, outputs) = (classes, nil, largest + 1)
      rows = Shape(shape)
    } else {
      let leading = shape.dropLast()
      guard Array(leading) == [steps[0]] || Array(leading) == steps, shape.last ?? 0 > 0 else {
        throw failure("y", "expected the shape [N, O] or [N, T, O] for numbers, found \(shape)")
      }
      let numbers = try targets.values(as: Float.self)
      guard numbers.elements.allSatisfy(\.isFinite) else {
        throw failure("y", "an element is NaN or infinite")
      }
      (labels, values, outputs) = (nil, numbers, shape[shape.count - 1])
      rows = Shape(Array(leading))
    }
  }

  /// The sequences with these indices, time before the batch.
  func batch(_ indices: [Int]) -> (input: Tensor<Float>, target: Target) {
    let input = x.selectRows(indices).permuted([1, 0, 2])
    if let values {
      let part = values.selectRows(indices)
      return (input, .values(answersOnce ? part : part.permuted([1, 0, 2])))
    }
    let labels = labels ?? []
    guard !answersOnce else { return (input, .labels(indices.map { labels[$0] })) }
    let steps = rows[1]
    return (
      input, .labels((0..<steps).flatMap { step in indices.map { labels[$0 * steps + step] } })
    )
  }
}
