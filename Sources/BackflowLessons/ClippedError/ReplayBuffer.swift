package import Backflow

/// A stored step of an agent.
package struct Transition: Sendable {
  /// The state s, [4].
  package var state: Tensor<Float>
  /// The action a.
  package var action: Int
  /// The reward r.
  package var reward: Float
  /// The next state s′, [4].
  package var next: Tensor<Float>
  /// Whether s′ is terminal, with no further rewards. A time limit does not make a state terminal.
  package var isTerminal: Bool

  /// Creates a transition from `state` to `next`.
  package init(
    state: Tensor<Float>, action: Int, reward: Float, next: Tensor<Float>, isTerminal: Bool
  ) {
    self.state = state
    self.action = action
    self.reward = reward
    self.next = next
    self.isTerminal = isTerminal
  }
}

/// A batch of B transitions.
package struct TransitionBatch: Sendable {
  /// The states s, [B, 4].
  package let states: Tensor<Float>
  /// The actions a.
  package let actions: [Int]
  /// The rewards r, [B].
  package let rewards: Tensor<Float>
  /// The next states s′, [B, 4].
  package let nextStates: Tensor<Float>
  /// 0 if s′ is terminal and 1 otherwise, [B].
  package let goesOn: Tensor<Float>
}

/// The last transitions of an agent, which are sampled at random for learning.
///
/// The storage is a ring buffer, allocated once. When it is full, a new transition replaces the
/// oldest.
package struct ReplayBuffer: Sendable {
  /// The largest number of transitions.
  package let capacity: Int
  /// The number of stored transitions.
  package private(set) var count = 0

  private var oldest = 0
  private var states: Tensor<Float>
  private var actions: [Int]
  private var rewards: Tensor<Float>
  private var nextStates: Tensor<Float>
  private var goesOn: Tensor<Float>

  /// Creates a buffer for `capacity` transitions between states of `stateSize` numbers.
  package init(capacity: Int, stateSize: Int = 4) {
    self.capacity = capacity
    states = .zeros([capacity, stateSize])
    actions = Array(repeating: 0, count: capacity)
    rewards = .zeros([capacity])
    nextStates = .zeros([capacity, stateSize])
    goesOn = .zeros([capacity])
  }

  /// Stores a transition, replacing the oldest if the buffer is full.
  ///
  /// - Complexity: O(1)
  package mutating func append(_ transition: Transition) {
    let row = oldest
    states[row..<row + 1] = .stack([transition.state])
    actions[row] = transition.action
    rewards[row] = transition.reward
    nextStates[row..<row + 1] = .stack([transition.next])
    goesOn[row] = transition.isTerminal ? 0 : 1
    oldest = (row + 1) % capacity
    count = min(count + 1, capacity)
  }

  /// Returns `size` transitions, sampled uniformly with replacement.
  package func sample(_ size: Int, using random: inout RandomSource) -> TransitionBatch {
    let rows = (0..<size).map { _ in random.integer(below: count) }
    return TransitionBatch(
      states: states.selectRows(rows),
      actions: rows.map { actions[$0] },
      rewards: rewards.selectRows(rows),
      nextStates: nextStates.selectRows(rows),
      goesOn: goesOn.selectRows(rows))
  }
}
