internal import BackflowKernels
public import BackflowLinearAlgebra

/// The layers of a model with the shapes of their outputs, and the numbers of their parameters and
/// multiply-adds.
///
///     print(model.summary(for: [8, 1, 8]))
///
///     layer                     output      parameters  multiply-adds
///     Sequential                [1, 10]
///     0 Recurrent<VanillaCell>  [8, 1, 32]       1,344         10,240
///     1 LastStep                [1, 32]              0              0
///     2 Dense                   [1, 10]            330            320
///     total                                      1,674         10,560
public struct ModelSummary: Sendable, Equatable {
  /// One layer.
  public struct Row: Sendable, Equatable {
    /// The place of the layer, such as "3.body.0", which is the beginning of its parameters' names.
    public let path: String
    /// The type without generic parameters, such as "Dense", or with the type of its cells, as in
    /// "Recurrent<LSTMCell>".
    public let typeName: String
    /// The shape of the output.
    public let outputShape: Shape
    /// The number of elements of all parameters.
    public let parameterCount: Int
    /// The number of multiply-adds in the products of a forward pass, or `nil` if the layer does
    /// not say it. A backward pass has twice as many. One multiply-add is two operations.
    public let multiplyAdds: Int?
    /// Whether the rows of the layer's parts follow.
    public let isContainer: Bool
  }

  /// The layers in forward order, each container before its parts. A model that is not a container,
  /// or does not trace its parts, is one row.
  public let rows: [Row]
  /// The number of elements of all parameters of the model.
  public let parameterCount: Int
  /// The number of multiply-adds of the rows that are not containers, without those of layers that
  /// do not say it.
  public var multiplyAdds: Int {
    rows.filter { !$0.isContainer }.reduce(0) { $0 + ($1.multiplyAdds ?? 0) }
  }
}

extension Layer {
  /// Returns the layers of this model, and what they compute for an input of this shape.
  ///
  /// - Precondition: The shape fits the model.
  /// - Complexity: A forward and a backward pass in evaluation mode for an input of zeros.
  public func summary(for input: Shape) -> ModelSummary {
    let (output, cache) = forward(.zeros(input))
    let rows = BackwardTracer.summarize(self, .zeros(output.shape), cache)
    return ModelSummary(rows: rows, parameterCount: parameterCount)
  }
}

extension ModelSummary.Row {
  init<L: Layer>(
    _ layer: L, _ path: String, output: Shape, input: Shape, isContainer: Bool
  ) {
    (self.path, outputShape) = (path, output)
    typeName = (L.self as? any NetworkOfCells.Type)?.nameWithCells ?? plainName(L.self)
    (parameterCount, self.isContainer) = (layer.parameterCount, isContainer)
    multiplyAdds = layer.multiplyAdds(for: input)
  }

  /// The place and the type, such as "3.body.0 Dense".
  public var name: String { path.isEmpty ? typeName : path + " " + typeName }
}

/// A network whose name alone does not say what it is.
private protocol NetworkOfCells {
  static var nameWithCells: String { get }
}

extension Recurrent: NetworkOfCells {
  static var nameWithCells: String { "Recurrent<\(plainName(Cell.self))>" }
}

extension StatefulRecurrent: NetworkOfCells {
  static var nameWithCells: String { "StatefulRecurrent<\(plainName(Cell.self))>" }
}

extension ModelSummary: CustomStringConvertible {
  /// A table with one line for each layer.
  public var description: String {
    var lines = [["layer", "output", "parameters", "multiply-adds"]]
    for row in rows {
      // The numbers of a container are those of its parts.
      lines.append([
        row.name, "\(row.outputShape)", row.isContainer ? "" : grouped(row.parameterCount),
        row.isContainer ? "" : row.multiplyAdds.map(grouped) ?? "unknown",
      ])
    }
    lines.append(["total", "", grouped(parameterCount), grouped(multiplyAdds)])
    let widths = (0..<4).map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      let columns = line.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column < 2 ? text + space : space + text
      }
      let end = line.lastIndex { !$0.isEmpty } ?? 0
      let row = columns[0..<end].map { $0 + "  " }.joined()
      return row + (end < 2 ? line[end] : columns[end])
    }.joined(separator: "\n")
  }

  /// Returns a number with commas between groups of three digits.
  private func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return digits.indices.reduce(into: "") { text, index in
      if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
      text.append(digits[index])
    }
  }
}
