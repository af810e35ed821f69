internal import BackflowDatasets
public import BackflowHealth
internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// A training loop as a value: a model with all that changes it, and how far it is.
///
///     var trainer = Trainer(model, on: data, optimizer: Adam(for: model)) {
///       softmaxCrossEntropy($0, $1)
///     }
///     trainer.maximumNorm = 1
///     trainer.earlyStopping = EarlyStopping(patience: 5)
///     try trainer.fit(epochs: 40, validation: { 1 - accuracy($0(heldOut), labels) })
///     let model = trainer.bestModel
///
/// It does what the loop in the README does, in this order: forward pass in training mode, loss,
/// backward pass, clipping, learning rate, update, running statistics, moving average. Everything
/// that is `nil` is left out, except that gradients are always checked to be finite. A program that
/// needs another order writes the loop itself.
///
/// A copy of the value is the training at this moment. `checkpoint()` saves it, and a training that
/// is restored continues with the same bits.
public struct Trainer<Model: Layer, Rule: Optimizer, Target: Sendable>: Sendable
where Rule.Scalar == Model.Scalar {
  /// The element of the parameters.
  public typealias Scalar = Model.Scalar
  /// Returns the mean loss over the samples of a batch, and its gradient with respect to the output
  /// of the model.
  public typealias Loss =
    @Sendable (_ output: Tensor<Scalar>, Target) -> (loss: Scalar, gradient: Tensor<Scalar>)

  /// The model.
  public var model: Model
  /// What it learns from.
  public let data: TrainingData<Tensor<Scalar>, Target>
  /// What moves the parameters.
  public var optimizer: Rule
  /// The loss of a batch.
  public let loss: Loss
  /// The seeds of dropout are drawn from this source.
  public var random: RandomSource

  // MARK: - Settings that can be left out

  /// The learning rate at each update. With a `plateau`, the rate is the smaller of both.
  public var schedule: (any Schedule)?
  /// The global norm to which the gradients are clipped.
  ///
  /// - Precondition: It is positive and finite.
  public var maximumNorm: Double? {
    didSet {
      guard let maximumNorm else { return }
      SettingRange.positive.check(maximumNorm, "the maximum norm", of: "Trainer", in: Scalar.self)
    }
  }
  /// The number of batches whose mean gradient is one update, each weighted by its number of
  /// samples. That is the gradient of one large batch if the loss is a mean over samples, without
  /// ignored labels or class weights.
  ///
  /// - Precondition: It is positive.
  public var batchesPerUpdate = 1 {
    didSet {
      require(
        batchesPerUpdate > 0, "Trainer: \(batchesPerUpdate) batches for one update")
    }
  }
  /// What looks at the gradients.
  public var monitor: HealthMonitor<Scalar>?
  /// The number of classes of a classifier, for the monitor.
  public var classes: Int?
  /// The moving average of the model.
  public var average: MovingAverage<Model>?
  /// What reduces the learning rate when the validation does not improve.
  public var plateau: ReduceOnPlateau?
  /// What ends the training when the validation does not improve.
  public var earlyStopping: EarlyStopping?

  // MARK: - How far it is

  /// The number of epochs that are done.
  public internal(set) var epoch = 0
  /// The number of updates that are done in the next epoch.
  public internal(set) var updatesInEpoch = 0
  /// The sum of the losses of the samples of this epoch, and their number.
  var lossSum = 0.0
  var sampleCount = 0
  /// The model with the best validation so far, if there is early stopping.
  var best: Model?

  /// A training of `model` from the beginning.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - data: The batches.
  ///   - optimizer: What moves the parameters.
  ///   - seed: The seed of dropout. That of the batches belongs to the data.
  ///   - loss: Returns the mean loss of a batch and its gradient with respect to the output.
  /// - Precondition: The optimizer was made for this model.
  public init(
    _ model: Model, on data: TrainingData<Tensor<Scalar>, Target>, optimizer: Rule,
    seed: UInt64 = 0, loss: @escaping Loss
  ) {
    (self.model, self.data, self.optimizer, self.loss) = (model, data, optimizer, loss)
    random = RandomSource(seed: seed)
  }

  /// The model with the best validation, or `evaluatedModel` without early stopping.
  public var bestModel: Model { best ?? evaluatedModel }

  /// The model that is validated: the moving average if there is one.
  public var evaluatedModel: Model { average?.model ?? model }
}
