// The gates of one time step, between its products. What each computes stands in CVectorKernels.h.
extension RowsView {
  /// One step of an LSTM. `self` holds W x + U h, [rows, 4H], and becomes the activations i f g o.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func lstmForward(
    bias: Span<S>, previousCell: RowsView, cell: RowsView, tanhCell: RowsView, hidden: RowsView
  ) {
    let units = hidden.columns
    requireGates(4, of: hidden)
    previousCell.requireSameShape(hidden)
    cell.requireSameShape(hidden)
    tanhCell.requireSameShape(hidden)
    require(bias.count == 4 * units, "a bias of \(bias.count) elements for \(units) units")
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe S._routines.vector.lstmForward(
        rows, units, bias.baseAddress, previousCell.start, output, cell.output, tanhCell.output,
        hidden.output)
    }
  }

  /// Back through one step of an LSTM. `self` becomes the gradient by the pre-activations, [rows, 4H];
  /// `cellGradient` comes in as that by c_t and leaves as that by c_{t−1}.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func lstmBackward(
    gates: RowsView, previousCell: RowsView, tanhCell: RowsView, outputGradient: RowsView,
    nextGradient: RowsView, cellGradient: RowsView
  ) {
    requireGates(4, of: outputGradient)
    requireSameShape(gates)
    previousCell.requireSameShape(outputGradient)
    tanhCell.requireSameShape(outputGradient)
    nextGradient.requireSameShape(outputGradient)
    cellGradient.requireSameShape(outputGradient)
    unsafe S._routines.vector.lstmBackward(
      rows, outputGradient.columns, gates.start, previousCell.start, tanhCell.start,
      outputGradient.start, nextGradient.start, cellGradient.output, output)
  }

  /// One step of a GRU. `self` holds W x, [rows, 3H], and becomes r z n; `products` holds U h and its
  /// last third becomes q. `bias` is b_ir + b_hr, b_iz + b_hz, b_in, b_hn.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func gruForward(
    products: RowsView, bias: Span<S>, previous: RowsView, hidden: RowsView
  ) {
    let units = hidden.columns
    requireGates(3, of: hidden)
    requireSameShape(products)
    previous.requireSameShape(hidden)
    require(bias.count == 4 * units, "a bias of \(bias.count) elements for \(units) units")
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe S._routines.vector.gruForward(
        rows, units, bias.baseAddress, previous.start, output, products.output, hidden.output)
    }
  }

  /// Back through one step of a GRU. `self` becomes the gradient by W x, `productsGradient` that by
  /// U h, [rows, 3H] both; `nextGradient` comes in as the gradient by h_t from step t+1 and leaves
  /// as the part of that by h_{t−1} which goes past the gates.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func gruBackward(
    productsGradient: RowsView, gates: RowsView, products: RowsView, previous: RowsView,
    outputGradient: RowsView, nextGradient: RowsView
  ) {
    requireGates(3, of: outputGradient)
    requireSameShape(gates)
    requireSameShape(products)
    requireSameShape(productsGradient)
    previous.requireSameShape(outputGradient)
    nextGradient.requireSameShape(outputGradient)
    unsafe S._routines.vector.gruBackward(
      rows, outputGradient.columns, gates.start, products.start, previous.start,
      outputGradient.start, nextGradient.output, output, productsGradient.output)
  }

  private func requireGates(_ gates: Int, of hidden: RowsView) {
    let (rows, columns, units) = (rows, columns, (hidden.rows, hidden.columns))
    require(
      rows == units.0 && columns == gates * units.1,
      "[\(rows), \(columns)] are no \(gates) gates of [\(units.0), \(units.1)]")
  }
}
