internal import BackflowKernels

/// Whether a measurement should become small, as a loss, or large, as an accuracy.
public enum ImprovementGoal: Sendable, Equatable {
  /// A smaller number is better (PyTorch's mode `min`).
  case minimize
  /// A larger number is better (PyTorch's mode `max`).
  case maximize

  /// The number that every other one is better than.
  var worst: Double { self == .minimize ? .infinity : -.infinity }
}

/// By how much a measurement must be better than the best so far to count as an improvement.
public enum ImprovementThreshold: Sendable, Equatable {
  /// By more than this share of the best one's magnitude (PyTorch's `rel`). For negative numbers,
  /// PyTorch counts one as better that is worse by less than this.
  case relative(Double)
  /// By more than this (PyTorch's `abs`).
  case absolute(Double)

  func check(of owner: String) {
    switch self {
    case .relative(let share):
      SettingRange.belowOne.check(share, "the relative threshold", of: owner)
    case .absolute(let change):
      SettingRange.zeroOrPositive.check(change, "the absolute threshold", of: owner)
    }
  }

  /// Whether `value` is an improvement over `best`; false for NaN.
  func isImprovement(_ value: Double, over best: Double, _ goal: ImprovementGoal) -> Bool {
    switch (self, goal) {
    case (.relative(let share), .minimize):
      value < best * (best < 0 ? 1 + share : 1 - share)
    case (.relative(let share), .maximize):
      value > best * (best < 0 ? 1 - share : 1 + share)
    case (.absolute(let change), .minimize): value < best - change
    case (.absolute(let change), .maximize): value > best + change
    }
  }
}
