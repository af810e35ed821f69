import Backflow
import Testing

@Suite struct `A number in a CSV file` {
  private func numbers(_ texts: [String]) throws -> [Double] {
    let format = CSVFormat(types: ["x": .number])
    return try DataTable(csvText: "x\n" + texts.joined(separator: "\n"), format).numbers("x")
  }

  // The shortest text of a number identifies it.
  @Test func `is the one that is written, to the last bit`() throws {
    var random = RandomSource(seed: 1)
    let values = (0..<20_000).map { index -> Double in
      switch index % 4 {
      case 0: random.uniform()
      case 1: random.normal() * 1000
      case 2: Double(random.integer(below: 1 << 60))
      default:
        // Any finite number, of any exponent.
        Double(bitPattern: random.next() & ~(1 << 62))
      }
    }
    let read = try numbers(values.map { "\($0)" })
    #expect(zip(read, values).allSatisfy { $0.bitPattern == $1.bitPattern })
    #expect(read.count == values.count)
  }

  // Halfway cases and long digits, where two roundings would give another result. The standard
  // library is the reference.
  @Test func `is rounded once`() throws {
    var random = RandomSource(seed: 2)
    var texts = [
      "9007199254740993", "9007199254740992.999999999999999",
      "0.1000000000000000055511151231257827",
      "1.00000000000000011102230246251565404236316680908203125", "179769313486231570000e289",
      "123456789012345678901234567890", "4.9e-324", "2.4703282292062327e-324", "1e23", "8.5e22",
      "0.000000000000000000000000000000000001", "9999999999999999999", "18446744073709551615",
      "1.8446744073709551615", "9007199254740993.0", "0.3", "1e22", "1e-22", "123e-22",
    ]
    for _ in 0..<20_000 {
      let digits = (0..<1 + random.integer(below: 24)).map { _ in "\(random.integer(below: 10))" }
      let place = random.integer(below: digits.count + 1)
      let exponent = random.integer(below: 3) == 0 ? "e\(random.integer(below: 60) - 30)" : ""
      texts.append(
        "0" + digits[..<place].joined() + "." + digits[place...].joined() + "0" + exponent)
    }
    let read = try numbers(texts)
    for (text, number) in zip(texts, read) {
      #expect(number == Double(text), "\(text)")
    }
  }

  @Test func `has a sign, digits on either side of the mark, and an exponent`() throws {
    let texts = [
      "+1", "-1", "-0", ".5", "5.", "-.25", "1e3", "1E+3", "1.5e-1", "007", "inf", "-Infinity",
    ]
    let read = try numbers(texts)
    #expect(read == [1, -1, 0, 0.5, 5, -0.25, 1000, 1000, 0.15, 7, .infinity, -.infinity])
    #expect(read[2].sign == .minus)
    #expect(
      try numbers(["1e400", "-1e400", "1e-400", "1e99999999999"]) == [
        .infinity, -.infinity, 0, .infinity,
      ])
  }

  @Test(arguments: [
    "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1,5", "0x10", "1_000", "1 2", "--1", "infinit",
    "in",
    "1f", "٣", "1-", "e", "-.", "1e5.5",
  ])
  func `is nothing else`(text: String) throws {
    let error = #expect(throws: DataError.self) { try numbers(["1", "\"" + text + "\""]) }
    #expect(error?.line == 3 && error?.column == "x")
    #expect(error?.problem == "expected a number, found \"\(text)\"")
    // Without a stated type, the column is one of texts.
    let table = try DataTable(csvText: "x\n1\n\"\(text)\"")
    #expect(try table.texts("x") == ["1", text])
  }

  @Test func `may be in quotation marks`() throws {
    #expect(try numbers(["\"1.5\"", "\" 2 \"", "3"]) == [1.5, 2, 3])
  }
}
