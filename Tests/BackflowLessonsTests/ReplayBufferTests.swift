import Backflow
import BackflowLessons
import Testing

@Suite struct `A replay buffer` {
  /// A transition with its number in all fields.
  func transition(_ number: Int) -> Transition {
    let x = Float(number)
    return Transition(
      state: Tensor([x, x + 0.1, x + 0.2, x + 0.3]), action: number % 2, reward: 10 * x,
      next: Tensor([-x, -x, -x, -x]), isTerminal: number.isMultiple(of: 3))
  }

  @Test func `keeps the newest transitions completely`() {
    var buffer = ReplayBuffer(capacity: 5)
    for number in 0..<12 { buffer.append(transition(number)) }
    #expect(buffer.count == 5)

    var random = RandomSource(seed: 1)
    let batch = buffer.sample(200, using: &random)
    #expect(batch.states.shape == [200, 4] && batch.nextStates.shape == [200, 4])
    for row in 0..<200 {
      let expected = transition(Int(batch.rewards[row] / 10))
      #expect(batch.states.select(row) == expected.state)
      #expect(batch.nextStates.select(row) == expected.next)
      #expect(batch.actions[row] == expected.action)
      #expect(batch.goesOn[row] == (expected.isTerminal ? 0 : 1))
    }
    #expect(Set(batch.rewards.elements) == [70, 80, 90, 100, 110])
  }

  // 4000 samples of four: 1000 each, standard deviation 27.
  @Test func `samples its transitions uniformly`() {
    var buffer = ReplayBuffer(capacity: 100)
    for number in 0..<4 { buffer.append(transition(number)) }
    var random = RandomSource(seed: 2)
    let rewards = buffer.sample(4000, using: &random).rewards.elements
    for number in 0..<4 {
      let count = rewards.count { $0 == Float(10 * number) }
      #expect((865...1135).contains(count))
    }
  }
}
