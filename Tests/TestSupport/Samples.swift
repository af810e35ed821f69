/// Sample numbers: multiples of 2⁻²³ distributed over [−1, 1), the same for the same seed and in
/// both precisions.
///
/// A separate linear congruential generator (Knuth's MMIX), so that the tests of the floor do not
/// depend on the random source, which is above the floor and under test itself.
public func samples<S: BinaryFloatingPoint>(
  _ count: Int, seed: UInt64 = 1, as _: S.Type = S.self
) -> [S] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return S(Double(state >> 40) * 0x1p-23 - 1)
  }
}
