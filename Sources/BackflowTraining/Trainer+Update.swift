internal import BackflowHealth
internal import BackflowKernels
internal import BackflowLayers
public import BackflowLinearAlgebra

extension Trainer {
  /// A batch on its way through the model.
  private struct Pass {
    let input: Tensor<Scalar>
    let target: Target
    let mode: Mode
    let output: Tensor<Scalar>
    let loss: Scalar
    let cache: Model.Cache
  }

  /// Updates the parameters once, along the mean gradient of the batches, weighted by their sizes.
  ///
  /// - Parameters:
  ///   - batches: One batch, or several for one update.
  ///   - sizes: The number of samples of each batch.
  /// - Throws: `DivergenceError` if a loss or a gradient is not finite. The model is then
  ///   unchanged, and the monitor has observed the failure.
  @discardableResult
  public mutating func update(
    on batches: [(input: Tensor<Scalar>, target: Target)], sizes: [Int]
  ) throws(DivergenceError) -> UpdateReport {
    require(
      !batches.isEmpty && batches.count == sizes.count,
      "Trainer: \(batches.count) batches with \(sizes.count) sizes")
    let isObserved = monitor?.isDue(optimizer.step) ?? false
    var accumulator = GradientAccumulator<Model>()
    var passes: [Pass] = []
    var trace: LayerTrace<Scalar>?
    var sum = 0.0
    for (batch, size) in zip(batches, sizes) {
      let mode = Mode.training(seed: random.next())
      let (output, cache) = model.forward(batch.input, mode)
      let (loss, gradient) = loss(output, batch.target)
      sum += Double(loss) * Double(size)
      if isObserved {
        let traced = model.tracedBackward(gradient, cache)
        accumulator.add(traced.gradients, weight: Double(size))
        trace = traced.trace
      } else {
        accumulator.add(model.backward(gradient, cache).gradients, weight: Double(size))
      }
      passes.append(
        Pass(
          input: batch.input, target: batch.target, mode: mode, output: output, loss: loss,
          cache: cache))
    }
    let count = sizes.reduce(0, +)
    let mean = sum / Double(count)
    let raw = accumulator.takeMean()
    let (gradients, norm) = try clipped(raw, mean, passes, trace)

    if let schedule { optimizer.learningRate = schedule.learningRate(at: optimizer.step) }
    if let plateau { optimizer.learningRate = min(optimizer.learningRate, plateau.learningRate) }
    let before = isObserved ? model : nil
    optimizer.update(&model, along: gradients)
    let findings = observe(mean, passes, trace, raw, gradients, from: before, sizes)
    for pass in passes { model.updateBuffers(from: pass.cache) }
    average?.update(with: model)

    lossSum += sum
    sampleCount += count
    return UpdateReport(
      epoch: epoch, step: optimizer.step, loss: mean, epochLoss: lossSum / Double(sampleCount),
      gradientNorm: norm, learningRate: optimizer.learningRate, findings: findings)
  }

  /// Returns the clipped gradients and the norm before.
  private mutating func clipped(
    _ gradients: Model, _ loss: Double, _ passes: [Pass], _ trace: LayerTrace<Scalar>?
  ) throws(DivergenceError) -> (gradients: Model, norm: Double?) {
    guard loss.isFinite else {
      throw failed("the loss is \(loss)", gradients, Scalar(loss), passes, trace)
    }
    guard let maximumNorm else { return (gradients, nil) }
    var clipped = gradients
    do {
      let norm = try clipGradientNorm(&clipped, to: maximumNorm)
      return (clipped, Double(norm))
    } catch {
      throw failed("\(error)", gradients, Scalar(loss), passes, trace)
    }
  }

  private mutating func failed(
    _ reason: String, _ gradients: Model, _ loss: Scalar, _ passes: [Pass],
    _ trace: LayerTrace<Scalar>?
  ) -> DivergenceError {
    let model = model
    monitor?.observe(optimizer.step, loss: loss, classes: classes) {
      if let trace, let last = passes.last { $0.recordNetwork(trace, output: last.output) }
      $0.recordParameters(model, gradients: gradients)
    }
    return DivergenceError(epoch: epoch, step: optimizer.step, reason: reason)
  }

  /// Shows an update to the monitor.
  private mutating func observe(
    _ mean: Double, _ passes: [Pass], _ trace: LayerTrace<Scalar>?, _ raw: Model,
    _ clipped: Model, from before: Model?, _ sizes: [Int]
  ) -> [Finding] {
    let (loss, model, optimizer) = (loss, model, optimizer)
    let isClipped = maximumNorm != nil
    return monitor?.observe(optimizer.step - 1, loss: Scalar(mean), classes: classes) {
      if let trace, let last = passes.last { $0.recordNetwork(trace, output: last.output) }
      if isClipped { $0.recordClipping(from: raw, to: clipped) }
      $0.recordOptimizer(optimizer.state)
      $0.recordUpdate(from: before, to: model, along: raw) { model in
        let losses = passes.map { pass in
          Double(loss(model.forward(pass.input, pass.mode).output, pass.target).loss)
        }
        let sum = zip(losses, sizes).reduce(0) { $0 + $1.0 * Double($1.1) }
        return Scalar(sum / Double(sizes.reduce(0, +)))
      }
    } ?? []
  }
}
