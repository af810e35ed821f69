import Backflow
import Foundation

/// A recurrent network that reads digits a few pixels at a time, as that of the lesson on exploding
/// gradients.
struct PixelReader<Cell: RecurrentCell>: Parameterized {
  var recurrence: Recurrent<Cell>
  var readout: Dense<Cell.Scalar>

  init(_ recurrence: Recurrent<Cell>, using random: inout RandomSource) {
    self.recurrence = recurrence
    readout = Dense(
      inputSize: recurrence.hiddenSize, outputSize: Digits.classCount, using: &random)
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Cell.Scalar>) {
    recurrence.visitParameters(under: "rnn", visit)
    readout.visitParameters(under: "readout", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Cell.Scalar>) {
    recurrence.visitBuffers(under: "rnn", visit)
    readout.visitBuffers(under: "readout", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    recurrence.visitCounters(under: "rnn", visit)
    readout.visitCounters(under: "readout", visit)
  }

  /// The loss, its gradients, and the cache of the recurrence.
  func gradients(
    _ digits: Digits
  ) -> (loss: Cell.Scalar, gradients: PixelReader, cache: Recurrent<Cell>.Cache) {
    let pixels = recurrence.inputSize
    let sequence = digits.images.reshaped(to: [digits.labels.count, 64 / pixels, pixels])
    let (states, cache) = recurrence.forward(Tensor<Cell.Scalar>(sequence.permuted([1, 0, 2])))
    let (last, lastCache) = LastStep().forward(states)
    let (logits, readoutCache) = readout.forward(last)
    let (loss, top) = softmaxCrossEntropy(logits, digits.labels)
    var gradients = self
    let lastGradient: Tensor<Cell.Scalar>
    (lastGradient, gradients.readout) = readout.backward(top, readoutCache)
    (_, gradients.recurrence) = recurrence.backward(
      LastStep().inputGradient(lastGradient, lastCache), cache)
    return (loss, gradients, cache)
  }
}

/// The training of a pixel reader whose dominant exponent is monitored.
struct MonitoredTraining {
  /// The number of updates before the first warning that the recurrence expands.
  private(set) var warning: Int?
  /// The number of updates before the first loss or gradient that is not finite.
  private(set) var end: Int?
  /// The largest growth over a sequence.
  private(set) var growth = 0.0

  /// Trains `reader` on batches of 32 until a value is not finite. `update` clips and applies
  /// gradients.
  init<Cell: RecurrentCell>(
    _ reader: PixelReader<Cell>, _ monitor: ExponentMonitor<Cell.Scalar>, steps: Int,
    using random: inout RandomSource,
    update: (inout PixelReader<Cell>, inout PixelReader<Cell>) throws -> Void
  ) {
    var (reader, monitor) = (reader, monitor)
    for step in 0..<steps {
      let batch = DigitData.training.samples(
        at: (0..<32).map { _ in random.integer(below: DigitData.training.labels.count) })
      var (loss, gradients, cache) = reader.gradients(batch)
      let findings = monitor.observe(step, "rnn", reader.recurrence, cache)
      if warning == nil, findings.contains(where: { $0.kind == .expandingRecurrence }) {
        warning = step
      }
      growth = monitor.latest.reduce(growth) { max($0, $1.growth) }
      guard loss.isFinite, (try? update(&reader, &gradients)) != nil else {
        end = step
        return
      }
    }
  }
}
