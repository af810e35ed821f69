internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the target of each row of a CSV file.",
    discussion: """
      The output is a CSV file with one line for each row, in the same order: the predicted number, \
      or the predicted class and the probability of each class. The columns of --keep come first. \
      The input has the columns of the training, in any order; the target may be missing.

      EXAMPLES
        backflow predict runs/houses new.csv > prices.csv
        backflow predict runs/wine new.csv --keep id --output classes.csv
      """)

  @Argument(
    help: ArgumentHelp("A run of `backflow train csv`.", valueName: "run"), completion: .directory)
  var path: String

  @Argument(help: "A file of comma-separated values with a header.", completion: .file())
  var data: String

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Columns of the input that are copied to the output.", valueName: "column"))
  var keep: [String] = []

  @Option(
    help: ArgumentHelp(
      "The file to write. (default: standard output)", valueName: "file"), completion: .file())
  var output: String?

  func run() throws {
    do {
      let saved = try SavedRun(path)
      guard case .table(let encoder) = saved.preprocessing.input,
        let settings = saved.configuration.task.table
      else {
        throw CommandError(
          .data,
          "\(path): `backflow predict` needs a run of `backflow train csv`, and this is one of"
            + " `backflow train \(saved.configuration.task.name.rawValue)`")
      }
      var types = encoder.columnTypes
      for name in keep { types[name] = .text }
      let table = try settings.open(data, types: types)
      let kept = try keep.map { try table.texts($0) }
      let answers = try saved.answers(for: encoder.encode(table))
      let header = csvLine(keep + answers.header)
      let lines = (0..<table.rowCount).map { row in
        csvLine(kept.map { $0[row] ?? "" } + answers.fields(row))
      }
      let text = ([header] + lines).joined()
      if let output { try write(text, to: output) } else { say(text, terminator: "") }
    } catch {
      throw failure(error)
    }
  }
}

/// What a network answers for each row, as fields of a CSV file.
private struct Answers {
  let header: [String]
  let fields: (_ row: Int) -> [String]
}

extension SavedRun {
  /// Answers through the serving path, 1024 rows at a time.
  fileprivate func answers(for x: Tensor<Float>) throws -> Answers {
    let served = network.prepared()
    var parts: [Tensor<Float>] = []
    for start in stride(from: 0, to: x.shape[0], by: 1024) {
      parts.append(try served.output(for: x[start..<min(start + 1024, x.shape[0])]))
    }
    let outputs =
      parts.isEmpty
      ? Tensor<Float>.zeros([0, configuration.network.outputs])
      : Tensor<Float>.concatenate(parts, axis: 0)
    switch preprocessing.targets {
    case .values(let scale):
      let numbers = (scale?.inverse(outputs) ?? outputs).elements
      return Answers(header: ["prediction"]) { ["\(numbers[$0])"] }
    case .classes:
      let probabilities = Softmax<Float>()(outputs)
      let (best, elements) = (outputs.argmaxOfRows(), probabilities.elements)
      let (names, count) = (classNames, configuration.network.outputs)
      return Answers(header: ["prediction"] + names.map { "probability \($0)" }) { row in
        [names[best[row]]] + elements[row * count..<(row + 1) * count].map { "\($0)" }
      }
    }
  }
}

/// A record of a CSV file (RFC 4180), with its line break.
private func csvLine(_ fields: [String]) -> String {
  fields.map { field in
    field.contains { "\",\r\n\r\n".contains($0) } || field.isEmpty
      ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
  }.joined(separator: ",") + "\n"
}
