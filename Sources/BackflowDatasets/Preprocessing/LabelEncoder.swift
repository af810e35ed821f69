public import BackflowCheckpoints
internal import BackflowKernels
internal import OrderedCollections

/// Names of classes as numbers 0 ..< C, and back.
///
/// The classes are in the order of their numbers if all names are numbers, and otherwise in the
/// order of their Unicode scalars, so that the order of the training data does not matter.
public struct LabelEncoder: Sendable, Equatable {
  /// The name of each class.
  public let classes: [String]
  private let numbers: [String: Int]

  /// An encoder of classes in this order.
  ///
  /// - Precondition: The names are different.
  public init(classes: [String]) {
    self.classes = classes
    numbers = Dictionary(zip(classes, classes.indices)) { first, _ in first }
    require(
      numbers.count == classes.count,
      "LabelEncoder: \(classes.count) classes with \(numbers.count) names")
  }

  /// An encoder of all names that occur, which may repeat.
  public init(fitting names: some Sequence<String>) {
    self.init(classes: LabelEncoder.sorted(Set(names)))
  }

  /// An encoder of all values of a column.
  ///
  /// - Throws: `DataError` if there is no such column, or a value is missing.
  public init(fitting table: DataTable, column name: String) throws(DataError) {
    try table.checkComplete(name)
    self.init(fitting: try table.differentTexts(name))
  }

  private static func sorted(_ names: Set<String>) -> [String] {
    let numbers = names.compactMap { name in Double(name).map { (number: $0, name: name) } }
    guard numbers.count == names.count, numbers.allSatisfy({ !$0.number.isNaN }) else {
      return names.sorted(by: precedesInUnicode)
    }
    return numbers.sorted {
      $0.number != $1.number ? $0.number < $1.number : precedesInUnicode($0.name, $1.name)
    }.map(\.name)
  }

  /// C, the number of classes.
  public var count: Int { classes.count }

  /// Returns the number of a class, or `nil` for an unknown name.
  public func number(of name: String) -> Int? { numbers[name] }

  /// Returns the numbers of classes.
  ///
  /// - Throws: `DataError` that names the first unknown one.
  public func encode(_ names: [String]) throws(DataError) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(names.count)
    for (index, name) in names.enumerated() {
      guard let number = numbers[name] else { throw DataError("row \(index): " + unknown(name)) }
      result.append(number)
    }
    return result
  }

  /// Returns the numbers of the classes in a column.
  ///
  /// - Throws: `DataError` if there is no such column, or for a missing or unknown value, with its
  ///   line.
  public func encode(_ table: DataTable, column: String) throws(DataError) -> [Int] {
    let texts = try table.textColumn(column)
    let known = texts.categories.map { numbers[$0] ?? -1 }
    var result: [Int] = []
    result.reserveCapacity(table.rowCount)
    for (row, code) in texts.codes.enumerated() {
      guard code >= 0 else { throw table.error(row: row, column: column, notFinite(.nan)) }
      guard known[Int(code)] >= 0 else {
        throw table.error(row: row, column: column, unknown(texts[row] ?? ""))
      }
      result.append(known[Int(code)])
    }
    return result
  }

  /// The problem that a name is not that of a class.
  func unknown(_ name: String) -> String { "expected one of \(listed(classes)), found \"\(name)\"" }

  /// Returns the names of classes.
  ///
  /// - Precondition: The numbers are in 0 ..< C.
  public func decode(_ numbers: [Int]) -> [String] {
    numbers.map { number in
      require(
        classes.indices.contains(number), "LabelEncoder: class \(number) of \(classes.count)")
      return classes[number]
    }
  }
}

extension LabelEncoder {
  /// Reads the classes that a checkpoint has under this name.
  ///
  /// - Throws: `CheckpointError` if there are none.
  public init(_ checkpoint: Checkpoint, named name: String) throws(CheckpointError) {
    let classes = try checkpoint.texts(named: name)
    guard Set(classes).count == classes.count else {
      throw CheckpointError(
        checkpoint.origin, entry: name, "expected different names of classes")
    }
    self.init(classes: classes)
  }
}

extension Checkpoint {
  /// Adds the classes of an encoder to the metadata, as a JSON array.
  ///
  /// - Throws: `CheckpointError` if the metadata have the name already.
  public mutating func insert(
    _ encoder: LabelEncoder, named name: String
  ) throws(CheckpointError) {
    try insert(encoder.classes, named: name)
  }
}
