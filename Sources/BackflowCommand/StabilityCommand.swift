public import ArgumentParser
public import Backflow
internal import BackflowConsole
internal import BackflowFiles
internal import Foundation

extension Nonlinearity: ExpressibleByArgument {}

struct StabilityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stability",
    abstract: "Analyze the stability of a recurrent network.",
    discussion: """
      PATH is a checkpoint of PyTorch, safetensors or NumPy with a vanilla recurrent layer or a \
      square matrix, or a directory written by `backflow train digits --model rnn --save`. A weight \
      from a file is analyzed at rest, without input; a network trained on the digits is analyzed \
      along its trajectory on held-out digits.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Argument(help: "A checkpoint, or a directory of trained parameters.")
  var path: String

  @Option(
    help: ArgumentHelp(
      "The recurrent layer: the name of its network or weight.", valueName: "name"))
  var layer: String?

  @Option(help: "The nonlinearity for a weight alone. (default: tanh)")
  var nonlinearity: Nonlinearity?

  @Option(help: "The number of steps back for a weight alone. (default: 50)")
  var steps: Int?

  @Option(help: "The format of the report.")
  var format = Format.text

  func validate() throws {
    if let steps, !(1...1_000_000).contains(steps) {
      throw ValidationError("--steps must be between 1 and 1000000, got \(steps).")
    }
    if layer == nil, isTrainedOnDigits, steps != nil || nonlinearity != nil {
      throw ValidationError(
        "--steps and --nonlinearity apply only to a weight alone, not to a trained network.")
    }
  }

  func run() throws {
    do {
      let report = try report()
      switch format {
      case .text: say("\(report)")
      case .json: say(try json(report))
      }
    } catch let code as ExitCode {
      throw code
    } catch let error as StabilityError {
      complain("\(path): \(error)")
      throw ExitCode.failure
    } catch {
      throw failure(error)
    }
  }

  private func report() throws -> StabilityReport {
    var random = RandomSource(seed: 1)
    if isDirectory, layer == nil {
      let directory = try SavedDirectory(path)
      if directory.holds("rnn.weight_hh_l0") || !directory.models.isEmpty || directory.names.isEmpty
      {
        return try reportOfTrainedNetwork(directory, using: &random)
      }
    }
    let nonlinearity = nonlinearity ?? .tanh
    let weight = try ChosenWeight(
      in: try Checkpoint(contentsOf: path), named: layer, path: path)
    if format == .text {
      say(
        "\(escaped(weight.name)), without input and biases, nonlinearity \(nonlinearity.rawValue)\n"
      )
    }
    var options = Stability.Options()
    options.steps = steps
    options.precision = weight.precision
    guard weight.values.rank == 2, weight.values.shape[0] == weight.values.shape[1] else {
      throw StabilityError.notSquare(weight.values.shape)
    }
    let network = RNN<Double>(cells: [
      [
        VanillaCell(
          GateWeights(
            input: .zeros([weight.values.shape[0], 1]), recurrent: weight.values),
          nonlinearity: nonlinearity)
      ]
    ])
    return try Stability.report(of: network, options: options, using: &random)
  }

  private var isDirectory: Bool { InputFolder.isThere(path) }

  private var isTrainedOnDigits: Bool {
    isDirectory && (try? SavedDirectory(path))?.holds("rnn.weight_hh_l0") == true
  }

  private func reportOfTrainedNetwork(
    _ directory: SavedDirectory, using random: inout RandomSource
  ) throws -> StabilityReport {
    if let model = directory.models.first(where: { $0 != .rnn }) {
      throw UnanalyzedNetwork(path: path, model: model)
    }
    guard directory.holds("rnn.weight_hh_l0") else { throw ForeignDirectory(directory) }
    do {
      return try report(ofNetworkIn: path, using: &random)
    } catch let error as CheckpointError {
      complain("\(error)")
      throw ForeignDirectory(directory)
    }
  }

  private func report(
    ofNetworkIn path: String, using random: inout RandomSource
  ) throws -> StabilityReport {
    // Read in the precision of the training. The recurrent weight determines the size.
    let weight: Tensor<Float> = try NPY.read(path + "/rnn.weight_hh_l0.npy")
    guard weight.rank == 2, weight.shape[0] == weight.shape[1], !weight.isEmpty else {
      throw StabilityError.notSquare(weight.shape)
    }
    var model = DigitReader(zerosBeside: weight)
    try model.load(Checkpoint(contentsOf: path))
    let heldOut = try Digits.load().split.heldOut
    return try Stability.report(
      of: model.recurrence, along: heldOut.rowsAsSequence, using: &random)
  }
}

/// An error for a directory with a network that is not a vanilla recurrent network.
private struct UnanalyzedNetwork: Error, CustomStringConvertible {
  let path: String
  let model: DigitModel

  var description: String {
    "\(path): expected a network of `train digits --model rnn`, found one of `--model"
      + " \(model.rawValue)`, whose stability cannot be analyzed"
  }
}
