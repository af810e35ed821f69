internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

extension TableSettings.Missing: ExpressibleByArgument {}

struct TrainCSV: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "csv",
    abstract: "Train a network to predict a column of a CSV file from the others.",
    discussion: """
      Numbers are standardized, and texts become one input for each category. A target of texts is \
      classified, and a target of numbers is predicted as a number, unless --classify is given. \
      What the training rows have shown is saved with the run, so that `backflow predict` treats \
      new rows alike.

      EXAMPLES
        backflow train csv houses.csv --target price --save runs/houses
        backflow train csv wine.csv --target class --classify --exclude id --missing fill
        backflow predict runs/houses new.csv
      """)

  enum Defaults: TrainingDefaults {
    static let epochs = 50
  }

  @Argument(help: "A file of comma-separated values with a header.", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("The column to predict.", valueName: "column"))
  var target: String

  @Flag(help: "The target is a class, although it looks like a number.")
  var classify = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Columns that are not used.", valueName: "column"))
  var exclude: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Columns whose values are categories, although they look like numbers.",
      valueName: "column"))
  var categories: [String] = []

  @Option(
    help:
      "Missing values are an error, their rows are dropped, or they are filled with the mean and the most frequent text."
  )
  var missing = TableSettings.Missing.error

  @Option(help: "The character between two fields; `tab` for a tab.")
  var separator = ","

  @Option(help: "The character before the decimal places of a number.")
  var decimalMark = "."

  @Option(parsing: .unconditional, help: "The number of hidden units of each layer.")
  var hidden = 64

  @Option(parsing: .unconditional, help: "The number of hidden layers, each followed by a ReLU.")
  var layers = 2

  @Option(
    parsing: .unconditional, help: "The share of units that training drops after each layer.")
  var dropout = 0.0

  @OptionGroup(title: "Training") var heldOut: ValidationOption
  @OptionGroup(title: "Training") var training: TrainingOptions<Defaults>
  @OptionGroup(title: "Run") var options: RunOptions

  func validate() throws {
    try check("hidden", hidden, 1...100_000)
    try check("layers", layers, 0...100)
    try checkShare("dropout", dropout)
    let marks = "0123456789+-eE \"\t\r\n"
    guard let separator = separatorCharacter, separator.isASCII, !"\"\r\n".contains(separator)
    else {
      throw ValidationError("--separator must be one ASCII character or `tab`, got \(separator).")
    }
    guard decimalMark.count == 1, decimalMark.allSatisfy(\.isASCII),
      !marks.contains(decimalMark), decimalMark != String(separator)
    else {
      throw ValidationError(
        "--decimal-mark must be one ASCII character that is not the separator and not part of a"
          + " number, got \(decimalMark).")
    }
  }

  private var separatorCharacter: Character? {
    separator == "tab" ? "\t" : separator.count == 1 ? separator.first : nil
  }

  var kind: NetworkSettings.Kind { .dense }

  func task() throws -> TaskSettings {
    TaskSettings(
      name: .csv, file: try DataFile(at: file), validation: heldOut.validation,
      table: TableSettings(
        target: target, isClass: classify ? true : nil, excluded: exclude, categories: categories,
        separator: String(separatorCharacter ?? ","), decimalMark: decimalMark, missing: missing))
  }

  func network(for data: TaskData) -> NetworkSettings {
    NetworkSettings(
      kind: .dense, inputs: data.inputs, hidden: hidden, layers: layers, dropout: dropout,
      outputs: data.outputs, answersOnce: true)
  }
}
