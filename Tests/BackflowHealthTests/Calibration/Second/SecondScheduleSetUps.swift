import Backflow
import Foundation

/// Trainings whose data, rate or optimizer change on the way.
extension HealthySetUp {
  static let secondSchedules: [HealthySetUp] = [
    HealthySetUp("curriculum, sine on a growing range, Adam", .regression, .determination(0.98)) {
      WatchedTraining(
        Sequential([1, 32, 32, 1], Tanh(), weights: .glorotUniform(), using: &$0),
        .curriculum(steps: 800), steps: 800
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    HealthySetUp("digits that are mirrored halfway, ReLU, Adam", .dense, .accuracy(0.95)) {
      WatchedTraining(
        Sequential([64, 48, 10], ReLU(), weights: .heUniform(), using: &$0),
        .mirrored(after: 300), steps: 900
      ) { Adam(for: $0, learningRate: 0.003) }
    },
    HealthySetUp("linear target that drifts halfway, SGD", .regression, .determination(0.98)) {
      WatchedTraining(
        Sequential([8, 1], Tanh(), weights: .glorotUniform(), using: &$0), .drifted(after: 200),
        steps: 500
      ) { SGD(for: $0, learningRate: 0.05) }
    },
    scheduled("cosine with warm restarts", RestartSchedule(rate: 0.01, period: 150)) {
      Adam(for: $0)
    },
    scheduled("cyclic rate, SGD", CyclicSchedule(lowest: 0.01, highest: 0.2, period: 100)) {
      SGD(for: $0, learningRate: 0.01, momentum: 0.5)
    },
    HealthySetUp("gradients of four pieces accumulated, batch norm", .dense, .accuracy(0.95)) {
      WatchedTraining(
        InPieces(
          body: Sequential<Float>([
            Dense<Float>(inputSize: 64, outputSize: 48, using: &$0), BatchNorm<Float>(channels: 48),
            ReLU<Float>(), Dense<Float>(inputSize: 48, outputSize: 10, using: &$0),
          ]), pieces: 4), .digits(batch: 64), steps: 300
      ) { SGD(for: $0, learningRate: 0.1, momentum: 0.9) }
    },
    HealthySetUp("input noise that decays, ReLU, Adam", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential([64, 64, 10], ReLU(), weights: .heUniform(), using: &$0),
        .noisyDigits(steps: 400), steps: 600
      ) { Adam(for: $0, learningRate: 0.002) }
    },
    resumed("resumed with a new Adam after SGD") {
      SGD(for: $0, learningRate: 0.1)
    } then: {
      Adam(for: $0, learningRate: 1e-3)
    },
    resumed("resumed with SGD after Adam, lower rate") {
      Adam(for: $0, learningRate: 0.003)
    } then: {
      SGD(for: $0, learningRate: 0.02, momentum: 0.9)
    },
  ]

  private static func scheduled(
    _ name: String, _ schedule: any Schedule,
    _ optimizer: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>
  ) -> HealthySetUp {
    HealthySetUp("tanh 64-48-48-10, \(name)", .dense, .accuracy(0.94)) {
      WatchedTraining(
        Sequential([64, 48, 48, 10], Tanh(), weights: .glorotUniform(), using: &$0), .digits(),
        steps: 600, optimizer
      ).with { $0.schedule = schedule }
    }
  }

  private static func resumed(
    _ name: String,
    _ first: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>,
    then second: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>
  ) -> HealthySetUp {
    HealthySetUp("ReLU 64-48-48-10, \(name)", .dense, .accuracy(0.94)) {
      var before = WatchedTraining(
        Sequential([64, 48, 48, 10], ReLU(), weights: .heUniform(), using: &$0), .digits(),
        steps: 0, first)
      before.unwatchedSteps = 300
      _ = before.run(every: 1, using: &$0)
      return WatchedTraining(before.model, .digits(), steps: 400, second)
    }
  }
}

/// A cosine that starts again after each period (Loshchilov and Hutter 2017).
private struct RestartSchedule: Schedule {
  let rate: Double
  let period: Int
  func learningRate(at step: Int) -> Double {
    CosineSchedule(rate, steps: period, minimum: rate / 100).learningRate(at: step % period)
  }
}

/// A rate that rises and falls in straight lines (Smith 2017).
private struct CyclicSchedule: Schedule {
  let lowest: Double
  let highest: Double
  let period: Int
  func learningRate(at step: Int) -> Double {
    let place = Double(step % period) / Double(period)
    return lowest + (highest - lowest) * (1 - abs(2 * place - 1))
  }
}
