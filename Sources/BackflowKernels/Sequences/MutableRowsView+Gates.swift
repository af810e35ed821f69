// The elementwise operations of one LSTM or GRU step, in one kernel each. The equations of the
// kernels are in CVectorKernels.
extension MutableRowsView {
  /// Computes one step of an LSTM. `self`, [rows, 4H], holds W x + U h and becomes the activations
  /// i f g o.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func lstmForward(
    bias: Span<S>, previousCell: RowsView<S>, cell: MutableRowsView, tanhCell: MutableRowsView,
    hidden: MutableRowsView
  ) {
    requireGates(4, of: hidden.reading)
    hidden.requireWhole(previousCell)
    hidden.requireWhole(cell.reading)
    hidden.requireWhole(tanhCell.reading)
    requireBias(bias.count, units: hidden.columns)
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe S._routines.vector.lstmForward(
        rows, hidden.columns, bias.baseAddress, previousCell.start, start, cell.start,
        tanhCell.start, hidden.start)
    }
  }

  /// Computes the backward pass of one LSTM step. `self`, [rows, 4H], becomes the gradient with
  /// respect to the pre-activations. `cellGradient` holds the gradient with respect to c_t from
  /// step t + 1 and becomes the gradient with respect to c_{t−1}.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func lstmBackward(
    gates: RowsView<S>, previousCell: RowsView<S>, tanhCell: RowsView<S>,
    outputGradient: RowsView<S>, nextGradient: RowsView<S>, cellGradient: MutableRowsView
  ) {
    requireGates(4, of: outputGradient)
    requireWhole(gates)
    cellGradient.requireWhole(outputGradient)
    cellGradient.requireWhole(previousCell)
    cellGradient.requireWhole(tanhCell)
    cellGradient.requireWhole(nextGradient)
    unsafe S._routines.vector.lstmBackward(
      rows, outputGradient.columns, gates.start, previousCell.start, tanhCell.start,
      outputGradient.start, nextGradient.start, cellGradient.start, start)
  }

  /// Computes one step of a GRU. `self`, [rows, 3H], holds W x and becomes r z n. `products` holds
  /// U h, and its last third becomes q. `bias` is b_ir + b_hr, b_iz + b_hz, b_in, b_hn.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func gruForward(
    products: MutableRowsView, bias: Span<S>, previous: RowsView<S>, hidden: MutableRowsView
  ) {
    requireGates(3, of: hidden.reading)
    requireWhole(products.reading)
    hidden.requireWhole(previous)
    requireBias(bias.count, units: hidden.columns)
    unsafe bias.withUnsafeBufferPointer { bias in
      unsafe S._routines.vector.gruForward(
        rows, hidden.columns, bias.baseAddress, previous.start, start, products.start, hidden.start)
    }
  }

  /// Computes the backward pass of one GRU step. `self` becomes the gradient with respect to W x,
  /// and `productsGradient` the gradient with respect to U h, both [rows, 3H]. `nextGradient` holds
  /// the gradient with respect to h_t from step t + 1 and becomes the gradient with respect to
  /// h_{t−1}, without the part that passes through U.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func gruBackward(
    productsGradient: MutableRowsView, gates: RowsView<S>, products: RowsView<S>,
    previous: RowsView<S>, outputGradient: RowsView<S>, nextGradient: MutableRowsView
  ) {
    requireGates(3, of: outputGradient)
    requireWhole(gates)
    requireWhole(products)
    requireWhole(productsGradient.reading)
    nextGradient.requireWhole(outputGradient)
    nextGradient.requireWhole(previous)
    unsafe S._routines.vector.gruBackward(
      rows, outputGradient.columns, gates.start, products.start, previous.start,
      outputGradient.start, nextGradient.start, start, productsGradient.start)
  }

  /// Both kernels with a bias have four biases for each unit.
  @inline(__always)
  private func requireBias(_ count: Int, units: Int) {
    require(count == 4 * units, "a bias of \(count) elements for \(units) units")
  }

  @inline(__always)
  private func requireGates(_ gates: Int, of hidden: RowsView<S>) {
    require(
      rows == hidden.rows && columns == gates * hidden.columns && isContiguous,
      "gates \(shape), expected contiguous [\(hidden.rows), \(gates * hidden.columns)]")
  }

  /// Requires that `other` has this shape and that both views include all columns.
  @inline(__always)
  private func requireWhole(_ other: RowsView<S>) {
    requireShape(of: other)
    require(isContiguous && other.isContiguous, "a view of shape \(shape) must be contiguous")
  }
}
