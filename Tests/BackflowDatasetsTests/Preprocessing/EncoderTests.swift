import Backflow
import TestSupport
import Testing

@Suite struct `A label encoder` {
  @Test func `numbers the classes in a fixed order`() throws {
    let encoder = LabelEncoder(fitting: ["b", "a", "b", "é", "Z"])
    #expect(encoder.classes == ["Z", "a", "b", "é"])
    #expect(try encoder.encode(["a", "é", "a"]) == [1, 3, 1])
    #expect(encoder.decode([1, 3, 0]) == ["a", "é", "Z"])
    #expect(encoder == LabelEncoder(fitting: ["é", "Z", "b", "a"]))
    #expect(encoder.number(of: "c") == nil && encoder.count == 4)
  }

  @Test func `orders numbers by their values`() throws {
    #expect(LabelEncoder(fitting: ["10", "9", "-1", "2.5"]).classes == ["-1", "2.5", "9", "10"])
    let table = DataTable(numbers: ["digit": [10, 2, 10, 0]])
    let encoder = try LabelEncoder(fitting: table, column: "digit")
    #expect(encoder.classes == ["0", "2", "10"])
    #expect(try encoder.encode(table, column: "digit") == [2, 1, 2, 0])
  }

  @Test func `names what it does not know`() throws {
    let encoder = LabelEncoder(fitting: ["a", "b"])
    let error = #expect(throws: DataError.self) { try encoder.encode(["a", "c"]) }
    #expect(error?.description == "row 1: expected one of a, b, found \"c\"")
    let table = try DataTable(csvText: "y\na\n\"b\"\nc\n")
    let inTable = #expect(throws: DataError.self) { try encoder.encode(table, column: "y") }
    #expect(inTable?.line == 4 && inTable?.column == "y")
    let missing = try DataTable(csvText: "x,y\n1,a\n2,\n")
    #expect(throws: DataError.self) { try LabelEncoder(fitting: missing, column: "y") }
    let error2 = #expect(throws: DataError.self) { try encoder.encode(missing, column: "y") }
    #expect(error2?.line == 3)
  }

  @Test func `is saved and restored`() throws {
    let directory = try TemporaryDirectory()
    let encoder = LabelEncoder(classes: ["b\"\\", "", "a\nb", "é", "\u{1}"])
    var checkpoint = Checkpoint()
    try checkpoint.insert(encoder, named: "labels")
    try checkpoint.write(to: directory.file("x.safetensors"))
    let read = try Checkpoint(contentsOf: directory.file("x.safetensors"))
    #expect(try LabelEncoder(read, named: "labels") == encoder)
    #expect(throws: CheckpointError.self) { try LabelEncoder(read, named: "other") }
    #expect(throws: CheckpointError.self) { try checkpoint.insert(encoder, named: "labels") }
    for damaged in ["", "[", "[1]", "[\"a\",\"a\"]", "[\"a\"]x", "{}"] {
      checkpoint.metadata["labels"] = damaged
      #expect(throws: CheckpointError.self, "\(damaged)") {
        try LabelEncoder(checkpoint, named: "labels")
      }
    }
  }
}

@Suite struct `A one-hot encoder` {
  @Test func `has one feature for each category`() throws {
    let encoder = OneHotEncoder(fitting: ["b", "a", "c", "a"])
    let rows: Tensor<Float> = try encoder.encode(["c", "a"])
    #expect(rows == Tensor(rows: [[0, 0, 1], [1, 0, 0]]))
    #expect(encoder.featureCount == 3)
  }

  @Test func `treats unknown categories as stated`() throws {
    let names = ["a", "x"]
    let strict = OneHotEncoder(fitting: ["a", "b"])
    let error = #expect(throws: DataError.self) { try strict.encode(names, as: Float.self) }
    #expect(error?.description == "row 1: expected one of a, b, found \"x\"")
    let zeros = OneHotEncoder(fitting: ["a", "b"], unknown: .zeros)
    #expect(try zeros.encode(names) == Tensor<Double>(rows: [[1, 0], [0, 0]]))
    let own = OneHotEncoder(fitting: ["a", "b"], unknown: .ownFeature)
    #expect(try own.encode(names) == Tensor<Double>(rows: [[1, 0, 0], [0, 0, 1]]))
  }
}

@Suite struct `A table encoder` {
  private let csv = """
    age,city,price,height
    20,Rome,1,1.5
    ,Oslo,2,2.5
    40,,3,1.5
    60,Rome,4,2.5

    """

  // Ages: mean 40 of 20, 40, 40, 60 with σ = √200; heights: mean 2 with σ = 0.5.
  @Test func `standardizes numbers and gives categories a feature each`() throws {
    let table = try DataTable(csvText: csv)
    let encoder = try TableEncoder<Double>(
      fitting: table, excluding: ["price"], missingNumbers: .mean, missingTexts: .mostFrequent)
    #expect(encoder.featureNames == ["age", "height", "city=Oslo", "city=Rome"])
    #expect(encoder.featureCount == 4)
    let x = try encoder.encode(table)
    let root = 2.0.squareRoot()
    let expected: [[Double]] = [
      [-root, -1, 0, 1], [0, 1, 1, 0], [0, -1, 0, 1], [root, 1, 0, 1],
    ]
    #expect(x.shape == [4, 4])
    expectClose(
      x.elements, expected.flatMap { $0 }, Tolerance(Double.self, length: 4, scale: 1))

    // Other rows are measured by the training data, and their order of columns does not matter.
    let other = try DataTable(csvText: "height,city,age\n3,Oslo,\n")
    expectClose(
      try encoder.encode(other).elements, [0, 2, 1, 0],
      Tolerance(Double.self, length: 4, scale: 1))
  }

  @Test func `can leave numbers as they are`() throws {
    let table = try DataTable(csvText: csv)
    let encoder = try TableEncoder<Float>(
      fitting: table, columns: ["price", "age"], standardizes: false,
      missing: ["age": .number(-1)])
    #expect(try encoder.encode(table) == Tensor(rows: [[1, 20], [2, -1], [3, 40], [4, 60]]))
  }

  @Test func `names the line of what it cannot encode`() throws {
    let table = try DataTable(csvText: csv)
    let noFill = #expect(throws: DataError.self) { try TableEncoder<Float>(fitting: table) }
    #expect(noFill?.line == 3 && noFill?.column == "age")
    let noText = #expect(throws: DataError.self) {
      try TableEncoder<Float>(fitting: table, missingNumbers: .mean)
    }
    #expect(noText?.line == 4 && noText?.column == "city")
    let encoder = try TableEncoder<Float>(
      fitting: table, columns: ["age", "city"], missingNumbers: .mean, missingTexts: .text("?"))
    #expect(encoder.featureNames == ["age", "city=?", "city=Oslo", "city=Rome"])
    let unknown = #expect(throws: DataError.self) {
      try encoder.encode(DataTable(csvText: "age,city\n1,Rome\n2,Bonn\n"))
    }
    #expect(unknown?.line == 3 && unknown?.column == "city")
    #expect(unknown?.problem == "expected one of ?, Oslo, Rome, found \"Bonn\"")
    let column = #expect(throws: DataError.self) {
      try encoder.encode(DataTable(csvText: "age\n1\n"))
    }
    #expect(column?.column == "city")
    #expect(throws: DataError.self) { try encoder.encode(DataTable(csvText: "age,city\nx,Rome\n")) }
    #expect(throws: DataError.self) { try TableEncoder<Float>(fitting: table, excluding: ["cost"]) }
  }

  @Test func `states the types of its columns for new data`() throws {
    let table = try DataTable(
      csvText: "zip,size\n007,1\n010,2\n", CSVFormat(types: ["zip": .text]))
    let encoder = try TableEncoder<Float>(fitting: table)
    #expect(encoder.columnTypes == ["zip": .text, "size": .number])
    let new = try DataTable(
      csvText: "size,zip\n3,007\n", CSVFormat(types: encoder.columnTypes))
    #expect(try encoder.encode(new) == Tensor(rows: [[3, 1, 0]]))
    let wrong = #expect(throws: DataError.self) {
      try DataTable(csvText: "size,zip\n3,007\nx,010\n", CSVFormat(types: encoder.columnTypes))
    }
    #expect(wrong?.line == 3 && wrong?.column == "size")
  }

  @Test func `needs no column of either kind`() throws {
    let table = try DataTable(csvText: csv).resolvingMissing(.dropRow)
    let texts = try TableEncoder<Float>(fitting: table, columns: ["city"])
    #expect(try texts.encode(table) == Tensor(rows: [[1], [1]]))
    let none = try TableEncoder<Float>(fitting: table, columns: [])
    #expect(try none.encode(table) == Tensor([], shape: [2, 0]))
    let error = #expect(throws: DataError.self) {
      try TableEncoder<Float>(fitting: table.rows(at: []), columns: ["price"])
    }
    #expect(error?.problem.contains("no rows") == true)
  }

  @Test func `keeps the digits of a number with a large mean`() throws {
    // Seconds, which `Float` could not tell apart.
    let table = DataTable(numbers: ["time": [1_600_000_000, 1_600_000_002]])
    let encoder = try TableEncoder<Float>(fitting: table)
    #expect(try encoder.encode(table) == Tensor(rows: [[-1], [1]]))
  }

  @Test(arguments: UnknownCategory.allCases)
  func `is saved and restored`(unknown: UnknownCategory) throws {
    let directory = try TemporaryDirectory()
    let table = try DataTable(csvText: csv)
    let encoder = try TableEncoder<Float>(
      fitting: table, excluding: ["price"], unknown: unknown,
      missing: ["city": .text("somewhere")], missingNumbers: .mean)
    var checkpoint = try Checkpoint(
      Dense<Float>(weight: .zeros([1, 5]), bias: nil), prefix: "model")
    try checkpoint.insert(encoder, prefix: "input")
    try checkpoint.write(to: directory.file("x.safetensors"))
    let read = try Checkpoint(contentsOf: directory.file("x.safetensors"))
    let restored = try TableEncoder<Float>(read, prefix: "input")
    #expect(restored.featureNames == encoder.featureNames)
    #expect(try restored.encode(table) == encoder.encode(table))
    let other = try DataTable(csvText: "age,city,height\n,,3\n50,Bonn,1\n")
    if unknown == .error {
      #expect(throws: DataError.self) { try restored.encode(other) }
    } else {
      #expect(try restored.encode(other) == encoder.encode(other))
    }
    #expect(throws: CheckpointError.self) { try TableEncoder<Float>(read, prefix: "output") }
    for name in ["mean", "fill", "standard_deviation"] {
      var damaged = read
      damaged["input." + name] = nil
      let error = #expect(throws: CheckpointError.self) {
        try TableEncoder<Float>(damaged, prefix: "input")
      }
      #expect(error?.entry == "input." + name)
    }
    for name in ["numbers", "texts", "categories.0", "text_fill.0", "unknown.0"] {
      var damaged = read
      damaged.metadata["input." + name] = "[3]"
      #expect(throws: CheckpointError.self) { try TableEncoder<Float>(damaged, prefix: "input") }
    }
  }
}
