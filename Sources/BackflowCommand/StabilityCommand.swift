internal import ArgumentParser
internal import Backflow
internal import Foundation

struct StabilityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stability",
    abstract: "Ask whether gradients survive a recurrence, and for how long.",
    discussion: """
      PATH is an .npy file with a recurrent weight [hidden, hidden], or the directory that \
      `backflow train digits --save` wrote. A weight alone is analysed at rest, without input; a \
      trained network along the states it takes on held-out digits.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  /// The nonlinearity that a bare weight is used with.
  enum Nonlinearity: String, ExpressibleByArgument, CaseIterable {
    case tanh, relu, sigmoid

    /// sup φ′
    var slopeBound: Double { self == .sigmoid ? 0.25 : 1 }
    /// φ′(0); for ReLU from the right.
    var slopeAtRest: Double { slopeBound }
  }

  @Argument(help: "An .npy file, or a directory of trained parameters.")
  var path: String

  @Option(help: "The nonlinearity of the recurrence (a weight alone only).")
  var nonlinearity = Nonlinearity.tanh

  @Option(help: "How many steps to follow the backward signal (a weight alone only).")
  var steps = 50

  @Option(help: "Write the eigenvalues and the backward signal as an SVG picture.")
  var svg: String?

  @Option(help: "The form of the report.")
  var format = Format.text

  func validate() throws {
    guard (1...1_000_000).contains(steps) else {
      throw ValidationError("--steps must lie between 1 and 1000000.")
    }
  }

  func run() throws {
    do {
      let report = try report()
      if let svg { try write(StabilityFigure(report, title: title).svg, to: svg) }
      switch format {
      case .text:
        say("\(report)")
        if let svg { say("\npicture: \(svg)") }
      case .json:
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        say(String(decoding: try encoder.encode(report), as: UTF8.self))
      }
    } catch {
      throw failure(error)
    }
  }

  private var title: String { "Stability of \(URL(fileURLWithPath: path).lastPathComponent)" }

  private func report() throws -> StabilityReport {
    var random = RandomSource(seed: 1)
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard attributes?[.type] as? FileAttributeType == .typeDirectory else {
      return try Stability.report(
        ofRecurrentWeight: NPY.read(path), slopeBound: nonlinearity.slopeBound,
        slopeAtRest: nonlinearity.slopeAtRest, steps: steps, using: &random)
    }
    // The size of the network is that of its saved bias.
    let bias: Tensor<Double> = try NPY.read(path + "/rnn.bias_hh_l0.npy")
    var model = DigitReader<Double>(hiddenSize: bias.count, using: &random)
    try NPYDirectory.read(into: &model, from: path)
    let heldOut = try Digits.load().split.heldOut
    return try Stability.report(
      of: model.rnn, along: Tensor(heldOut.rowsAsSequence), using: &random)
  }

  private func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
