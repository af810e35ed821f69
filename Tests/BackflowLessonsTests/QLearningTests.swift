import Backflow
import BackflowLessons
import Testing

@Suite struct `A run of Q-learning` {
  /// Small enough for unoptimized kernels.
  var brief = QLearningSettings()

  init() {
    brief.episodes = 8
    brief.hiddenSize = 8
    brief.batchSize = 8
    brief.stepsBeforeLearning = 20
    brief.errorLimit = 0.5  // which the first rewards of 1 exceed
  }

  @Test func `explores less and less`() {
    let settings = QLearningSettings()
    let steps = [0, settings.explorationSteps, 10 * settings.explorationSteps]
    #expect(steps.map(settings.exploration) == [1, 0.01, 0.01])
    #expect((0.5...0.51).contains(settings.exploration(after: settings.explorationSteps / 2)))
  }

  @Test func `is the same for the same seed, alone or among others`() throws {
    let alone = try QLearningRun(.huber, seed: 2, settings: brief)
    #expect(try QLearningRun(.huber, seed: 2, settings: brief) == alone)
    #expect(try QLearningRun(.huber, seed: 3, settings: brief) != alone)

    let comparison = try QLearningComparison.run(seeds: [1, 2], settings: brief)
    #expect(comparison.runs.map(\.clipping) == ErrorClipping.allCases.flatMap { [$0, $0] })
    #expect(comparison.runs.map(\.seed) == [1, 2, 1, 2, 1, 2])
    #expect(comparison.runs(.huber).last == alone)
  }

  @Test func `learns, and has zero gradients only inside the square`() throws {
    for clipping in ErrorClipping.allCases {
      let run = try QLearningRun(clipping, seed: 1, settings: brief)
      #expect(run.episodes.count == 8 && run.episodesTo195 == nil)
      #expect(run.silenced.samples > 100 && run.silenced.beyondLimit > 0)
      #expect((run.silencedShare > 0) == (clipping == .insideSquare))
      #expect((run.peakSilencedShare > 0) == (clipping == .insideSquare))
      #expect(run.peakSilencedShare >= run.silencedShare)
    }
  }

  @Test func `is solved by a mean of 195 over a hundred episodes, no fewer`() {
    func run(_ returns: [Double]) -> QLearningRun {
      QLearningRun(
        .huber, seed: 1,
        episodes: returns.map { QLearningRun.Episode(return: $0, silenced: SilencedSamples()) })
    }
    let perfect = [Double](repeating: 200, count: 99)
    #expect(run(perfect).episodesTo195 == nil && run(perfect).meanReturn == 200)
    #expect(run([10, 10] + perfect + [100]).episodesTo195 == 102)
    #expect(run(perfect + [0]).meanReturn == 198)
    #expect(run([Double](repeating: 194.9, count: 150)).episodesTo195 == nil)
    #expect(run([]).meanReturn == 0)
  }
}
