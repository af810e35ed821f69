public import Backflow

/// One step of an agent, as it is remembered.
public struct Transition: Sendable {
  /// s, [4].
  public var state: Tensor<Float>
  /// a
  public var action: Int
  /// r
  public var reward: Float
  /// s′, [4].
  public var next: Tensor<Float>
  /// Whether s′ is an end, after which there are no rewards. Time that is up is no such end.
  public var isTerminal: Bool

  /// A step from `state` to `next`.
  public init(
    state: Tensor<Float>, action: Int, reward: Float, next: Tensor<Float>, isTerminal: Bool
  ) {
    self.state = state
    self.action = action
    self.reward = reward
    self.next = next
    self.isTerminal = isTerminal
  }
}

/// B transitions side by side.
public struct TransitionBatch: Sendable {
  /// s, [B, 4].
  public let states: Tensor<Float>
  /// a, one each.
  public let actions: [Int]
  /// r, [B].
  public let rewards: Tensor<Float>
  /// s′, [B, 4].
  public let nextStates: Tensor<Float>
  /// 0 where s′ is an end and 1 elsewhere, [B].
  public let goesOn: Tensor<Float>
}

/// The last transitions of an agent, from which it learns in random order.
///
/// A ring: when it is full, the oldest transition makes room for the newest. Its memory is made once.
public struct ReplayBuffer: Sendable {
  /// How many transitions it holds at most.
  public let capacity: Int
  /// How many transitions it holds.
  public private(set) var count = 0

  private var oldest = 0
  private var states: Tensor<Float>
  private var actions: [Int]
  private var rewards: Tensor<Float>
  private var nextStates: Tensor<Float>
  private var goesOn: Tensor<Float>

  /// A buffer for `capacity` transitions between states of `stateSize` numbers.
  public init(capacity: Int, stateSize: Int = 4) {
    self.capacity = capacity
    states = .zeros([capacity, stateSize])
    actions = Array(repeating: 0, count: capacity)
    rewards = .zeros([capacity])
    nextStates = .zeros([capacity, stateSize])
    goesOn = .zeros([capacity])
  }

  /// Remembers `transition`, in place of the oldest if there is no room. O(1)
  public mutating func append(_ transition: Transition) {
    let row = oldest
    states[row..<row + 1] = .stack([transition.state])
    actions[row] = transition.action
    rewards[row] = transition.reward
    nextStates[row..<row + 1] = .stack([transition.next])
    goesOn[row] = transition.isTerminal ? 0 : 1
    oldest = (row + 1) % capacity
    count = min(count + 1, capacity)
  }

  /// `size` transitions, each drawn from all with equal chance; the same one may come twice.
  public func sample(_ size: Int, using random: inout RandomSource) -> TransitionBatch {
    let rows = (0..<size).map { _ in random.integer(below: count) }
    return TransitionBatch(
      states: states.selectRows(rows),
      actions: rows.map { actions[$0] },
      rewards: rewards.selectRows(rows),
      nextStates: nextStates.selectRows(rows),
      goesOn: goesOn.selectRows(rows))
  }
}
