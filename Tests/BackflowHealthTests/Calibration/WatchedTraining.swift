import Backflow

/// A training of any layer that a monitor watches.
///
/// A healthy training is a model, a task and an optimizer. A planted failure is a healthy training
/// with a hook that spoils one part of it.
struct WatchedTraining<Model: Layer<Float>> {
  var model: Model
  var optimizer: any Optimizer<Float>
  var task: LearningTask
  /// The number of steps that are watched.
  var steps: Int
  var schedule: (any Schedule)?
  /// The global norm to which gradients are clipped.
  var clip: Double?
  /// The number of steps before the monitor is started.
  var unwatchedSteps = 0
  /// The number of steps after which the targets of Q-learning come from the current model.
  var targetInterval = 1
  /// Layers that are frozen on purpose, as patterns for `HealthMonitor.silence`.
  var frozenLayers: [String] = []
  /// Whether the monitor may compute the loss at other parameters.
  var showsLossFunction = true
  /// Whether the monitor is told of clipping.
  var showsClipping = true
  var hooks = TrainingHooks<Model>()

  init(
    _ model: Model, _ task: LearningTask, steps: Int,
    _ makeOptimizer: (Model) -> any Optimizer<Float>
  ) {
    (self.model, self.task, self.steps) = (model, task, steps)
    optimizer = makeOptimizer(model)
  }

  /// A copy with some properties changed.
  func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// The result of a training: what the monitor found, and how good the model is on held-out data.
  struct Outcome {
    var monitor: HealthMonitor<Float>
    var score: Double
    var figures = ObservedFigures()
  }

  /// Trains, and shows the steps that are due to a monitor.
  mutating func run(every interval: Int, using random: inout RandomSource) -> Outcome {
    var monitor = HealthMonitor<Float>(every: interval)
    for layer in frozenLayers { monitor.silence(layer, .unchangedParameter) }
    var figures = ObservedFigures()
    var target = model
    let task = task
    for count in 0..<unwatchedSteps + steps {
      let step = count - unwatchedSteps
      if count % targetInterval == 0 { target = model }
      if let schedule { optimizer.learningRate = schedule.learningRate(at: count) }
      hooks.model?(step, &model)
      hooks.optimizer?(step, &optimizer)
      var batch = task.batch({ target.forward($0).output }, &random)
      hooks.batch?(step, &batch)
      let mode = hooks.mode?(step) ?? .training(seed: random.next())

      let (output, cache) = model.forward(batch.inputs, mode)
      var (loss, top) = task.loss(output, batch)
      hooks.lossGradient?(step, &top)
      var (_, gradients, trace) = model.tracedBackward(top, cache)
      hooks.gradients?(step, &gradients)
      var clipped: Model?
      if let clip {
        var shortened = gradients
        // Gradients that are not finite are used as they are.
        _ = try? clipGradientNorm(&shortened, to: clip)
        clipped = shortened
      }
      let before = model
      var direction = clipped ?? gradients
      hooks.direction?(step, &direction)
      optimizer.update(&model, along: direction)
      hooks.update?(step, before, &model)
      if step >= 0 {
        Self.show(
          Step(
            number: step, before: before, after: model, gradients: gradients,
            clipped: showsClipping ? clipped : nil, trace: trace, output: output, loss: loss,
            state: optimizer.state, classes: task.classes, constantLoss: task.constantLoss,
            entries: task.entries?(output, batch), showsLossFunction: showsLossFunction
          ) {
            task.loss($0.forward(batch.inputs, mode).output, batch).loss
          }, to: &monitor, &figures)
      }
      model.updateBuffers(from: cache)
    }
    return Outcome(
      monitor: monitor, score: task.score { model.forward($0).output }, figures: figures)
  }

  /// What a step of the training leaves for the monitor.
  private struct Step {
    let number: Int
    let before: Model
    let after: Model
    let gradients: Model
    let clipped: Model?
    let trace: LayerTrace<Float>
    let output: Tensor<Float>
    let loss: Float
    let state: OptimizerState<Float>
    let classes: Int?
    let constantLoss: Double?
    let entries: (values: Tensor<Float>, gradient: Tensor<Float>)?
    let showsLossFunction: Bool
    /// The loss of the same batch in the same mode at other parameters.
    let lossAt: (Model) -> Float
  }

  /// The only place that talks to the monitor.
  private static func show(
    _ step: Step, to monitor: inout HealthMonitor<Float>, _ figures: inout ObservedFigures
  ) {
    let thresholds = monitor.thresholds
    monitor.observe(
      step.number, loss: step.loss, classes: step.classes, constantLoss: step.constantLoss
    ) {
      $0.recordNetwork(step.trace, output: step.output)
      if step.showsLossFunction {
        $0.recordUpdate(
          from: step.before, to: step.after, along: step.gradients, loss: step.lossAt)
      } else {
        $0.recordUpdate(from: step.before, to: step.after, along: step.gradients)
      }
      $0.recordOptimizer(step.state)
      if let clipped = step.clipped { $0.recordClipping(from: step.gradients, to: clipped) }
      if let (values, gradient) = step.entries {
        $0.recordLoss("the loss by entry", entries: values, gradient: gradient)
      }
      if CalibrationTable.isWanted { figures.add($0, thresholds) }
    }
  }
}
