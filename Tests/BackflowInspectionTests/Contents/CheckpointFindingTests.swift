import Backflow
import TestSupport
import Testing

@Suite struct `A finding in a checkpoint` {
  private func findings(_ tensor: Tensor<Double>) throws -> [CheckpointFinding] {
    try report(of: StoredTensor(tensor)).findings
  }

  private func expect(
    _ tensor: Tensor<Double>, _ expected: [(CheckpointFinding.Kind, String)],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try findings(tensor)
    #expect(found.map(\.kind) == expected.map(\.0), sourceLocation: sourceLocation)
    #expect(found.map(\.message) == expected.map(\.1), sourceLocation: sourceLocation)
    #expect(found.allSatisfy { $0.tensor == "w" }, sourceLocation: sourceLocation)
  }

  @Test func `is not made about ordinary weights`() throws {
    #expect(try findings(Tensor(samples(30), shape: [5, 6])).isEmpty)
    #expect(try findings(Tensor(samples(30))).isEmpty)
  }

  @Test func `gives the number of NaN and infinite elements and the first`() throws {
    var tensor = Tensor<Double>(samples(12), shape: [3, 4])
    tensor[1, 3] = .infinity
    tensor[2, 0] = .nan
    try expect(
      tensor,
      [(.nonFinite, "1 of 12 elements are NaN and 1 are infinite; the first is at [1, 3]")])
  }

  @Test func `gives the value of a constant`() throws {
    try expect(.zeros([2, 3]), [(.allZero, "all 6 elements are zero")])
    try expect(
      Tensor(repeating: 0.5, shape: [7]), [(.constant, "all 7 elements are 0.5")])
  }

  @Test func `lists rows and columns`() throws {
    var tensor = Tensor<Double>(samples(200), shape: [20, 10])
    for row in 3..<14 { tensor.replaceSlice(row..<row + 1, with: .zeros([1, 10])) }
    for row in 0..<20 { tensor[row, 4] = 0 }
    tensor.replaceSlice(19..<20, with: tensor.slice(0..<1))
    let found = try findings(tensor)
    #expect(found.map(\.kind) == [.zeroRows, .zeroColumns, .equalRows, .rankDeficient])
    #expect(
      found.prefix(3).map(\.message) == [
        "11 of 20 rows are zero: 3, 4, 5, 6, 7, 8, 9, 10 and 3 more",
        "1 of 10 columns are zero: 4", "2 of 20 rows are equal: 0, 19",
      ])
    #expect(found[3].message.hasPrefix("the rank is 8 instead of 10: the singular values"))
  }

  @Test func `lists three groups of equal rows and counts the others`() throws {
    let tensor = Tensor<Double>.concatenate(
      [0, 1].map { _ in Tensor(samples(30), shape: [5, 6]) })
    let found = try findings(tensor).filter { $0.kind == .equalRows }
    #expect(
      found.map(\.message) == [
        "2 of 10 rows are equal: 0, 5", "2 of 10 rows are equal: 1, 6",
        "2 of 10 rows are equal: 2, 7", "there are 2 more groups of equal rows",
      ])
  }

  @Test func `is listed in the order of the tensors`() throws {
    let checkpoint = Checkpoint([
      "b": StoredTensor(Tensor<Double>.zeros([3])), "a": StoredTensor(Tensor<Double>.ones([3])),
    ])
    let report = try CheckpointReport(of: checkpoint)
    #expect(report.findings.map(\.tensor) == ["b", "a"])
  }
}
