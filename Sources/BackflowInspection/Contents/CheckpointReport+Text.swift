internal import BackflowCheckpoints
internal import BackflowKernels

extension CheckpointReport: CustomStringConvertible {
  /// The report for a terminal: a table of the tensors, the findings, the recurrent layers, the
  /// state-space layers, and what the file has besides.
  public var description: String {
    let parts = [
      [summary], tensorTable, section("findings", findingLines),
      section("recurrent layers", recurrentTables), section("state-space layers", stateSpaceLines),
      section("metadata", metadataLines),
      section("not part of the checkpoint", omissionLines),
    ]
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  /// The number of lines of metadata and of omissions that are shown.
  private static let shownEntryCount = 12
  /// The width of running text.
  private static let width = 100

  private var summary: String {
    "\(file ?? "checkpoint"): \(counted(tensors.count, "tensor")), \(counted(elementCount, "element")),"
      + " \(counted(byteCount, "byte"))"
  }

  private func section(_ title: String, _ lines: [String]) -> [String] {
    lines.isEmpty ? [] : [title] + lines
  }

  private var tensorTable: [String] {
    if tensors.isEmpty { return [] }
    let header = [
      "tensor", "shape", "type", "mean", "std", "max |x|", "scale", "σ_max", "σ_min", "rank",
    ]
    let rows = tensors.map { tensor in
      let (statistics, matrix) = (tensor.statistics, tensor.matrix)
      let singular = matrix?.singularValues
      return [
        escaped(tensor.name), "\(tensor.shape)", tensor.type, figure(statistics?.mean),
        figure(statistics?.standardDeviation), figure(statistics?.largestMagnitude),
        figure(matrix?.scale), figure(singular?.largest), figure(singular?.smallest),
        singular.map { "\($0.rank)" } ?? "",
      ]
    }
    let legend =
      tensors.contains { $0.matrix != nil }
      ? """
      scale: the standard deviation relative to 1/√(3·fan-in), that of PyTorch's default \
      initialization of linear and convolutional layers; σ: singular values of the matrix \
      [first axis, all other axes], unless it is large or has NaN or infinite elements
      """ : ""
    return TextTable([header] + rows, leftAligned: 3).lines
      + (legend.isEmpty
        ? [] : legend.wrapped(width: CheckpointReport.width, indent: "  ", hangingIndent: "  "))
  }

  private var findingLines: [String] {
    findings.flatMap { finding in
      "\(escaped(finding.tensor)): \(finding.message)"
        .wrapped(width: CheckpointReport.width, indent: "  ", hangingIndent: "    ")
    }
  }

  private var recurrentTables: [String] {
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
      let header = ["gate", "spectral radius", "σ_max", "mean bias"]
      return [title] + TextTable([header] + rows, leftAligned: 1, indent: 4).lines
    }
  }

  /// What follows from the figures is shown once for consecutive layers.
  private var stateSpaceLines: [String] {
    let layers = stateSpaceLayers
    return layers.indices.flatMap { index in
      let next = index + 1 < layers.count ? layers[index + 1].consequence : nil
      return layers[index].lines(
        indent: "  ", showsConsequence: layers[index].consequence != next)
    }
  }

  private var metadataLines: [String] {
    shortened(metadata.sorted { $0.key < $1.key }) { key, value in
      ["  \(escaped(key, limit: 60)): \(escaped(value, limit: 60))"]
    }
  }

  private var omissionLines: [String] {
    shortened(omissions) {
      "\(escaped($0.name, limit: 60)): \($0.reason)"
        .wrapped(width: CheckpointReport.width, indent: "  ", hangingIndent: "    ")
    }
  }

  /// Returns the lines of the first entries, and the number of the others.
  private func shortened<Entry>(_ entries: [Entry], _ lines: (Entry) -> [String]) -> [String] {
    let rest = entries.count - CheckpointReport.shownEntryCount
    return entries.prefix(CheckpointReport.shownEntryCount).flatMap(lines)
      + (rest > 0 ? ["  … \(rest) more"] : [])
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

private func figure(_ value: Double?) -> String { value?.text(significantDigits: 3) ?? "" }
