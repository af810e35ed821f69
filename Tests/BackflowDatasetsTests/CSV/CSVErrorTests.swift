import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `An error in a CSV file` {
  private func error(_ text: String, _ format: CSVFormat = CSVFormat()) -> DataError? {
    #expect(throws: DataError.self) { try DataTable(csvText: text, format) }
  }

  @Test func `names the line with the wrong number of fields`() {
    let short = error("a,b,c\n1,2,3\n\n4,5\n")
    #expect(short?.line == 4 && short?.column == nil)
    #expect(short?.problem == "expected 3 fields, found 2")
    let long = error("a,b\n1,2\n3,4,5,6\n")
    #expect(long?.line == 3 && long?.problem == "expected 2 fields, found more")
    #expect(error("a,b\n1,2,\n")?.line == 2)
  }

  @Test func `counts lines within quotation marks`() {
    let text = "a,b\r\n\"x\r\n\r\ny\",1\r\n\"z\nz\",2\n3\r\n"
    #expect(error(text)?.line == 7)
    // The line on which the field begins.
    let number = error("a,b\n\"x\ny\",\"1\n2\"\n", CSVFormat(types: ["b": .number]))
    #expect(number?.line == 3 && number?.column == "b")
  }

  @Test func `names the field with a quotation mark that should not be there`() {
    let inside = error("a,b\n1,5\" pipe\n")
    #expect(inside?.line == 2 && inside?.column == "b")
    #expect(inside?.problem.hasPrefix("expected no quotation mark within a field") == true)
    let after = error("a,b\n1,2\n\"x\"y,3\n")
    #expect(after?.line == 3 && after?.column == "a")
    #expect(after?.problem.contains("after a quotation mark") == true)
  }

  @Test(arguments: [1, 5, 1000])
  func `names the line where an open quotation mark begins`(size: Int) {
    let text = "a,b\n1,2\n3,\"x\n4,5\n6,7\n"
    let error = #expect(throws: DataError.self) {
      try DataTable(csvBytes: Array(text.utf8), CSVFormat(), pieceSize: size)
    }
    #expect(error?.line == 3 && error?.column == "b")
    #expect(error?.problem == "expected a quotation mark that ends the field, found none")
  }

  @Test func `is one in the header, too`() {
    #expect(error("")?.line == 1)
    #expect(error("a,b,a\n1,2,3\n")?.column == "a")
    #expect(error("a,\"b\n1,2,3\n")?.column == "2")
    let names = error("1,2,3\n", CSVFormat(header: .names(["x", "y"])))
    #expect(names?.problem == "expected 2 fields, as there are names, found 3")
  }

  @Test func `is another encoding than UTF-8`() {
    func error(_ bytes: [UInt8]) -> DataError? {
      #expect(throws: DataError.self) {
        try DataTable(csvBytes: bytes, CSVFormat(), pieceSize: 1000)
      }
    }
    // "é" in Latin-1, in a column of texts.
    let latin = error(Array("a,b\n1,x\n2,caf".utf8) + [0xE9, 0x0A])
    #expect(latin?.line == 3 && latin?.column == "b" && latin?.problem.contains("UTF-8") == true)
    let wide = error([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00])
    #expect(wide?.problem.contains("UTF-16") == true)
  }

  @Test func `names the file`() throws {
    let missing = #expect(throws: DataError.self) { try DataTable(csv: "/nowhere/x.csv") }
    #expect(missing?.file == "/nowhere/x.csv" && missing?.line == nil)
    let directory = try TemporaryDirectory()
    let path = try directory.write(Array("a,b\n1\n".utf8), to: "bad.csv")
    let error = #expect(throws: DataError.self) { try DataTable(csv: path) }
    #expect(error?.description == "\(path), line 2: expected 2 fields, found 1")
  }

  @Test func `can be found after the reading`() throws {
    let table = try DataTable(csvText: "a,b\n1,x\n\"2\",\"y\nz\"\n,w\n")
    let error = #expect(throws: DataError.self) {
      try table.tensor(of: ["a"], as: Float.self)
    }
    #expect(error?.line == 5 && error?.column == "a")
    // Rows keep their lines when they are selected.
    let selected = #expect(throws: DataError.self) {
      try table.rows(at: [2, 1]).rows(at: [1, 0]).tensor(of: ["a"], as: Float.self)
    }
    #expect(selected?.line == 5)
  }

  @Test func `is a separator that cannot be one`() async {
    await #expect(processExitsWith: .failure) { _ = CSVFormat(separator: "\"") }
    await #expect(processExitsWith: .failure) { _ = CSVFormat(separator: ",", decimalMark: ",") }
    await #expect(processExitsWith: .failure) { _ = CSVFormat(separator: "é") }
    await #expect(processExitsWith: .failure) { _ = CSVFormat(separator: "\n") }
    await #expect(processExitsWith: .failure) { _ = CSVFormat(separator: "\r") }
    await #expect(processExitsWith: .failure) { _ = CSVFormat(separator: "\r\n") }
    await #expect(processExitsWith: .failure) { _ = CSVFormat(decimalMark: "\n") }
  }

  @Test func `is a record that does not end within reason`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("long.csv")
      var bytes = Data("a,b\n1,2\n\"3,4\n".utf8)
      bytes.append(Data(repeating: UInt8(ascii: "5"), count: 70 << 20))
      try bytes.write(to: file)
      let error = #expect(throws: DataError.self) { try DataTable(csv: file.path) }
      #expect(error?.line == 3)
      #expect(error?.problem.contains("a quotation mark may lack its second one") == true)
    }
  }

  @Test func `is a name that is not in UTF-8`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("latin.csv")
      try Data([0x61, 0x2C, 0x62, 0xE4, 0x0A, 0x31, 0x2C, 0x32, 0x0A]).write(to: file)
      let error = #expect(throws: DataError.self) { try DataTable(csv: file.path) }
      #expect(error?.line == 1 && error?.column == "2")
      #expect(error?.problem.contains("expected text in UTF-8") == true)
    }
  }
}
