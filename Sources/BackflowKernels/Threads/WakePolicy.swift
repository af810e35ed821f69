/// Decides for which parts a sleeping worker is woken.
///
/// Waking costs the caller some microseconds, and a short part is often finished before the worker
/// runs. It still pays if other parts follow soon. A program that divides a little work after each
/// long undivided part would only lose the time, so callers give up for a while.
struct WakePolicy {
  /// How long a worker must have run parts between two sleeps: as long as it waits for the last one
  /// in vain.
  static let leastWorkTime = Worker.spinTime
  /// The number of vain wakes in a row after which callers give up for a while.
  static let acceptedVainWakes = 4

  private var vainWakes = 0
  /// For how many parts the worker is not woken.
  private var pause = 0

  /// Returns whether to wake the worker for a part.
  ///
  /// - Parameter isLong: Whether the part alone takes longer than waking the worker.
  mutating func wakes(forLongPart isLong: Bool) -> Bool {
    if isLong || pause == 0 { return true }
    pause -= 1
    return false
  }

  /// Notes that the worker goes to sleep after it has run parts for `workTime` since it was woken.
  mutating func note(workTime: Duration) {
    vainWakes = workTime < Self.leastWorkTime ? vainWakes + 1 : 0
    pause = 1 << min(max(vainWakes - Self.acceptedVainWakes, 0), 6) - 1
  }
}
