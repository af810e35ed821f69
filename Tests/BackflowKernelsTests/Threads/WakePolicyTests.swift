import Testing

@testable import BackflowKernels

@Suite("The policy of waking a worker") struct WakePolicyTests {
  /// Returns for how many of the next short parts the worker is not woken.
  private func pause(_ policy: WakePolicy) -> Int {
    var policy = policy
    return (0..<1000).prefix { _ in !policy.wakes(forLongPart: false) }.count
  }

  private let enough = WakePolicy.leastWorkTime
  private let little = WakePolicy.leastWorkTime * 0.99

  @Test func `gives up for longer and longer, up to a limit, while there is little work`() {
    var policy = WakePolicy()
    let pauses = (0..<12).map { _ in
      policy.note(workTime: little)
      return pause(policy)
    }
    #expect(pauses == [0, 0, 0, 0, 1, 3, 7, 15, 31, 63, 63, 63])
  }

  @Test func `forgets all vain wakes after one that paid`() {
    var policy = WakePolicy()
    for _ in 0..<9 { policy.note(workTime: little) }
    policy.note(workTime: enough)
    #expect(pause(policy) == 0)
    for _ in 0..<WakePolicy.acceptedVainWakes { policy.note(workTime: little) }
    #expect(pause(policy) == 0)
  }

  @Test func `always wakes for a long part, which does not shorten the pause`() {
    var policy = WakePolicy()
    for _ in 0..<6 { policy.note(workTime: little) }
    for _ in 0..<5 {
      let wakes = policy.wakes(forLongPart: true)
      #expect(wakes)
    }
    #expect(pause(policy) == 3)
  }
}
