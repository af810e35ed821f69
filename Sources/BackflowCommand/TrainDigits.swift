internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import Foundation

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network on data that is part of Backflow.", subcommands: [TrainDigits.self])
}

struct TrainDigits: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digits",
    abstract: "Train a small network to classify handwritten digits.",
    discussion: """
      A recurrent network (rnn, lstm, gru) reads an image row by row; a convolution reads it as a whole. \
      Trains on four fifths of the 1,797 images and reports the accuracy on the held-out fifth. \
      The same seed and number of threads give the same network, bit for bit, on processors with \
      the same instruction set.
      """)

  @Option(help: "The kind of network.")
  var model = DigitModel.rnn

  @Option(help: "The number of passes over the training images.")
  var epochs = 40

  @Option(help: "The number of hidden units of a recurrent network. (default: 64; 128 for lstm)")
  var hidden: Int?

  @Option(help: "The number of images in each step.")
  var batch = 32

  @Option(help: "Adam's learning rate. (default: 0.003; for lstm and gru 0.01, decreasing to 0)")
  var learningRate: Double?

  @Option(help: "The global norm to which gradients are clipped.")
  var clip = 1.0

  @Option(parsing: .unconditional, help: "The seed of the weights and of the order of the images.")
  var seed: UInt64 = 1

  @Option(
    help: "The number of threads. (default: BACKFLOW_NUM_THREADS, or the available processors)")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "A directory for the trained parameters, one .npy file each.", valueName: "directory"))
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Look at the gradients at every n-th step, and print findings; 0 to look at none.",
      valueName: "n"))
  var health = 10

  @Option(
    help: ArgumentHelp(
      "A file for the time line of the findings, .svg or .json.", valueName: "file"))
  var timeline: String?

  func validate() throws {
    // The upper bounds prevent overflow of the numbers of steps and elements.
    let bounds = [
      ("epochs", epochs, 1_000_000_000), ("hidden", hidden ?? 1, 10_000),
      ("batch", batch, 1_000_000),
    ]
    for (name, value, largest) in bounds where !(1...largest).contains(value) {
      throw ValidationError("--\(name) must be between 1 and \(largest), got \(value).")
    }
    guard (0...1_000_000_000).contains(health) else {
      throw ValidationError("--health must be between 0 and 1000000000, got \(health).")
    }
    if let timeline {
      guard [".svg", ".json"].contains(where: timeline.hasSuffix) else {
        throw ValidationError("--timeline must end in .svg or .json, got \(timeline).")
      }
      guard health > 0 else { throw ValidationError("--timeline needs --health of 1 or more.") }
    }
    try checkThreads(threads)
    if model == .convolution, hidden != nil {
      throw ValidationError("--hidden applies only to recurrent networks, not to a convolution.")
    }
    try checkSinglePrecision(learningRate, "--learning-rate", instead: "\(model.learningRate)")
    try checkSinglePrecision(clip, "--clip", instead: "1")
  }

  func run() throws {
    if let threads { Threads.count = threads }
    do {
      try train(Digits.load())
    } catch let code as ExitCode {
      throw code
    } catch {
      throw failure(error)
    }
  }

  private func train(_ digits: Digits) throws {
    let (training, heldOut) = digits.split
    var random = RandomSource(seed: seed)
    let network = model.network(hiddenSize: hidden ?? model.hiddenSize, using: &random)
    if let save {
      // Errors are reported before the training rather than after it.
      let wait = LockWait(for: save)
      try Checkpoint(network).prepareDirectory(at: save, whileLocked: wait.goesOn)
    }
    // Errors are reported before the training rather than after it.
    if let timeline { try write("", to: timeline) }
    say(
      "\(training.labels.count) images to train on, \(heldOut.labels.count) held out;"
        + " \(network.parameterCount) parameters")

    let interruption = Interruption()
    let trained = try trained(network, on: training, until: interruption, using: &random)
    let logits = trained(heldOut[keyPath: model.input])
    say(String(format: "held-out accuracy %.2f %%", 100 * accuracy(logits, heldOut.labels)))
    if let save {
      let wait = LockWait(for: save, until: interruption)
      do {
        try Checkpoint(trained).writeDirectory(to: save, whileLocked: wait.goesOn)
      } catch {
        if wait.isInterrupted { throw interrupted() }
        throw error
      }
      say("parameters saved in \(save)")
    }
  }

  /// Reports an interrupted training.
  func interrupted() -> ExitCode {
    complain("interrupted; nothing was saved")
    return ExitCode(130)
  }
}
