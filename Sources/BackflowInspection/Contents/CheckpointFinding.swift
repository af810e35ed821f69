internal import BackflowKernels

/// A property of a tensor that its reader should know, with the figures behind it.
///
/// A finding is not an error: the bias of a new layer is zero, and the weight of a new
/// normalization is constant.
public struct CheckpointFinding: Sendable, Codable, Equatable {
  /// The name of the tensor.
  public let tensor: String
  /// The kind of the finding.
  public let kind: Kind
  /// A sentence with the figures.
  public let message: String

  /// The kinds of findings.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Elements are NaN or infinite.
    case nonFinite = "non_finite"
    /// All elements are zero.
    case allZero = "all_zero"
    /// All elements are equal and not zero.
    case constant
    /// Rows are zero: their units receive nothing.
    case zeroRows = "zero_rows"
    /// Columns are zero: these inputs are ignored.
    case zeroColumns = "zero_columns"
    /// Rows are equal: their units compute the same.
    case equalRows = "equal_rows"
    /// The rank is below the largest possible one.
    case rankDeficient = "rank_deficient"
    /// Decay rates of a diagonal recurrence are positive, so that states grow.
    case wrongSign = "wrong_sign"
    /// The shapes of tensors that belong together do not fit.
    case mismatchedShapes = "mismatched_shapes"
    /// A tensor that belongs to this one is missing.
    case missingTensor = "missing_tensor"
  }
}

extension CheckpointReport {
  /// The findings about the tensors, in their order, and about the state-space layers.
  public var findings: [CheckpointFinding] { tensors.flatMap(\.findings) + stateSpaceFindings }
}

extension TensorReport {
  /// The findings about this tensor.
  public var findings: [CheckpointFinding] {
    var findings: [CheckpointFinding] = []
    func add(_ kind: CheckpointFinding.Kind, _ message: String) {
      findings.append(CheckpointFinding(tensor: name, kind: kind, message: message))
    }
    if let nonFinite {
      add(
        .nonFinite,
        "\(nonFinite.nanCount) of \(count) elements are NaN and \(nonFinite.infiniteCount) are"
          + " infinite; the first is at \(nonFinite.first)")
    }
    if let statistics, statistics.isConstant, nonFinite == nil, count > 1 {
      if statistics.maximum == 0 {
        add(.allZero, "all \(count) elements are zero")
        return findings
      }
      add(.constant, "all \(count) elements are \(figure(statistics.maximum))")
      return findings
    }
    guard let matrix else { return findings }
    if !matrix.zeroRows.isEmpty {
      add(
        .zeroRows,
        "\(matrix.zeroRows.count) of \(matrix.rows) rows are zero: \(list(matrix.zeroRows))")
    }
    if !matrix.zeroColumns.isEmpty {
      add(
        .zeroColumns,
        "\(matrix.zeroColumns.count) of \(matrix.columns) columns are zero:"
          + " \(list(matrix.zeroColumns))")
    }
    for rows in matrix.equalRows.prefix(3) {
      add(.equalRows, "\(rows.count) of \(matrix.rows) rows are equal: \(list(rows))")
    }
    if matrix.equalRows.count > 3 {
      add(.equalRows, "there are \(matrix.equalRows.count - 3) more groups of equal rows")
    }
    let largestRank = min(matrix.rows, matrix.columns)
    if let singular = matrix.singularValues, singular.rank < largestRank {
      add(
        .rankDeficient,
        "the rank is \(singular.rank) instead of \(largestRank): the singular values are between"
          + " \(figure(singular.smallest)) and \(figure(singular.largest))")
    }
    return findings
  }

  private func figure(_ value: Double) -> String { value.text(significantDigits: 6) }

  private func list(_ numbers: [Int]) -> String {
    numbers.prefix(8).map(String.init).joined(separator: ", ")
      + (numbers.count > 8 ? " and \(numbers.count - 8) more" : "")
  }
}
