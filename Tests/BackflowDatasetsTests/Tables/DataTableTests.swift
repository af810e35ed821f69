import Backflow
import Testing

@Suite struct `A data table` {
  private let table = DataTable(
    numbers: ["x": [1, 2.5, .nan], "y": [4, 5, 6]], texts: ["city": ["Rome", nil, "Oslo"]])

  @Test func `has columns with names`() throws {
    #expect(table.columnNames == ["x", "y", "city"] && table.rowCount == 3)
    #expect(try table.numbers("y") == [4, 5, 6])
    #expect(try table.texts("city") == ["Rome", nil, "Oslo"])
    #expect(try table.texts("x") == ["1", "2.5", nil])
    #expect(try table.missingCount(in: "x") == 1 && table.missingCount(in: "y") == 0)
    let unknown = #expect(throws: DataError.self) { try table.numbers("z") }
    #expect(unknown?.problem == "there is no such column, only x, y, city")
    let texts = #expect(throws: DataError.self) { try table.numbers("city") }
    #expect(texts?.description.contains("such as \"Rome\"") == true)
  }

  @Test func `gives its numbers as a tensor`() throws {
    let complete = table.rows(at: [1, 0])
    #expect(
      try complete.tensor(of: ["y", "x"]) == Tensor<Float>([5, 2.5, 4, 1], shape: [2, 2]))
    #expect(try table.tensor(of: []) == Tensor<Double>([], shape: [3, 0]))
    let missing = #expect(throws: DataError.self) { try table.tensor(of: ["x"], as: Float.self) }
    #expect(missing?.column == "x" && missing?.problem.contains("row 2") == true)
    let large = DataTable(numbers: ["v": [1, 1e300]])
    #expect(try large.tensor(of: ["v"], as: Double.self)[1, 0] == 1e300)
    #expect(throws: DataError.self) { try large.tensor(of: ["v"], as: Float.self) }
  }

  @Test func `is selected by rows`() throws {
    let some = table.rows(at: [2, 0, 2])
    #expect(try some.texts("city") == ["Oslo", "Rome", "Oslo"] && some.numbers("y") == [6, 4, 6])
    #expect(table.rows(at: []).rowCount == 0)
  }

  @Test func `is split like its rows`() throws {
    let count = 90
    let table = DataTable(
      numbers: ["i": (0..<count).map { Double($0) }],
      texts: ["kind": (0..<count).map { $0 % 9 == 0 ? "rare" : "common" }])
    let parts = try table.split(validation: 0.2, test: 0.1, seed: 4, stratifiedBy: "kind")
    #expect([parts.training, parts.validation, parts.test].map(\.rowCount) == [63, 18, 9])
    for (part, rare) in [(parts.training, 7), (parts.validation, 2), (parts.test, 1)] {
      #expect(try part.texts("kind").count { $0 == "rare" } == rare)
      // The rows stay together.
      for (i, kind) in zip(try part.numbers("i"), try part.texts("kind")) {
        #expect((Int(i) % 9 == 0) == (kind == "rare"))
      }
    }
    let plain = try table.split(validation: 0.5, seed: 4)
    #expect(plain.test.rowCount == 0)
    #expect(
      Set(try plain.training.numbers("i")).union(try plain.validation.numbers("i")).count == count)
  }

  @Test func `has columns of equal lengths with different names`() async {
    await #expect(processExitsWith: .failure) { _ = DataTable(numbers: ["x": [1], "y": []]) }
    await #expect(processExitsWith: .failure) { _ = DataTable(numbers: ["x": [1], "x": [2]]) }
    await #expect(processExitsWith: .failure) { _ = DataTable(numbers: ["x": [1]]).rows(at: [1]) }
  }
}

@Suite struct `Missing values` {
  private func table() throws -> DataTable {
    try DataTable(csvText: "n,t\n1,b\n,a\n3,\n1,a\n7,b\n")
  }

  @Test func `are an error`() throws {
    let error = #expect(throws: DataError.self) { try table().resolvingMissing(.error) }
    #expect(error?.line == 3 && error?.column == "n")
    let other = #expect(throws: DataError.self) { try table().resolvingMissing(.error, in: ["t"]) }
    #expect(other?.line == 4 && other?.column == "t")
  }

  @Test func `are left out with their rows`() throws {
    #expect(try table().resolvingMissing(.dropRow).numbers("n") == [1, 1, 7])
    #expect(try table().resolvingMissing(.dropRow, in: ["t"]).rowCount == 4)
    // The rows keep their lines.
    let rest = try table().resolvingMissing(.dropRow, in: ["t"])
    let error = #expect(throws: DataError.self) { try rest.resolvingMissing(.error) }
    #expect(error?.line == 3)
  }

  @Test func `are replaced`() throws {
    // (1 + 3 + 1 + 7)/4
    #expect(try table().resolvingMissing(.fill(.mean), in: ["n"]).numbers("n") == [1, 3, 3, 1, 7])
    // Of the texts, a and b occur twice.
    let modes = try table().resolvingMissing(.fill(.mostFrequent))
    #expect(try modes.numbers("n") == [1, 1, 3, 1, 7])
    #expect(try modes.texts("t") == ["b", "a", "a", "a", "b"])
    #expect(try table().resolvingMissing(.fill(.number(-5)), in: ["n"]).numbers("n")[1] == -5)
    let texts = try table().resolvingMissing(.fill(.text("none")), in: ["t"])
    #expect(try texts.texts("t") == ["b", "a", "none", "a", "b"])
    #expect(try texts.missingCount(in: "n") == 1)
  }

  @Test func `are replaced by a value of the right type only`() throws {
    let table = try table()
    for (fill, column) in [
      (MissingPolicy.Fill.mean, "t"), (.number(1), "t"), (.text("x"), "n"),
    ] {
      let error = #expect(throws: DataError.self) {
        try table.resolvingMissing(.fill(fill), in: [column])
      }
      #expect(error?.column == column)
    }
    let empty = DataTable(numbers: ["n": [.nan, .nan]])
    for fill in [MissingPolicy.Fill.mean, .mostFrequent] {
      #expect(throws: DataError.self) { try empty.resolvingMissing(.fill(fill)) }
    }
  }
}
