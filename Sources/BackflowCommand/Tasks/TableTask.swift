internal import Backflow
internal import BackflowConsole

extension TaskSettings {
  /// The rows of a CSV file.
  func csv(batch: Int, seed: UInt64) throws -> TaskData {
    let file = try dataFile()
    guard let settings = table else {
      throw CommandError(.data, "the configuration does not say how the table is read")
    }
    let table = try settings.read(file.path)
    let isClass = try settings.isClass ?? (table.type(of: settings.target) == .text)
    let parts = try table.split(
      validation: validation, seed: seed, stratifiedBy: isClass ? settings.target : nil)
    guard parts.training.rowCount > 0 else {
      throw CommandError(
        .data, "\(file.path): no row is left to train on, of \(table.rowCount) rows")
    }
    let fill: MissingPolicy.Fill? = settings.missing == .fill ? .mean : nil
    let encoder = try TableEncoder<Float>(
      fitting: parts.training, excluding: [settings.target] + settings.excluded, unknown: .zeros,
      missingNumbers: fill, missingTexts: fill == nil ? nil : .mostFrequent)
    guard encoder.featureCount > 0 else {
      throw CommandError(
        .data, "\(file.path): no column is left as an input beside \(settings.target)")
    }
    let targets: Preprocessing.Targets
    if isClass {
      targets = .classes(try LabelEncoder(fitting: table, column: settings.target))
    } else {
      let values: Tensor<Float> = try parts.training.tensor(of: [settings.target])
      targets = .values(try Standardizer(fitting: values))
    }
    let preprocessing = Preprocessing(input: .table(encoder), targets: targets)
    let outputs = if case .classes(let names?) = targets { names.count } else { 1 }
    return TaskData(
      training: try preprocessing.batches(
        of: parts.training, settings.target,
        Batches(count: parts.training.rowCount, size: batch, seed: seed)),
      validation: try preprocessing.batches(
        of: parts.validation, settings.target,
        Batches(count: parts.validation.rowCount, size: batch, shuffles: false)),
      summary: "\(parts.training.rowCount) rows to train on, \(parts.validation.rowCount) held out;"
        + " \(encoder.featureCount) features, "
        + (isClass ? "\(outputs) classes" : "the target is a number"),
      inputs: encoder.featureCount, areTokens: false, outputs: outputs,
      preprocessing: preprocessing, unit: ("rows", 1))
  }
}

extension TableSettings {
  /// Reads the table to train on, without rows that lack a value if they are to be dropped.
  func read(_ path: String) throws -> DataTable {
    let table = try open(path)
    _ = try table.type(of: target)
    let used = table.columnNames.filter { !excluded.contains($0) }
    for name in used where !categories.contains(name) && !(name == target && isClass == true) {
      try table.checkNumbers(in: name, path)
    }
    switch missing {
    case .drop: return try table.resolvingMissing(.dropRow, in: used)
    case .fill: return try table.resolvingMissing(.error, in: [target])
    case .error:
      do {
        return try table.resolvingMissing(.error, in: used)
      } catch {
        throw CommandError(
          .data,
          "\(error); --missing drop leaves such rows out, and --missing fill replaces the values")
      }
    }
  }

  /// Reads a table with columns of these types.
  func open(_ path: String, types: [String: CSVFormat.ColumnType] = [:]) throws -> DataTable {
    var format = CSVFormat(
      separator: separator.first ?? ",", types: types, decimalMark: decimalMark.first ?? ".")
    for name in categories { format.types[name] = .text }
    if isClass == true { format.types[target] = .text }
    return try DataTable(csv: path, format)
  }
}

extension DataTable {
  /// Throws an error for the first text of a column that has numbers mostly, which would otherwise
  /// become one category for each number.
  fileprivate func checkNumbers(in name: String, _ path: String) throws {
    guard try type(of: name) == .text else { return }
    let texts = try texts(name).compactMap(\.self)
    let numbers = texts.count { Double($0) != nil }
    if numbers > 0, 2 * numbers >= texts.count {
      do {
        _ = try self.numbers(name)
      } catch {
        throw CommandError(
          .data,
          "\(error); if the column has categories, use --categories \(escaped(name)), and if it is a"
            + " class to predict, --classify")
      }
    }
    let different = Set(texts).count
    if different > 20, 2 * different > texts.count {
      complain(
        "\(path): column \(escaped(name)) has \(different) different texts in \(texts.count) rows, each"
          + " of which becomes an input; --exclude leaves it out")
    }
  }
}

extension Preprocessing {
  /// The rows of a table as batches.
  func batches(
    of table: DataTable, _ target: String, _ batches: Batches
  ) throws -> Batched {
    guard case .table(let encoder) = input else {
      throw CommandError(.data, "the run was not trained on a table")
    }
    let x = try encoder.encode(table)
    switch targets {
    case .classes(let names):
      let labels = try names?.encode(table, column: target) ?? []
      return Batched(batches) { indices in
        (x.selectRows(indices), .labels(indices.map { labels[$0] }))
      }
    case .values(let scale):
      let values: Tensor<Float> = try table.tensor(of: [target])
      let y = scale?(values) ?? values
      return Batched(batches) { indices in
        (x.selectRows(indices), .values(y.selectRows(indices)))
      }
    }
  }
}
