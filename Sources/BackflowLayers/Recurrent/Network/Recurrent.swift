internal import BackflowKernels
public import BackflowLinearAlgebra

/// A network of recurrent cells in layers, in one or both directions, with dropout between layers
/// (PyTorch `RNN`, `LSTM`, `GRU`).
///
/// Layer l + 1 reads the outputs of layer l. In a bidirectional layer, a second cell reads the
/// sequence backward, and the outputs of the two cells are concatenated (Schuster and Paliwal, IEEE
/// Trans. Signal Processing 45, 1997). Dropout between layers is that of Zaremba et al.,
/// arXiv:1409.2329.
///
/// Shapes (T time, B batch, I input, H hidden, D directions, 1 or 2): input [T, B, I], output [T,
/// B, D·H]. There is one state for each cell, layer by layer, forward cells before backward cells.
/// These are the rows of PyTorch's h_0, [layers·D, B, H].
public struct Recurrent<Cell: RecurrentCell>: Parameterized {
  /// The cells by layer and, within a layer, by direction: forward, then backward.
  public var cells: [[Cell]]
  /// The probability with which training drops an output of a layer before the next layer reads it.
  public let dropout: Double

  /// A network of these cells.
  ///
  /// - Precondition: All layers have the same number of cells, 1 or 2. The sizes fit the layer
  ///   before, and the dropout is in 0...1.
  public init(cells: [[Cell]], dropout: Double = 0) {
    require(!cells.isEmpty, "a recurrent network has at least one layer")
    SettingRange.share.check(dropout, "the dropout", of: "a recurrent network")
    let directions = cells[0].count
    require((1...2).contains(directions), "a layer has one or two cells, not \(directions)")
    let hidden = cells[0][0].hiddenSize
    for (layer, row) in cells.enumerated() {
      let inputs = layer == 0 ? cells[0][0].inputSize : directions * hidden
      require(
        row.count == directions
          && row.allSatisfy { $0.inputSize == inputs && $0.hiddenSize == hidden },
        "layer \(layer) does not fit: it must have \(directions) cells of \(inputs) inputs and"
          + " \(hidden) units, not cells of \(row.map(\.inputSize)) inputs and"
          + " \(row.map(\.hiddenSize)) units")
    }
    self.cells = cells
    self.dropout = dropout
  }

  /// A randomly initialized network, without biases if `bias` is false. The type of the cell
  /// documents the initialization.
  ///
  /// - Precondition: There is at least one layer, the sizes are not negative, and the dropout is in
  ///   0...1.
  public init(
    inputSize: Int, hiddenSize: Int, layers: Int = 1, bidirectional: Bool = false,
    dropout: Double = 0, bias: Bool = true, inputWeights: Initializer = .glorotUniform(),
    recurrentWeights: Initializer = .orthogonal(), using random: inout RandomSource
  ) {
    self.init(
      inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, bidirectional: bidirectional,
      dropout: dropout
    ) {
      Cell(
        inputSize: $0, hiddenSize: hiddenSize, bias: bias, inputWeights: inputWeights,
        recurrentWeights: recurrentWeights, using: &random)
    }
  }

  /// A network of the cells that `makeCell` returns for the number of their inputs.
  ///
  /// - Precondition: There is at least one layer, and the dropout is in 0...1.
  public init(
    inputSize: Int, hiddenSize: Int, layers: Int = 1, bidirectional: Bool = false,
    dropout: Double = 0, _ makeCell: (_ inputSize: Int) -> Cell
  ) {
    require(layers >= 1, "a recurrent network has at least one layer, not \(layers)")
    let directions = bidirectional ? 2 : 1
    var cells: [[Cell]] = []
    for layer in 0..<layers {
      let size = layer == 0 ? inputSize : directions * hiddenSize
      cells.append((0..<directions).map { _ in makeCell(size) })
    }
    self.init(cells: cells, dropout: dropout)
  }

  /// Returns a network of the cells that `convert` returns for the cells of this one, with the same
  /// dropout. It converts a network of a program's own cells to the other precision.
  ///
  /// - Precondition: The sizes fit as in `init(cells:dropout:)`.
  public func mapCells<Other>(_ convert: (Cell) -> Other) -> Recurrent<Other> {
    Recurrent<Other>(cells: cells.map { $0.map(convert) }, dropout: dropout)
  }

  /// I, the number of features of the input.
  public var inputSize: Int { cells[0][0].inputSize }
  /// H, the number of units of each cell.
  public var hiddenSize: Int { cells[0][0].hiddenSize }
  /// D, 1 or 2.
  public var directionCount: Int { cells[0].count }

  /// Returns a state of zeros for every cell, [B, H] each.
  public func zeroState(batch: Int) -> [Cell.State] {
    cells.joined().map { .zero(batch: batch, hiddenSize: $0.hiddenSize) }
  }

  /// Visits the parameters with the names of PyTorch, such as `weight_ih_l0` and
  /// `weight_hh_l0_reverse`, and in its order.
  public mutating func visitParameters(_ visit: ParameterVisitor<Cell.Scalar>) {
    visitCells { cell, suffix in
      cell.visitParameters { name, parameter in visit(name + suffix, &parameter) }
    }
  }

  /// Visits the buffers of the cells, named like the parameters.
  public mutating func visitBuffers(_ visit: ParameterVisitor<Cell.Scalar>) {
    visitCells { cell, suffix in
      cell.visitBuffers { name, buffer in visit(name + suffix, &buffer) }
    }
  }

  /// Visits the counters of the cells, named like the parameters.
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    visitCells { cell, suffix in
      cell.visitCounters { name, counter in visit(name + suffix, &counter) }
    }
  }

  private mutating func visitCells(_ visit: (inout Cell, _ suffix: String) -> Void) {
    for layer in cells.indices {
      for direction in cells[layer].indices {
        visit(&cells[layer][direction], "_l\(layer)" + (direction == 1 ? "_reverse" : ""))
      }
    }
  }
}
