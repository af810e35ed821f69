import Backflow
import Foundation

/// The lowest and highest value of each figure that a rule judges by, over the steps of a training.
struct ObservedFigures {
  private(set) var ranges: [String: ClosedRange<Double>] = [:]

  mutating func add(_ name: String, _ value: Double) {
    guard value.isFinite else { return }
    let range = ranges[name] ?? value...value
    ranges[name] = min(range.lowerBound, value)...max(range.upperBound, value)
  }

  mutating func add(_ other: ObservedFigures) {
    for (name, range) in other.ranges {
      add(name, range.lowerBound)
      add(name, range.upperBound)
    }
  }

  /// Measures a step as the rules do.
  mutating func add(_ observation: StepObservation<Float>, _ thresholds: Thresholds) {
    for activation in observation.activations {
      guard let seen = Saturation(activation, slope: thresholds.saturatedSlope) else { continue }
      guard activation.gate != nil else {
        add("saturated share", seen.share)
        continue
      }
      add("saturated share of a gate", seen.share)
      for stuck in [seen.stuckLow(thresholds.stuckShare), seen.stuckHigh(thresholds.stuckShare)] {
        add("units of a gate stuck on one side", Double(stuck.count) / Double(seen.low.count))
      }
    }
    if let profile = SignalProfile(observation.signals) {
      for norm in profile.relativeNorms { add("signal, against the top", norm) }
    }
    for signal in observation.recurrences {
      if let growth = BackwardGrowth(signal) { add("signal back in time", growth.factor) }
    }
    for parameter in observation.parameters {
      guard let ratio = parameter.updateRatio else { continue }
      add(parameter.value.rank >= 2 ? "update of a weight" : "update of a bias", ratio)
    }
    if observation.step == 0, let (loss, classes) = observation.loss, let classes {
      add("first loss / ln(classes)", loss / log(Double(classes)))
    }
    for test in observation.updateTests {
      if let ratio = test.fullRatio { add("Taylor ratio of a step", ratio) }
      if let ratio = test.partRatio { add("Taylor ratio of a sixteenth of a step", ratio) }
      for ratio in test.parameters.compactMap(\.ratio) { add("Taylor ratio of a parameter", ratio) }
    }
    for input in observation.inputs where !input.value.isEmpty {
      let square = Double(input.value.squared().mean())
      add("root mean square of the inputs", square.squareRoot())
    }
    for entries in observation.entries { add("silenced share", entries.silencedShare) }
    if let clipping = observation.clipping, clipping.normBefore > 0 {
      add("kept length", clipping.normAfter / clipping.normBefore)
    }
  }
}
