import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A learning rate that is reduced on a plateau` {
  /// Schedules with the settings of the cases with these names in pytorch_losses_optimizers.py.
  private static let cases: [String: ReduceOnPlateau] = [
    "relative": ReduceOnPlateau(0.3, factor: 0.5, patience: 2),
    "relative_threshold": ReduceOnPlateau(
      0.3, factor: 0.5, patience: 3, threshold: .relative(0.2)),
    "absolute": ReduceOnPlateau(0.3, factor: 0.2, patience: 2, threshold: .absolute(0.01)),
    "cooldown": ReduceOnPlateau(
      0.3, factor: 0.5, patience: 1, threshold: .relative(0.05), cooldown: 4),
    "minimum": ReduceOnPlateau(
      0.3, factor: 0.3, patience: 0, threshold: .relative(0.1), minimum: 0.01),
    "smallest_change": ReduceOnPlateau(
      0.3, factor: 0.3, patience: 0, threshold: .relative(0.1), smallestChange: 0.01),
    "maximize": ReduceOnPlateau(0.3, goal: .maximize, factor: 0.5, patience: 2),
    "maximize_absolute": ReduceOnPlateau(
      0.3, goal: .maximize, factor: 0.5, patience: 1, threshold: .absolute(0.05), cooldown: 1),
  ]

  @Test func `has the same cases as PyTorch`() throws {
    #expect(try FixtureFolder.cases(of: "plateaus") == Set(Self.cases.keys))
  }

  @Test func `agrees with PyTorch after every measurement, also if saved and restored`() throws {
    for (name, initial) in Self.cases {
      let fixture = FixtureFolder("plateaus/\(name)")
      let measurements = try fixture.tensor("measurements").elements
      var (plateau, resumed) = (initial, initial)
      var (rates, resumedRates): ([Double], [Double]) = ([], [])
      for measurement in measurements {
        rates.append(plateau.update(measurement))
        var next = initial
        try next.restore(resumed.state)
        #expect(next == resumed, "\(name)")
        resumedRates.append(next.update(measurement))
        resumed = next
      }
      #expect(resumedRates == rates && plateau.learningRate == rates.last, "\(name)")
      try fixture.expect(Tensor(rates), is: "rates", name)
    }
  }

  // PyTorch's threshold best · (1 − 0.1) is above a negative best.
  @Test func `takes a share of the magnitude of negative measurements`() {
    var loss = ReduceOnPlateau(1, factor: 0.5, patience: 0, threshold: .relative(0.1))
    #expect([-10, -10.5, -12].map { loss.update($0) } == [1, 0.5, 0.5])
    var score = ReduceOnPlateau(
      1, goal: .maximize, factor: 0.5, patience: 0, threshold: .relative(0.1))
    #expect([-10, -9.5, -8].map { score.update($0) } == [1, 0.5, 0.5])
  }

  @Test func `is saved in a checkpoint before and after the first measurement`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("run.safetensors")
    var plateau = ReduceOnPlateau(0.1, factor: 0.3, patience: 1, cooldown: 3)
    for measurement in [0.1, 0.2, 0.3, 0.4] {
      var checkpoint = Checkpoint()
      try checkpoint.insert(plateau, prefix: "plateau")
      try checkpoint.write(to: path)
      var restored = ReduceOnPlateau(0.1, factor: 0.3, patience: 1, cooldown: 3)
      try restored.load(Checkpoint(contentsOf: path), prefix: "plateau")
      #expect(restored == plateau)
      plateau.update(measurement)
    }
    #expect(plateau.learningRate < 0.1)

    var damaged = Checkpoint()
    var state = plateau.state
    state.visitParameters { if $0 == "learning_rate" { $1 = Tensor(scalar: -1) } }
    try damaged.insert(state, prefix: "plateau")
    let before = plateau
    let error = #expect(throws: CheckpointError.self) {
      try plateau.load(damaged, prefix: "plateau")
    }
    #expect("\(error!)".contains("learning_rate cannot be -1.0"))
    #expect(throws: CheckpointError.self) { try plateau.load(damaged, prefix: "stopping") }
    #expect(plateau == before)
  }

  @Test func `refuses a state that no run has, without changes`() {
    var plateau = ReduceOnPlateau(0.1)
    plateau.update(3)
    let before = plateau
    for (name, value) in [("best", Double.nan), ("learning_rate", -1), ("learning_rate", .nan)] {
      var state = plateau.state
      state.visitParameters { if $0 == name { $1 = Tensor(scalar: value) } }
      let error = #expect(throws: ScheduleStateError.self) { try plateau.restore(state) }
      #expect("\(error!)" == "\(name) cannot be \(value)")
    }
    var state = plateau.state
    state.visitCounters { $1 = -1 }
    #expect(throws: ScheduleStateError.outOfRange(name: "num_bad_epochs", value: -1)) {
      try plateau.restore(state)
    }
    state = plateau.state
    state.visitParameters { $1 = Tensor([1, 2]) }
    #expect(throws: ScheduleStateError.otherShape(name: "best", found: [2])) {
      try plateau.restore(state)
    }
    #expect(
      throws: ScheduleStateError.otherNames(
        expected: ["best", "learning_rate", "num_bad_epochs", "cooldown_counter"],
        found: ["best", "best_step", "wait"])
    ) { try plateau.restore(EarlyStopping(patience: 1).state) }
    #expect(plateau == before)
  }
}

@Suite struct `Early stopping` {
  @Test func `waits for as many updates as its patience`() {
    var stopping = EarlyStopping(patience: 2)
    #expect(stopping.best == nil && stopping.bestStep == nil && !stopping.shouldStop)
    let losses = [3.0, 2, 2, 1, .nan, 1.5]
    var (improved, stops): ([Bool], [Bool]) = ([], [])
    for (step, loss) in losses.enumerated() {
      improved.append(stopping.update(loss, at: 10 * step))
      stops.append(stopping.shouldStop)
    }
    #expect(improved == [true, true, false, true, false, false])
    #expect(stops == [false, false, false, false, false, true])
    #expect(stopping.best == 1 && stopping.bestStep == 30)
  }

  @Test func `does not count changes up to the threshold`() {
    var stopping = EarlyStopping(goal: .maximize, patience: 3, threshold: .absolute(0.25))
    #expect(
      [0.5, 0.75, 0.875, 0.75].map { stopping.update($0, at: 0) } == [true, false, true, false])
    #expect(stopping.best == 0.875)
  }

  @Test func `continues after it is saved and restored`() throws {
    let losses = [3.0, 2, 2.5, 1, 4, 5]
    for cut in losses.indices {
      var whole = EarlyStopping(patience: 2)
      var resumed = EarlyStopping(patience: 2)
      for (step, loss) in losses.enumerated() {
        whole.update(loss, at: step)
        if step == cut { try resumed.restore(whole.state) }
        if step > cut { resumed.update(loss, at: step) }
      }
      #expect(resumed == whole && whole.shouldStop && whole.bestStep == 3)
    }
    var stopping = EarlyStopping(patience: 2)
    try stopping.restore(EarlyStopping(patience: 2).state)
    #expect(stopping.best == nil)
    var state = stopping.state
    state.visitCounters { if $0 == "wait" { $1 = .max } }
    #expect(throws: ScheduleStateError.outOfRange(name: "wait", value: Double(Int.max))) {
      try stopping.restore(state)
    }
  }
}
