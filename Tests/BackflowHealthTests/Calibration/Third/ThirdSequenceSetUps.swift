import Backflow
import Foundation

/// Recurrences that learn online, carry their state, tag, and forecast several steps.
extension HealthySetUp {
  static let thirdSequences: [HealthySetUp] = [
    HealthySetUp("one sequence at a time, RNN, SGD", .recurrent, .determination(0.97)) {
      WatchedTraining(
        Sequential(
          RNN<Float>(inputSize: 1, hiddenSize: 16, using: &$0), outputSize: 1, readsAll: true,
          using: &$0), .autoregression(time: 20, batch: 1), steps: 1500
      ) { SGD(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    HealthySetUp("state carried through long series, GRU", .recurrent, .determination(0.94)) {
      WatchedTraining(
        Sequential<Float>([
          CarriedRecurrence(
            recurrence: GRU<Float>(inputSize: 1, hiddenSize: 24, using: &$0),
            state: .zeros([8, 24])),
          Dense<Float>(inputSize: 24, outputSize: 1, using: &$0),
        ]), .longSeries(), steps: 600
      ) { Adam(for: $0, learningRate: 0.005) }.with { $0.showsLossFunction = false }
    },
    adam(
      "forecast of the next 8 values, LSTM", .recurrent, .determination(0.95),
      .horizons(time: 20, steps: 8), steps: 600, rate: 0.005
    ) {
      Sequential(
        LSTM<Float>(inputSize: 1, hiddenSize: 24, using: &$0), outputSize: 8, using: &$0)
    } with: {
      ($0.clip, $0.showsClipping) = (1, false)
    },
    adam(
      "tags from the next token, LSTM both ways", .recurrent, .accuracy(0.99), .tags(time: 12),
      steps: 500, rate: 0.01
    ) {
      TokenNetwork(
        embedding: Embedding(count: 12, size: 12, using: &$0),
        body: Sequential(
          LSTM<Float>(inputSize: 12, hiddenSize: 16, bidirectional: true, using: &$0),
          outputSize: 3, readsAll: true, using: &$0))
    },
  ]
}

/// A recurrence that starts from the state in which the batch before ended, without a gradient
/// through it.
private struct CarriedRecurrence: Layer {
  typealias Scalar = Float
  var recurrence: GRU<Float>
  var state: Tensor<Float>

  struct Cache: Sendable {
    let recurrence: GRU<Float>.Cache
    let state: Tensor<Float>
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    forward(input, .evaluation)
  }

  func forward(_ input: Tensor<Float>, _ mode: Mode) -> (output: Tensor<Float>, cache: Cache) {
    let (output, states, cache) = recurrence.forward(
      input, mode, initialState: mode == .evaluation ? nil : [state])
    return (output, Cache(recurrence: cache, state: states[0]))
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: CarriedRecurrence) {
    var tracer = BackwardTracer<Float>.off
    return backward(outputGradient, cache, &tracer)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache, _ tracer: inout BackwardTracer<Float>
  ) -> (inputGradient: Tensor<Float>, gradients: CarriedRecurrence) {
    let (inputGradient, gradients) = tracer.backward(
      recurrence, "recurrence", outputGradient, cache.recurrence)
    return (inputGradient, CarriedRecurrence(recurrence: gradients, state: state))
  }

  mutating func updateBuffers(from cache: Cache) { state = cache.state }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    recurrence.visitParameters(under: "recurrence", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    recurrence.visitBuffers(under: "recurrence", visit)
    visit("state", &state)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    recurrence.visitCounters(under: "recurrence", visit)
  }

  var signalKind: SignalKind? { .other }
}

extension LearningTask {
  /// A slow and a fast sine with noise, of these phases.
  private static func waves(
    _ phases: [Double], _ times: Range<Int>, _ random: inout RandomSource
  ) -> [Float] {
    times.map {
      let (slow, fast) = (sin(0.05 * Double($0) + phases[0]), sin(0.4 * Double($0) + phases[1]))
      return Float(slow * (0.7 + 0.5 * fast) + 0.05 * random.normal())
    }
  }

  private static func phases(_ random: inout RandomSource) -> [Double] {
    [2 * .pi * random.uniform(), 2 * .pi * random.uniform()]
  }

  /// The next value of 8 long series, 20 steps of which are a batch. Scored on the first 100 steps
  /// of other series.
  fileprivate static func longSeries() -> LearningTask {
    func windows(
      _ phases: [[Double]], _ times: Range<Int>, _ random: inout RandomSource
    ) -> TrainingBatch {
      let all = Tensor<Float>.stack(phases.map { Tensor(waves($0, times, &random)) })
      let (count, time) = (phases.count, times.count - 1)
      func steps(_ range: Range<Int>) -> Tensor<Float> {
        all.slice(range, axis: 1).permuted([1, 0]).reshaped(to: [time, count, 1])
      }
      return TrainingBatch(inputs: steps(0..<time), targets: steps(1..<time + 1))
    }
    var (series, start) = ([[Double]](), 0)
    var source = RandomSource(seed: 97)
    let test = windows((0..<50).map { _ in phases(&source) }, 0..<101, &source)
    var task = regression(batch: 8, heldOut: test) { size, random in
      if series.isEmpty { series = (0..<size).map { _ in phases(&random) } }
      start += 20
      return windows(series, start - 20..<start + 1, &random)
    }
    task.constantLoss = nil
    return task
  }

  /// The next values of such a series.
  fileprivate static func horizons(time: Int, steps: Int) -> LearningTask {
    regression(batch: 32) { size, random in
      let all = Tensor<Float>.stack(
        (0..<size).map { _ in Tensor(waves(phases(&random), 0..<time + steps, &random)) })
      return TrainingBatch(
        inputs: all.slice(0..<time, axis: 1).permuted([1, 0]).reshaped(to: [time, size, 1]),
        targets: all.slice(time..<time + steps, axis: 1))
    }
  }

  /// Whether the next token is smaller, equal or larger; the last one has no tag (−1).
  fileprivate static func tags(time: Int) -> LearningTask {
    own(
      batch: 32, loss: { softmaxCrossEntropy($0, $1.labels, ignoring: -1) },
      score: SecondScores.labels
    ) { size, random in
      var tokens = (0..<time * size).map { _ in random.integer(below: 12) }
      // A quarter of the tokens are repeated.
      for place in size..<time * size where random.uniform() < 0.25 {
        tokens[place] = tokens[place - size]
      }
      let labels = tokens.indices.map { place in
        place + size < tokens.count ? 1 + (tokens[place + size] - tokens[place]).signum() : -1
      }
      return TrainingBatch(
        inputs: Tensor(tokens.map { Float($0) }, shape: [time, size]), labels: labels)
    }
  }
}
