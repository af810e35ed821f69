internal import Backflow
internal import BackflowFiles

/// The data of a task, as a training needs them.
struct TaskData {
  let training: Batched
  /// Batches in order, of samples that are not trained on; none if nothing is held out.
  let validation: Batched
  /// What the data are, in one sentence.
  let summary: String
  /// The number of features of the input, or of different tokens.
  let inputs: Int
  /// Whether the inputs are tokens.
  let areTokens: Bool
  /// The number of outputs.
  let outputs: Int
  /// What turns a row or a text into the input of the network, and an output into an answer.
  let preprocessing: Preprocessing
  /// Whether there is one target for each sequence rather than for each step.
  var answersOnce = true
  /// What a rate counts, such as "characters", and how many of them one sample has.
  var unit: (name: String, perSample: Int) = ("samples", 1)

  /// The number of classes, or `nil` if the targets are numbers.
  var classes: Int? {
    if case .values = preprocessing.targets { nil } else { outputs }
  }
}

/// What is learned from the training data beside the parameters, and saved with them.
struct Preprocessing {
  enum Input {
    /// The data are used as they are.
    case none
    case table(TableEncoder<Float>)
    case text(Vocabulary)
  }

  enum Targets {
    /// Classes, with their names if they are not 0, 1, 2, …
    case classes(LabelEncoder?)
    /// Numbers, which the network sees standardized if there is a standardizer.
    case values(Standardizer<Float>?)
  }

  var input = Input.none
  var targets = Targets.classes(nil)
}

extension Preprocessing {
  /// Adds everything to a checkpoint.
  func insert(into checkpoint: inout Checkpoint) throws {
    switch input {
    case .none: break
    case .table(let encoder): try checkpoint.insert(encoder, prefix: Names.input)
    case .text(let vocabulary): try checkpoint.insert(vocabulary, named: Names.vocabulary)
    }
    switch targets {
    case .classes(let names?): try checkpoint.insert(names, named: Names.classes)
    case .values(let scale?): try checkpoint.insert(scale, prefix: Names.scale)
    case .classes(nil): checkpoint.metadata[Names.areClasses] = "true"
    case .values(nil): break
    }
  }

  /// Reads what the run of this task has saved.
  init(_ checkpoint: Checkpoint, of task: TaskSettings.Name) throws {
    switch task {
    case .csv:
      input = .table(try TableEncoder(checkpoint, prefix: Names.input))
    case .text:
      input = .text(try Vocabulary(checkpoint, named: Names.vocabulary))
    case .digits, .copy: break
    case .sequence, .adding: targets = .values(nil)
    }
    if checkpoint.metadata[Names.classes] != nil {
      targets = .classes(try LabelEncoder(checkpoint, named: Names.classes))
    } else if !checkpoint.under(Names.scale).isEmpty {
      targets = .values(try Standardizer(checkpoint, prefix: Names.scale))
    } else if checkpoint.metadata[Names.areClasses] != nil {
      targets = .classes(nil)
    }
  }
}

/// The names of these parts in a checkpoint.
private enum Names {
  static let (input, vocabulary) = ("input", "vocabulary")
  static let (classes, scale, areClasses) = ("classes", "target", "targets.are_classes")
}

extension TaskSettings {
  /// Reads the data.
  ///
  /// - Parameters:
  ///   - batch: The number of samples of a batch.
  ///   - seed: The seed of the split and of the order.
  func load(batch: Int, seed: UInt64, for kind: NetworkSettings.Kind) throws -> TaskData {
    switch name {
    case .digits: try digits(batch: batch, seed: seed, asImages: kind == .convolution)
    case .csv: try csv(batch: batch, seed: seed)
    case .text: try text(batch: batch, seed: seed)
    case .sequence: try sequences(batch: batch, seed: seed)
    case .adding: adding(batch: batch, seed: seed)
    case .copy: copyTask(batch: batch, seed: seed)
    }
  }

  /// The file of a task that has one.
  func dataFile() throws -> DataFile {
    guard let file else { throw CommandError(.data, "the configuration names no file of data") }
    return file
  }
}

extension DataFile {
  /// The file at `path`, with its size and checksum.
  init(at path: String) throws {
    let file = try InputFile(path)
    var checksum = Checksum()
    let piece = 1 << 20
    for start in stride(from: 0, to: file.size, by: piece) {
      checksum.add(try file.read(piece, at: start))
    }
    self.init(path: absolutePath(path), size: file.size, crc32: checksum.value)
  }

  /// Throws an error if the file is not the one that the run has been trained on.
  func check() throws {
    let found = try DataFile(at: path)
    guard found.size == size && found.crc32 == crc32 else {
      throw CommandError(
        .data, "\(path): the file has changed since the run began; the run cannot be continued")
    }
  }
}
