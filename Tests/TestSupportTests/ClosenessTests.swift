import TestSupport
import Testing

@Suite struct `The comparator` {
  let tolerance = Tolerance(Double.self, length: 10, scale: 1)

  @Test func `accepts equal numbers and numbers within the tolerance`() {
    #expect(Closeness.between([1, 2], [1, 2], tolerance) == .close)
    #expect(Closeness.between([1 + tolerance.value], [1], Tolerance(1e-3, scale: 1)) == .close)
  }

  @Test func `rejects a number just outside the tolerance and reports it`() {
    let outside = 2 + 3 * tolerance.value
    #expect(Closeness.between([1, outside], [1, 2], tolerance) == .differs(at: 1))
  }

  @Test func `rejects a comparison of nothing`() {
    #expect(Closeness.between([], [], tolerance) == .nothingCompared)
  }

  @Test func `rejects lists of different lengths`() {
    #expect(Closeness.between([1], [1, 1], tolerance) == .countsDiffer)
    #expect(Closeness.between([], [1], tolerance) == .countsDiffer)
  }

  @Test func `rejects a NaN on one side and accepts one on both`() {
    #expect(Closeness.between([.nan], [1], tolerance) == .differs(at: 0))
    #expect(Closeness.between([1], [.nan], tolerance) == .differs(at: 0))
    #expect(Closeness.between([.nan], [.nan], tolerance) == .close)
  }

  @Test func `accepts only the same infinity`() {
    #expect(Closeness.between([.infinity], [.infinity], tolerance) == .close)
    #expect(Closeness.between([-.infinity], [.infinity], tolerance) == .differs(at: 0))
    #expect(Closeness.between([1e300], [.infinity], tolerance) == .differs(at: 0))
  }

  @Test func `rejects a tolerance that reaches the scale or is NaN`() {
    #expect(Closeness.between([1], [1], Tolerance(1, scale: 1)) == .meaningless)
    #expect(Closeness.between([0], [0], Tolerance(0, scale: 0)) == .meaningless)
    #expect(Closeness.between([1], [1], Tolerance(.nan, scale: 1)) == .meaningless)
    let coarse = Tolerance(Float.self, length: 2_000_000, scale: 1)
    #expect(Closeness.between([1], [1], coarse) == .meaningless)
  }

  @Test func `fails the calling test`() {
    withKnownIssue { expectClose([1], [2], tolerance) }
    withKnownIssue { expectClose([], [], tolerance) }
    expectClose([], [], tolerance, mayBeEmpty: true)
  }

  @Test func `uses the epsilon of the computing precision`() {
    #expect(Tolerance(Float.self, length: 3, scale: 2, factor: 4).value == 24 * 0x1p-23)
    #expect(Tolerance(Double.self, length: 3, scale: 2, factor: 4).value == 24 * 0x1p-52)
  }
}
