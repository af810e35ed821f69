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
    for epoch in 1...epochs {
      let order = random.permutation(count)
      var (lossSum, hitSum) = (0.0, 0.0)
      for start in stride(from: 0, to: count, by: batch) {
        let seen = min(start + batch, count)
        let images = training.samples(at: Array(order[start..<seen]))
        var (loss, hits, gradients) = gradients(of: network, on: images)
        do {
          try clipGradientNorm(&gradients, to: clip)
        } catch {
          progress.finish()
          complain("training diverged in epoch \(epoch), step \(optimizer.step + 1): \(error)")
          complain("try a smaller --learning-rate")
          throw ExitCode.failure
        }
        optimizer.learningRate = schedule.learningRate(at: optimizer.step)
        optimizer.update(&network, along: gradients)

        lossSum += loss * Double(seen - start)
        hitSum += hits * Double(seen - start)
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

  /// Returns the loss, the accuracy, and the gradients of all parameters.
  private func gradients<Network: Layer<Float>>(
    of network: Network, on images: Digits
  ) -> (loss: Double, accuracy: Double, gradients: Network) {
    let (logits, cache) = network.forward(images[keyPath: model.input])
    let (loss, logitsGradient) = softmaxCrossEntropy(logits, images.labels)
    let (_, gradients) = network.backward(logitsGradient, cache)
    return (Double(loss), accuracy(logits, images.labels), gradients)
  }
}
