public import ArgumentParser
public import Backflow
internal import BackflowConsole

extension Nonlinearity: ExpressibleByArgument {}

extension WeightPrecision: ExpressibleByArgument {}

struct StabilityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stability",
    abstract: "Report what a recurrent network does to signals and gradients over many steps.",
    discussion: """
      CHECKPOINT is a file of PyTorch (.pt, .pth, TorchScript), safetensors or NumPy (.npy, .npz), \
      a directory of .npy files, or a run of `backflow train`. Nothing in it is executed. All recurrent layers are analyzed, under any prefix, and the decays of \
      state-space layers are listed. A single square matrix is that of a vanilla cell.

      With --input, a network runs along that input. The network of a run goes along samples that \
      were held out in its training. Others run without input, from random states.

      The exit code is 0 whatever the verdict, 2 if --fail-on matches the verdict of a layer, and \
      65 if the checkpoint or the input cannot be analyzed. docs/stability.md explains the figures.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  enum ResetGate: String, ExpressibleByArgument, CaseIterable {
    case before, after
  }

  @Argument(help: "A checkpoint.")
  var checkpoint: String

  @Option(
    help: ArgumentHelp(
      "The input, [time, features] or [time, batch, features], in a format of checkpoints. A colon"
        + " and the name of a tensor follow the file if it has several.",
      valueName: "file[:tensor]"))
  var input: String?

  @Option(
    help: ArgumentHelp(
      "The number of steps of each sample of the input, [batch]. What lies after the end of a sample"
        + " is not read.", valueName: "file[:tensor]"))
  var lengths: String?

  @Option(
    help: ArgumentHelp(
      "Only this network, recurrent weight or square matrix.", valueName: "name"))
  var layer: String?

  @Option(help: "The nonlinearity of vanilla cells. (default: tanh)")
  var nonlinearity: Nonlinearity?

  @Option(
    help: ArgumentHelp(
      "The leak of vanilla cells, the time step divided by the time constant. (default: 1)",
      valueName: "a"))
  var leak: Double?

  @Option(help: "Whether a GRU resets before or after the product. (default: after)")
  var gruReset: ResetGate?

  @Option(
    help: ArgumentHelp(
      "The number of steps, at most those of the input. (default: all of the input, or 1000)",
      valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "The number of steps at the start that are left out. (default: a tenth)", valueName: "n"))
  var discard: Int?

  @Option(
    help: ArgumentHelp(
      "The number of Lyapunov exponents. (default: all up to 64 elements of the state, else 32)",
      valueName: "k"))
  var exponents: Int?

  @Option(
    help: ArgumentHelp(
      "The largest number of samples of the batch, or the number of random states. (default: 4)",
      valueName: "n"))
  var samples: Int?

  @Option(
    help: ArgumentHelp(
      "A level ε of the pseudospectral radius and abscissa of W_hh. It can be repeated.",
      valueName: "ε"))
  var epsilon: [Double] = []

  @Option(
    help: ArgumentHelp(
      "The duration of a step in milliseconds, for the time scales of fixed points.",
      valueName: "ms"))
  var stepDuration: Double?

  @Option(
    help: ArgumentHelp(
      "The weight [features, units] of a linear layer that predicts the next input. The network"
        + " also runs on its own predictions.", valueName: "name"))
  var readout: String?

  @Option(
    help: ArgumentHelp(
      "Compare with weights rounded to int8, int8-per-row, f16 or bf16.", valueName: "precision"))
  var round: WeightPrecision?

  @Option(
    help: ArgumentHelp("A directory for figures (SVG) of each layer.", valueName: "directory"))
  var figures: String?

  @Option(
    help: ArgumentHelp(
      "A file for the arrays of the figures, such as Jacobians and eigenvectors.",
      valueName: "file.npz"))
  var arrays: String?

  @Option(help: "The format of the report.")
  var format = Format.text

  @Option(
    help: ArgumentHelp(
      "Exit with code 2 if a layer has this verdict: must-vanish, may-explode or undecided.",
      valueName: "label"))
  var failOn: FailureLabel?

  func validate() throws {
    for (name, value) in [("--steps", steps), ("--exponents", exponents), ("--samples", samples)] {
      if let value, !(1...1_000_000).contains(value) {
        throw ValidationError("\(name) must be between 1 and 1000000, got \(value).")
      }
    }
    if let discard, !(0...1_000_000).contains(discard) {
      throw ValidationError("--discard must be between 0 and 1000000, got \(discard).")
    }
    if let arrays, !arrays.hasSuffix(".npz") {
      throw ValidationError("--arrays must name a file with the extension .npz, got \(arrays).")
    }
    if lengths != nil, input == nil { throw ValidationError("--lengths needs --input.") }
    for value in epsilon where !(value > 0 && value.isFinite) {
      throw ValidationError("--epsilon must be positive, got \(value).")
    }
    if let stepDuration, !(stepDuration > 0 && stepDuration.isFinite) {
      throw ValidationError("--step-duration must be positive, got \(stepDuration).")
    }
    if let leak, !(leak > 0 && leak <= 1) {
      throw ValidationError("--leak must be above 0 and at most 1, got \(leak).")
    }
  }

  func run() throws {
    let report: CheckpointStability
    do {
      report = try analyze()
    } catch let error as ValidationError {
      throw error
    } catch {
      complain("\(error)")
      throw ExitCode.badData
    }
    do {
      switch format {
      case .text: say("\(report)")
      case .json: say(try json(report))
      }
      try write(report.report)
    } catch {
      throw failure(error)
    }
    if let failOn, !report.layers(with: failOn.verdict).isEmpty {
      let layers = report.layers(with: failOn.verdict).map { escaped($0) }
      complain("verdict \"\(failOn.verdict.rawValue)\": \(layers.joined(separator: ", "))")
      throw ExitCode.unwantedVerdict
    }
  }

  /// Writes the figures and arrays. All are computed before the first is written.
  private func write(_ report: StabilityReport) throws {
    let drawn = try figures.map { _ in try StabilityFigures(report: report).all }
    let tensors = try arrays.map { _ in try StabilityArrays(report: report).tensors }
    if let figures, let drawn {
      try makeFolder(figures)
      for figure in drawn { try BackflowCommand.write(figure.svg, to: figures + "/" + figure.name) }
      if format == .text {
        say("\nfigures: \(figures) (\(drawn.count) files)")
      }
    }
    if let arrays, let tensors {
      var checkpoint = Checkpoint()
      for (name, tensor) in tensors { checkpoint[name] = StoredTensor(tensor) }
      try checkpoint.write(to: arrays)
      if format == .text { say("\narrays: \(arrays) (\(tensors.count) arrays)") }
    }
  }

  private func analyze() throws -> CheckpointStability {
    let contents = try checkpointOrRun(checkpoint)
    var options = CheckpointStability.Options()
    (options.layer, options.readout) = (layer, readout)
    (options.nonlinearity, options.leak) = (nonlinearity, leak)
    options.reset = gruReset.map { $0 == .before ? .beforeProduct : .afterProduct }
    (options.stability.steps, options.stability.exponents) = (steps, exponents)
    (options.stability.discardedSteps, options.stability.rounding) = (discard, round)
    (options.stability.epsilons, options.stability.millisecondsPerStep) = (epsilon, stepDuration)
    let input = try StabilityInput(input, lengths: lengths, for: checkpoint, layer: layer)
    options.stability.samples = samples ?? input.defaultSamples
    var random = RandomSource(seed: 1)
    var display = DelayedProgress()
    defer { display.clear() }
    do throws(RecurrentNetworkError) {
      return try CheckpointStability(
        of: contents, along: input.sequence, options: options, using: &random
      ) { display.show($1, escaped($0)) }
    } catch .inapplicable(let option, let reason) {
      throw ValidationError("\(commandOption(option)) does not apply to \(checkpoint): \(reason).")
    } catch .unreadable(let error) {
      throw error
    } catch {
      throw UnusableCheckpoint(path: checkpoint, reason: error)
    }
  }
}

/// The option of the command for one of the library.
private func commandOption(_ name: String) -> String {
  switch name {
  case "a nonlinearity": "--nonlinearity"
  case "a leak": "--leak"
  case "the place of the reset gate": "--gru-reset"
  default: name
  }
}

/// The reason why a checkpoint cannot be analyzed, with its path.
private struct UnusableCheckpoint: Error, CustomStringConvertible {
  let path: String
  let reason: RecurrentNetworkError

  var description: String { "\(path): \(reason)" }
}

/// The name of a verdict on the command line, with spaces or hyphens.
struct FailureLabel: ExpressibleByArgument {
  let verdict: Verdict

  init?(argument: String) {
    let label = argument.lowercased().split { "- _".contains($0) }.joined(separator: " ")
    guard let verdict = Verdict(rawValue: label) else { return nil }
    self.verdict = verdict
  }

  static var allValueStrings: [String] {
    Verdict.allCases.map { $0.rawValue.split(separator: " ").joined(separator: "-") }
  }
}

extension ExitCode {
  /// A layer has the verdict of `--fail-on`.
  static var unwantedVerdict: ExitCode { ExitCode(2) }
  /// A checkpoint or an input cannot be analyzed: EX_DATAERR of sysexits.h.
  static var badData: ExitCode { ExitCode(65) }
}
