internal import BackflowCheckpoints
internal import BackflowKernels

extension CheckpointReport: CustomStringConvertible {
  /// The report for a terminal: a table of the tensors, the findings, the recurrent layers, and
  /// what the file has besides.
  public var description: String {
    var lines = [summary, ""]
    lines += tensorTable
    let findings = findings
    if !findings.isEmpty {
      lines += ["", "findings"]
      lines += findings.map { "  \(escaped($0.tensor)): \($0.message)" }
    }
    if !recurrentLayers.isEmpty { lines += ["", "recurrent layers"] + recurrentTable }
    lines += omitted
    return lines.joined(separator: "\n")
  }

  private var summary: String {
    "\(file ?? "checkpoint"): \(counted(tensors.count, "tensor")), \(counted(elementCount, "element")),"
      + " \(counted(byteCount, "byte"))"
  }

  private var tensorTable: [String] {
    let header = [
      "tensor", "shape", "type", "mean", "std", "min", "max", "scale", "σ_max", "σ_min", "rank",
    ]
    let rows = tensors.map { tensor in
      let (statistics, matrix) = (tensor.statistics, tensor.matrix)
      let singular = matrix?.singularValues
      return [
        escaped(tensor.name), "\(tensor.shape)", tensor.type, figure(statistics?.mean),
        figure(statistics?.standardDeviation), figure(statistics?.minimum),
        figure(statistics?.maximum), figure(matrix?.scale), figure(singular?.largest),
        figure(singular?.smallest), singular.map { "\($0.rank)" } ?? "",
      ]
    }
    return table([header] + rows, leftAligned: 3)
  }

  private var recurrentTable: [String] {
    recurrentLayers.flatMap { layer in
      let inputs = layer.inputSize.map { "\(counted($0, "input")), " } ?? ""
      let title =
        "  \(escaped(layer.name)): \(layer.kind.rawValue.uppercased()), \(inputs)"
        + "\(counted(layer.hiddenSize, "unit")), \(layer.hasBias ? "with" : "without") biases"
      let rows = layer.gates.map { gate in
        [
          gate.name, figure(gate.spectralRadius), figure(gate.largestSingularValue),
          figure(gate.meanBias),
        ]
      }
      return [title]
        + table([["gate", "spectral radius", "σ_max", "mean bias"]] + rows, leftAligned: 1)
        .map { "    " + $0 }
    }
  }

  private var omitted: [String] {
    var lines: [String] = []
    if !metadata.isEmpty {
      lines += ["", "metadata"]
      let entries = metadata.sorted { $0.key < $1.key }
      lines += entries.prefix(20).map { "  \(escaped($0.key)): \(escaped($0.value, limit: 60))" }
      if entries.count > 20 { lines.append("  … \(entries.count - 20) more") }
    }
    if !omissions.isEmpty {
      lines += ["", "not part of the checkpoint"]
      lines += omissions.prefix(20).map { "  \(escaped($0.name)): \($0.reason)" }
      if omissions.count > 20 { lines.append("  … \(omissions.count - 20) more") }
    }
    return lines
  }
}

private func counted(_ count: Int, _ noun: String) -> String {
  var digits = String(count)
  var grouped = ""
  while digits.count > 3 {
    grouped = "," + digits.suffix(3) + grouped
    digits.removeLast(3)
  }
  return digits + grouped + " " + noun + (count == 1 ? "" : "s")
}

private func figure(_ value: Double?) -> String { value?.text(significantDigits: 4) ?? "" }

/// Returns the rows with aligned columns, of which the first `leftAligned` are aligned at the left.
private func table(_ rows: [[String]], leftAligned: Int) -> [String] {
  let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    let cells = row.enumerated().map { column, text in
      let blanks = String(repeating: " ", count: widths[column] - text.count)
      return column < leftAligned ? text + blanks : blanks + text
    }
    var line = "  " + cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
