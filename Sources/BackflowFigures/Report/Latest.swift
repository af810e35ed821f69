/// Returns what was recorded in the order of the steps, and of equal steps the last.
///
/// Steps from 2⁵³ on are left out: as positions on an axis, they may be equal.
func latest<Value>(of entries: [(step: Int, value: Value)]) -> [(step: Int, value: Value)] {
  let drawn = entries.filter { $0.step.magnitude < 1 << 53 }.map { ($0.step, $0.value) }
  return Dictionary(drawn, uniquingKeysWith: { _, last in last }).sorted { $0.key < $1.key }
    .map { (step: $0.key, value: $0.value) }
}
