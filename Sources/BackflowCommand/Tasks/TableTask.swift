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
      let names = try LabelEncoder(fitting: table, column: settings.target)
      guard names.count < 3 || 2 * names.count <= table.rowCount else {
        throw CommandError(
          .data,
          "\(file.path): column \(escaped(settings.target)) has \(names.count) different classes in"
            + " \(table.rowCount) rows; if it has numbers, they are not written as"
            + " --decimal-mark and --separator say")
      }
      targets = .classes(names)
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
        + (isClass ? "\(outputs) classes" : "the target is a number") + "\n"
        + encoder.sentence,
      inputs: encoder.featureCount, areTokens: false, outputs: outputs,
      preprocessing: preprocessing, unit: ("rows", 1))
  }
}

extension TableEncoder {
  /// Which columns are numbers and which categories.
  fileprivate var sentence: String {
    let numbers = numberColumns.map { escaped($0) }
    let texts = zip(textColumns, categories).map { "\(escaped($0)) (\($1.categories.count))" }
    return "numbers: \(numbers.isEmpty ? "none" : numbers.joined(separator: ", ")); categories:"
      + " \(texts.isEmpty ? "none" : texts.joined(separator: ", "))"
  }
}

extension TableSettings {
  /// Reads the table to train on, without rows that lack a value if they are to be dropped.
  func read(_ path: String) throws -> DataTable {
    let table = try open(path)
    for name in [target] + categories + excluded {
      do {
        _ = try table.type(of: name)
      } catch {
        throw CommandError(.data, "\(error)" + (separatorHint(table) ?? ""))
      }
    }
    let used = table.columnNames.filter { !excluded.contains($0) }
    for name in used where !categories.contains(name) && !(name == target && isClass == true) {
      try table.checkNumbers(in: name, path)
    }
    switch missing {
    case .drop: return try table.resolvingMissing(.dropRow, in: used)
    case .fill:
      do {
        return try table.resolvingMissing(.error, in: [target])
      } catch {
        throw CommandError(
          .data, "\(error); a target is never filled, and --missing drop leaves such rows out")
      }
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

  /// A likely separator, if the table has one column whose name contains it.
  private func separatorHint(_ table: DataTable) -> String? {
    guard table.columnNames.count == 1, let name = table.columnNames.first else { return nil }
    let likely = [(";", "';'"), ("\t", "tab"), ("|", "'|'"), (",", "','")]
    return likely.first { $0.0 != separator && name.contains($0.0) }.map {
      "; the fields may be separated otherwise, see --separator \($0.1)"
    }
  }

  /// Reads a table. Those of its columns for which there is a type have it.
  func open(_ path: String, types: [String: CSVFormat.ColumnType] = [:]) throws -> DataTable {
    var types = types
    for name in categories { types[name] = .text }
    if isClass == true { types[target] = .text }
    var format = CSVFormat(
      separator: separator.first ?? ",", decimalMark: decimalMark.first ?? ".")
    let table = try DataTable(csv: path, format)
    format.types = types.filter { table.columnNames.contains($0.key) }
    let areInferred = try format.types.allSatisfy { try table.type(of: $0.key) == $0.value }
    return areInferred ? table : try DataTable(csv: path, format)
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
  ) throws -> SampleBatches {
    guard case .table(let encoder) = input else {
      throw CommandError(.data, "the run was not trained on a table")
    }
    let x = try encoder.encode(table)
    switch targets {
    case .classes(let names):
      let labels = try names?.encode(table, column: target) ?? []
      return SampleBatches(batches) { indices in
        (x.selectRows(indices), .labels(indices.map { labels[$0] }))
      }
    case .values(let scale):
      let values: Tensor<Float> = try table.tensor(of: [target])
      let y = scale?(values) ?? values
      return SampleBatches(batches) { indices in
        (x.selectRows(indices), .values(y.selectRows(indices)))
      }
    }
  }
}
