internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the network of a run on data.",
    discussion: """
      Without DATA, the network is measured on the samples that were held out in its training. DATA \
      is a file like that of the training: a CSV file with the target, a text, or a file with x \
      and y.

      EXAMPLES
        backflow evaluate runs/houses
        backflow evaluate runs/houses new.csv --format json
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Argument(
    help: ArgumentHelp("A run of `backflow train`.", valueName: "run"), completion: .directory)
  var path: String

  @Argument(help: "A file of data.", completion: .file())
  var data: String?

  @Option(help: "The format of the measurements.")
  var format = Format.text

  func run() throws {
    do {
      let saved = try SavedRun(path)
      let measured = try saved.network.measured(
        on: saved.batches(of: data), saved.preprocessing, classes: saved.classes)
      guard let measurement = measured.measurement else {
        throw CommandError(.data, "\(data ?? path): there are no samples to measure on")
      }
      switch format {
      case .json: say(try json(Dictionary(measurement.all) { first, _ in first }))
      case .text:
        say(measurement.description)
        if let confusion = measured.confusion, confusion.classes <= 30, saved.isClassifier {
          say(confusion.table(names: saved.classNames))
        }
      }
    } catch {
      throw failure(error)
    }
  }
}

extension SavedRun {
  /// Whether the network answers with a class for each sample, rather than with what follows.
  fileprivate var isClassifier: Bool {
    switch configuration.task.name {
    case .digits, .csv: true
    case .sequence: configuration.network.answersOnce
    case .text, .copy, .adding: false
    }
  }

  /// The names of the classes.
  var classNames: [String] {
    if case .classes(let names?) = preprocessing.targets { return names.classes }
    return (0..<configuration.network.outputs).map { "\($0)" }
  }

  /// The samples of a file, or those that were held out in the training.
  fileprivate func batches(of file: String?) throws -> Batched {
    let task = configuration.task
    guard let file else { return try data().validation }
    switch (task.name, preprocessing.input) {
    case (.csv, .table(let encoder)):
      guard let settings = task.table else { break }
      let table = try settings.open(file, types: encoder.columnTypes)
      return try preprocessing.batches(
        of: table, settings.target, Batches(count: table.rowCount, size: 256, shuffles: false))
    case (.text, .text(let vocabulary)):
      let tokens = try vocabulary.encode(readText(file))
      return streamed(tokens, batch: max(1, min(32, tokens.count / 128)), steps: task.steps ?? 64)
    case (.sequence, _):
      let sequences = try SequenceFile(file)
      guard sequences.x.shape[2] == configuration.network.inputs else {
        throw CommandError(
          .data,
          "\(file): x: the shape is \(sequences.x.shape), and the network reads"
            + " \(configuration.network.inputs) features")
      }
      guard
        sequences.answersOnce == configuration.network.answersOnce,
        sequences.classes.map({ $0 <= configuration.network.outputs })
          ?? (sequences.outputs == configuration.network.outputs)
      else { throw CommandError(.data, "\(file): y is not like that of the training") }
      return Batched(
        Batches(count: sequences.count, size: 256, shuffles: false), { sequences.batch($0) })
    default: break
    }
    throw CommandError(
      .data, "\(folder.path): a \(task.name.rawValue) run has no data from files")
  }
}

extension ConfusionMatrix {
  /// A table with a row for each class that is true, and a column for each that was predicted.
  fileprivate func table(names: [String]) -> String {
    let shown = names.map { String(escaped($0, limit: 12)) }
    let cells = (0..<classes).map { label in
      (0..<classes).map { "\(self[label: label, prediction: $0])" }
    }
    let width = max(4, (shown + cells.joined()).map(\.count).max() ?? 0)
    func padded(_ text: String) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let scores = (0..<classes).map { self.scores(of: $0) }
    let header = padded("") + " │ " + shown.map(padded).joined(separator: " ") + " │ recall"
    return
      (["true class by row, prediction by column", header]
      + zip(shown, zip(cells, scores)).map { name, row in
        padded(name) + " │ " + row.0.map(padded).joined(separator: " ")
          + " │ \(threeDigits(row.1.recall))"
      }).joined(separator: "\n")
  }
}
