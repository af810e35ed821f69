internal import ArgumentParser
internal import Backflow
internal import Foundation

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network on data that comes with Backflow.", subcommands: [TrainDigits.self])
}

struct TrainDigits: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digits",
    abstract: "Read handwritten digits row by row with a recurrent network.",
    discussion: """
      Trains on four fifths of the 1,797 images and reports the accuracy on the held-out fifth. \
      The same seed and number of threads give the same network, bit for bit.
      """)

  @Option(help: "Passes over the training images.")
  var epochs = 40

  @Option(help: "Hidden units of the recurrence.")
  var hidden = 64

  @Option(help: "Images a step.")
  var batch = 32

  @Option(help: "Adam's learning rate.")
  var learningRate = 0.003

  @Option(help: "The global norm to which gradients are clipped.")
  var clip = 1.0

  @Option(help: "Seed of the weights and of the order of the images.")
  var seed: UInt64 = 1

  @Option(help: "Threads; as many as there are processors if not given.")
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "A directory for the trained parameters, one .npy file each.", valueName: "directory"))
  var save: String?

  func validate() throws {
    // The upper bounds keep counts of steps and elements far from overflow.
    let bounds = [
      ("epochs", epochs, 1_000_000_000), ("hidden", hidden, 10_000), ("batch", batch, 1_000_000),
    ]
    for (name, value, largest) in bounds where !(1...largest).contains(value) {
      throw ValidationError("--\(name) must lie between 1 and \(largest).")
    }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    guard learningRate > 0, learningRate.isFinite, clip > 0, clip.isFinite else {
      throw ValidationError("--learning-rate and --clip must be positive and finite.")
    }
  }

  func run() throws {
    if let threads { Threads.count = threads }
    do {
      // Better now than after the training.
      if let save { try NPYDirectory.prepare(save) }
      try train(Digits.load())
    } catch let code as ExitCode {
      throw code
    } catch {
      throw failure(error)
    }
  }

  private func train(_ digits: Digits) throws {
    let interruption = Interruption()
    let (training, heldOut) = digits.split
    var random = RandomSource(seed: seed)
    var model = DigitReader<Float>(hiddenSize: hidden, using: &random)
    var optimizer = Adam(for: model, learningRate: learningRate)
    let stepsPerEpoch = (training.labels.count + batch - 1) / batch
    say(
      "\(training.labels.count) images to train on, \(heldOut.labels.count) held out;"
        + " \(model.parameterCount) parameters")

    var progress = ProgressBar(total: epochs * stepsPerEpoch)
    var step = 0
    for epoch in 1...epochs {
      let order = random.permutation(training.labels.count)
      var (lossSum, hitSum) = (0.0, 0.0)
      for start in stride(from: 0, to: order.count, by: batch) {
        let images = training.gather(Array(order[start..<min(start + batch, order.count)]))
        var (loss, accuracy, gradients) = model.gradients(images.rowsAsSequence, images.labels)
        do {
          try clipGradientNorm(&gradients, to: clip)
        } catch {
          progress.finish()
          complain("training diverged in epoch \(epoch), step \(step + 1): \(error)")
          complain("try a smaller --learning-rate")
          throw ExitCode.failure
        }
        optimizer.update(&model, along: gradients)

        step += 1
        let share = Double(images.labels.count)
        lossSum += Double(loss) * share
        hitSum += accuracy * share
        let seen = Double(min(start + batch, order.count))
        progress.show(
          step,
          String(
            format: "epoch %2d/%d  loss %.4f  accuracy %.1f %%", epoch, epochs, lossSum / seen,
            100 * hitSum / seen),
          isMilestone: start + batch >= order.count)
        if interruption.isRequested {
          progress.finish()
          complain("interrupted; nothing was saved")
          throw ExitCode(130)
        }
      }
    }
    progress.finish()

    let heldOutAccuracy = accuracy(model(heldOut.rowsAsSequence), heldOut.labels)
    say(String(format: "held-out accuracy %.2f %%", 100 * heldOutAccuracy))
    if let save {
      try NPYDirectory.write(model, to: save)
      say("parameters saved in \(save)")
    }
  }
}
