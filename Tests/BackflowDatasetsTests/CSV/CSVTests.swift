import Backflow
import TestSupport
import Testing

@Suite struct `A CSV file` {
  // RFC 4180, section 2, with its examples, rule by rule. Without a header, the columns are
  // numbered.
  @Test(arguments: [
    ("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),  // 1
    ("aaa,bbb,ccc\r\nzzz,yyy,xxx", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),  // 2
    ("aaa,bbb,ccc", [["aaa", "bbb", "ccc"]]),  // 4
    (
      "\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]
    ),  // 5
    (
      "\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx",
      [["aaa", "b\r\nbb", "ccc"], ["zzz", "yyy", "xxx"]]
    ),  // 6
    ("\"aaa\",\"b\"\"bb\",\"ccc\"", [["aaa", "b\"bb", "ccc"]]),  // 7
    (" aaa , b,c ", [[" aaa ", " b", "c "]]),  // spaces are part of a field
    ("\"a,b\",\"\"\"\",c", [["a,b", "\"", "c"]]),
    ("a,b\nc,d\re,f", [["a", "b"], ["c", "d"], ["e", "f"]]),  // other line breaks
    ("a,b\r\n\r\n\nc,d\r\n\n", [["a", "b"], ["c", "d"]]),  // empty lines
  ])
  func `is read as RFC 4180 says`(text: String, rows: [[String]]) throws {
    let table = try DataTable(csvText: text, CSVFormat(header: .none))
    #expect(try cells(of: table) == rows)
    #expect(table.columnNames == rows[0].indices.map { "column \($0 + 1)" })
  }

  @Test func `has a header, unless the names are given or there are none`() throws {
    let text = "\"first, name\",,b\r\n1,2,3\r\n"
    let table = try DataTable(csvText: text)  // rule 3
    #expect(table.columnNames == ["first, name", "column 2", "b"])
    #expect(table.rowCount == 1)
    let named = try DataTable(csvText: "1,2\n", CSVFormat(header: .names(["x", "y"])))
    #expect(try named.numbers("y") == [2])
    #expect(try DataTable(csvText: "x,y\n").rowCount == 0)
  }

  @Test func `may begin with a byte-order mark`() throws {
    let table = try DataTable(csvText: "\u{FEFF}a,b\n1,2\n")
    #expect(table.columnNames == ["a", "b"])
    #expect(try DataTable(csvText: "\u{FEFF}\"a\"\n1").columnNames == ["a"])
  }

  @Test func `may have another separator and decimal mark`() throws {
    let format = CSVFormat(separator: ";", decimalMark: ",")
    let table = try DataTable(csvText: "x;y\n1,5;-2,25e1\n,5;a,b\n", format)
    #expect(try table.numbers("x") == [1.5, 0.5])
    #expect(try table.texts("y") == ["-2,25e1", "a,b"])
    let tabs = try DataTable(csvText: "1\t \n2\tx \n", CSVFormat(separator: "\t", header: .none))
    #expect(try cells(of: tabs) == [["1", " "], ["2", "x "]])
  }

  @Test func `may have spaces around its fields`() throws {
    let text = "a, b ,c\n 1 , \"x, y\" ,\tz\n2,?, w w \n"
    let trimmed = try DataTable(csvText: text, CSVFormat(missingMarks: ["?"], trimsSpaces: true))
    #expect(trimmed.columnNames == ["a", "b", "c"])
    #expect(try trimmed.numbers("a") == [1, 2])
    #expect(try trimmed.texts("b") == ["x, y", nil])
    #expect(try trimmed.texts("c") == ["z", "w w"])
    let kept = try DataTable(csvText: "a\n  1  \n\t2\n")
    #expect(try kept.numbers("a") == [1, 2])
  }

  @Test func `with one column has a missing value on an empty line`() throws {
    let table = try DataTable(csvText: "x\n1\n\n3\n")
    #expect(try table.texts("x") == ["1", nil, "3"])
  }

  /// Random fields of what is difficult, written as RFC 4180 says.
  @Test(arguments: UInt64(0)..<60)
  func `is read back in pieces of any size`(seed: UInt64) throws {
    var random = RandomSource(seed: seed)
    let parts = ["a", "\"", ",", "\n", "\r\n", "\r", "é", "😀", " ", "7", "", "x\"\"y", ";"]
    let (rows, columns) = (1 + random.integer(below: 12), 1 + random.integer(below: 4))
    let lineBreak = ["\n", "\r\n", "\r"][random.integer(below: 3)]
    let separator = [",", ";"][random.integer(below: 2)]
    var table: [[String]] = []
    for _ in 0..<rows {
      table.append(
        (0..<columns).map { _ in
          (0..<random.integer(below: 5)).map { _ in parts[random.integer(below: parts.count)] }
            .joined()
        })
    }
    let text = table.map { row in
      row.map { field in
        let mustBeQuoted = field.unicodeScalars.contains { ",;\"\r\n".unicodeScalars.contains($0) }
        // A record that is an empty line would be skipped.
        return mustBeQuoted || field.isEmpty || random.integer(below: 4) == 0
          ? "\"" + doubled(field) + "\"" : field
      }.joined(separator: separator)
    }.joined(separator: lineBreak)
    let names = (0..<columns).map { "c\($0)" }
    let format = CSVFormat(
      separator: Character(separator), header: .names(names),
      types: Dictionary(uniqueKeysWithValues: names.map { ($0, .text) }), missingMarks: [])
    for ending in ["", lineBreak] {
      let bytes = Array((text + ending).utf8)
      for size in [1, 2, 3, 1 + random.integer(below: 40), 1000] {
        let read = try DataTable(csvBytes: bytes, format, pieceSize: size)
        #expect(try cells(of: read) == table, "pieces of \(size) bytes of \(text)")
      }
    }
  }

  /// The table or the error does not depend on where the file is divided.
  @Test(arguments: UInt64(0)..<300)
  func `of any bytes is understood in one way`(seed: UInt64) {
    var random = RandomSource(seed: seed)
    let pieces: [[UInt8]] = [
      [0x2C], [0x22], [0x22, 0x22], [0x0A], [0x0D], [0x0D, 0x0A], [0x31], [0x2D], [0x2E], [0x65],
      [0x61], [0x20], [0xE9], [0xC3, 0xA9], [0x00], [0xEF, 0xBB, 0xBF], [0x2C, 0x31, 0x0A],
    ]
    let bytes = (0..<random.integer(below: 40)).flatMap { _ in
      pieces[random.integer(below: pieces.count)]
    }
    for format in [CSVFormat(), CSVFormat(header: .none, trimsSpaces: true)] {
      let whole = outcome(bytes, format, pieceSize: 1000)
      for size in 1...5 {
        #expect(outcome(bytes, format, pieceSize: size) == whole, "pieces of \(size) of \(bytes)")
      }
    }
  }

  private func outcome(_ bytes: [UInt8], _ format: CSVFormat, pieceSize: Int) -> [String] {
    do throws(DataError) {
      let table = try DataTable(csvBytes: bytes, format, pieceSize: pieceSize)
      var outcome = table.columnNames
      for name in table.columnNames { outcome += try table.texts(name).map { $0 ?? "missing" } }
      return outcome
    } catch {
      return [error.description]
    }
  }

  @Test func `from disk is read like one in memory`() throws {
    let directory = try TemporaryDirectory()
    // More than a piece of the file, which is a mebibyte.
    let count = 150_000
    let text =
      "i,half,even\r\n"
      + (0..<count).map { "\($0),\(Double($0) / 2),\($0 % 2 == 0 ? "yes" : "no")\r\n" }.joined()
    let path = try directory.write(Array(text.utf8), to: "numbers.csv")
    let table = try DataTable(csv: path)
    #expect(text.utf8.count > 2 << 20 && table.rowCount == count)
    #expect(try table.numbers("i") == (0..<count).map { Double($0) })
    #expect(try table.numbers("half") == (0..<count).map { Double($0) / 2 })
    #expect(try table.texts("even") == (0..<count).map { $0 % 2 == 0 ? "yes" : "no" })
  }

  private func doubled(_ field: String) -> String {
    String(
      String.UnicodeScalarView(field.unicodeScalars.flatMap { $0 == "\"" ? ["\"", "\""] : [$0] }))
  }
}

/// The cells of a table whose values are all present, by rows.
func cells(of table: DataTable) throws -> [[String]] {
  let columns = try table.columnNames.map { try table.texts($0) }
  return (0..<table.rowCount).map { row in columns.map { $0[row] ?? "missing" } }
}
