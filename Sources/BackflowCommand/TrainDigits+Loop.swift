internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import Foundation

extension TrainDigits {
  /// Returns `network` after training on batches in a new random order for each epoch.
  ///
  /// - Throws: `ExitCode`, after a message, if the training diverges or is interrupted.
  func trained<Network: Layer<Float>>(
    _ network: Network, on training: Digits, until interruption: Interruption,
    using random: inout RandomSource
  ) throws -> Network {
    let count = training.labels.count
    var network = network
    let steps = epochs * ((count + batch - 1) / batch)
    let rate = learningRate ?? model.learningRate
    let schedule = model.schedule(learningRate: rate, steps: steps)
    var optimizer = Adam(for: network, learningRate: rate)
    var progress = ProgressBar(total: steps)
    var watch =
      health == 0 ? nil : TrainingWatch<Network>(every: health, input: model.input)
    func report(_ lines: [String]) {
      if !lines.isEmpty { progress.finish() }
      for line in lines { complain(line) }
    }
    defer { conclude(watch) }
    for epoch in 1...epochs {
      let order = random.permutation(count)
      var (lossSum, hitSum) = (0.0, 0.0)
      for start in stride(from: 0, to: count, by: batch) {
        let seen = min(start + batch, count)
        let images = training.samples(at: Array(order[start..<seen]))
        let step = optimizer.step
        let isDue = watch?.isDue(step) ?? false
        let pass = pass(through: network, on: images, isTraced: isDue)
        var gradients = pass.gradients
        do {
          try clipGradientNorm(&gradients, to: clip)
        } catch {
          report(watch?.observeFailure(step, pass, of: network) ?? [])
          progress.finish()
          complain("training diverged in epoch \(epoch), step \(optimizer.step + 1): \(error)")
          complain("try a smaller --learning-rate")
          throw ExitCode.failure
        }
        optimizer.learningRate = schedule.learningRate(at: optimizer.step)
        let before = isDue ? network : nil
        optimizer.update(&network, along: gradients)
        report(
          watch?.observe(
            step, pass, clipped: gradients, from: before, to: network, optimizer.state) ?? [])

        lossSum += Double(pass.loss) * Double(seen - start)
        hitSum += accuracy(pass.logits, images.labels) * Double(seen - start)
        progress.show(
          optimizer.step,
          String(
            format: "epoch %2d/%d  loss %.4f  accuracy %.1f %%", epoch, epochs,
            lossSum / Double(seen), 100 * hitSum / Double(seen)),
          isMilestone: seen == count)
        if interruption.isRequested {
          progress.finish()
          throw interrupted()
        }
      }
    }
    progress.finish()
    return network
  }

  /// Prints the diagnoses and writes the time line, also of a training that diverged or was
  /// interrupted. An error must not cost the network.
  private func conclude<Network: Layer<Float>>(_ watch: TrainingWatch<Network>?) {
    guard let watch else { return }
    if !watch.conclusion.isEmpty { complain(watch.conclusion) }
    guard let timeline else { return }
    do {
      try write(watch.timeline(for: timeline), to: timeline)
    } catch {
      complain("\(error)")
    }
  }

  /// Returns the loss and the gradients of all parameters, with a trace if the step is observed.
  private func pass<Network: Layer<Float>>(
    through network: Network, on images: Digits, isTraced: Bool
  ) -> TrainingWatch<Network>.Pass {
    let (logits, cache) = network.forward(images[keyPath: model.input])
    let (loss, top) = softmaxCrossEntropy(logits, images.labels)
    guard isTraced else {
      return .init(
        images: images, logits: logits, loss: loss,
        gradients: network.backward(top, cache).gradients,
        trace: nil)
    }
    let (_, gradients, trace) = network.tracedBackward(top, cache)
    return .init(images: images, logits: logits, loss: loss, gradients: gradients, trace: trace)
  }
}
