internal import BackflowHealth
internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

extension Trainer {
  /// A batch with the number of its samples.
  struct Batch: Sendable {
    let input: Tensor<Scalar>
    let target: Target
    let size: Int
  }

  /// What is shown to the monitor of the way of one batch through the model.
  private struct Pass {
    let batch: Batch
    let mode: Mode
    let output: Tensor<Scalar>
  }

  /// The gradients of the batches of one update.
  private struct Backward {
    var mean: Model
    /// The sum of the losses of all samples, and their number.
    let lossSum: Double
    let count: Int
    /// The model before the update, with the buffers after the passes.
    let model: Model
    /// For an observed update, the passes and the trace of the last one.
    let passes: [Pass]
    let trace: LayerTrace<Scalar>?

    var loss: Double { lossSum / Double(count) }
  }

  /// Updates the parameters once, along the mean gradient of the batches, weighted by their sizes.
  ///
  /// - Throws: `DivergenceError` if a loss or a gradient is not finite. The training is then
  ///   unchanged, except that the monitor has observed the failure.
  mutating func update(on batches: [Batch]) throws(DivergenceError) -> UpdateReport {
    let start = random
    let isObserved = monitor?.isDue(optimizer.step) ?? false
    var backward = backward(batches, isObserved: isObserved)
    let raw = isObserved ? backward.mean : nil
    let norm: Double
    do {
      norm = try checkedNorm(clipping: &backward.mean, backward.loss)
    } catch {
      random = start
      observeFailure(backward)
      throw error
    }
    if let schedule { optimizer.learningRate = schedule.learningRate(at: optimizer.step) }
    if let plateau { optimizer.learningRate = min(optimizer.learningRate, plateau.learningRate) }
    let before = isObserved ? model : nil
    optimizer.update(&model, along: backward.mean)
    // Before the buffers change, because the monitor repeats the passes from where they began.
    let findings = observe(backward, raw, from: before)
    model.takeBuffers(of: backward.model)
    average?.update(with: model)
    lossSum += backward.lossSum
    sampleCount += backward.count
    return UpdateReport(
      epoch: epoch, step: optimizer.step, loss: backward.loss,
      epochLoss: lossSum / Double(sampleCount), gradientNorm: norm,
      learningRate: optimizer.learningRate, findings: findings)
  }

  /// Computes the gradients of all batches. The activations of one batch are released before the
  /// next, unless they are observed.
  private mutating func backward(_ batches: [Batch], isObserved: Bool) -> Backward {
    var accumulator = GradientAccumulator<Model>()
    var next = model
    var (sum, count, passes) = (0.0, 0, [Pass]())
    var trace: LayerTrace<Scalar>?
    for batch in batches {
      let mode = Mode.training(seed: random.next())
      let (output, cache) = next.forward(batch.input, mode)
      let (loss, gradient) = loss(output, batch.target)
      if isObserved {
        let traced = next.tracedBackward(gradient, cache)
        accumulator.add(traced.gradients, weight: Double(batch.size))
        trace = traced.trace
        passes.append(Pass(batch: batch, mode: mode, output: output))
      } else {
        let (_, gradients) = next.backward(gradient, cache)
        accumulator.add(gradients, weight: Double(batch.size))
      }
      next.updateBuffers(from: cache)
      sum += Double(loss) * Double(batch.size)
      count += batch.size
    }
    return Backward(
      mean: accumulator.takeMean(), lossSum: sum, count: count, model: next, passes: passes,
      trace: trace)
  }

  /// Clips the gradients, and returns their norm before.
  private func checkedNorm(
    clipping gradients: inout Model, _ loss: Double
  ) throws(DivergenceError) -> Double {
    guard loss.isFinite else { throw divergence("the loss is \(loss.isNaN ? "NaN" : "\(loss)")") }
    do {
      return try clipGradientNorm(
        &gradients, to: maximumNorm ?? Double(Scalar.greatestFiniteMagnitude))
    } catch {
      throw divergence("\(error)")
    }
  }

  private func divergence(_ reason: String) -> DivergenceError {
    DivergenceError(epoch: epoch, step: optimizer.step, reason: reason)
  }
}

// MARK: - What the monitor sees

extension Trainer {
  private mutating func observeFailure(_ backward: Backward) {
    var failure = StepObservation<Scalar>(step: optimizer.step)
    failure.recordLoss(Scalar(backward.loss), classes: classes)
    if let trace = backward.trace, let last = backward.passes.last {
      failure.recordNetwork(trace, output: last.output)
    }
    failure.recordParameters(model, gradients: backward.mean)
    monitor?.judge(failure)
  }

  /// Shows an update to the monitor.
  ///
  /// - Parameters:
  ///   - raw: The gradients before they were clipped, if the update is observed.
  ///   - before: The model before the update, if it is observed.
  private mutating func observe(
    _ backward: Backward, _ raw: Model?, from before: Model?
  ) -> [Finding] {
    let (loss, model, optimizer, isClipped) = (loss, model, optimizer, maximumNorm != nil)
    return monitor?.observe(optimizer.step - 1, loss: Scalar(backward.loss), classes: classes) {
      guard let raw else { return }
      if let trace = backward.trace, let last = backward.passes.last {
        $0.recordNetwork(trace, output: last.output)
      }
      if isClipped { $0.recordClipping(from: raw, to: backward.mean) }
      $0.recordOptimizer(optimizer.state)
      $0.recordUpdate(from: before, to: model, along: raw) { model in
        var model = model
        let sum = backward.passes.reduce(0.0) { sum, pass in
          let (output, cache) = model.forward(pass.batch.input, pass.mode)
          model.updateBuffers(from: cache)
          return sum + Double(loss(output, pass.batch.target).loss) * Double(pass.batch.size)
        }
        return Scalar(sum / Double(backward.count))
      }
    } ?? []
  }
}
