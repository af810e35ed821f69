import Backflow
import Testing

@Suite struct `The type of a column` {
  @Test func `is inferred from all of its values`() throws {
    let table = try DataTable(csvText: "a,b,c,d\n1,x,,1\n,,y,2\n2.5,1,,z\n")
    let types = try table.columnNames.map { try table.type(of: $0) }
    #expect(types == [.number, .text, .text, .text])
    #expect(try table.texts("a") == ["1", nil, "2.5"])
    #expect(try table.texts("b") == ["x", nil, "1"])
    #expect(try table.texts("c") == [nil, "y", nil])
    #expect(try table.texts("d") == ["1", "2", "z"])
  }

  // The texts of numbers before the first text are those of the file, in pieces of any size.
  @Test(arguments: [1, 7, 16, 1000])
  func `becomes text with the original fields`(size: Int) throws {
    let text = "id,v,w\n007,1,a\n1.50,2,b\n\"1e3\",3,c\nx,4,d\n,5,e\n"
    let table = try DataTable(csvBytes: Array(text.utf8), CSVFormat(), pieceSize: size)
    #expect(try table.texts("id") == ["007", "1.50", "1e3", "x", nil])
    #expect(try table.numbers("v") == [1, 2, 3, 4, 5])
    #expect(try table.texts("w") == ["a", "b", "c", "d", "e"])
  }

  @Test func `can be stated`() throws {
    let format = CSVFormat(types: ["zip": .text])
    #expect(try DataTable(csvText: "zip\n01234\n", format).texts("zip") == ["01234"])
    let error = #expect(throws: DataError.self) {
      try DataTable(csvText: "a,b\n1,2\n", CSVFormat(types: ["c": .text]))
    }
    #expect(error?.column == "c" && error?.problem.contains("only a, b") == true)
  }

  @Test func `has missing values where the marks are`() throws {
    let text = "a,b\n1,x\nNA,NA\n,\"\"\nnan,null\n"
    let usual = try DataTable(csvText: text)
    #expect(try usual.missingCount(in: "a") == 3 && usual.missingCount(in: "b") == 3)
    #expect(try usual.numbers("a").map(\.isNaN) == [false, true, true, true])
    let own = try DataTable(
      csvText: "a,b\n-999,x\n-999.0,-999\n5,NA\n", CSVFormat(missingMarks: ["-999"]))
    #expect(try own.numbers("a").map { $0.isNaN ? 0 : $0 } == [0, 0, 5])
    #expect(try own.texts("b") == ["x", nil, "NA"])
    let none = try DataTable(csvText: "a,b\n,1\nx,2\n", CSVFormat(missingMarks: []))
    #expect(try none.texts("a") == ["", "x"])
  }

  // Enough different texts for the table of texts to grow many times.
  @Test func `keeps any number of different texts`() throws {
    let texts = (0..<5000).map { "text \($0 * 7919 % 5000)" }
    let table = try DataTable(csvText: "t\n" + (texts + texts).joined(separator: "\n"))
    #expect(try table.texts("t") == texts + texts)
  }

  @Test func `has missing values where a mark is among blanks, if it has numbers`() throws {
    let table = try DataTable(csvText: "a,b\n 1, NA\n NA ,x\n\t,NA\n")
    let numbers = try table.numbers("a")
    #expect(numbers[0] == 1 && numbers[1].isNaN && numbers[2].isNaN)
    // In a text, blanks count.
    #expect(try table.texts("b") == [" NA", "x", nil])
  }
}
