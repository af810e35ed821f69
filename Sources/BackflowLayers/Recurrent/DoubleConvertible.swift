public import BackflowKernels
/// A recurrent cell that has a copy in double precision, in which `BackflowStability` computes.
public protocol DoubleConvertible: RecurrentCell {
  /// The same cell in double precision.
  associatedtype DoubleCell: RecurrentCell<Double>

  /// A copy of the cell in double precision.
  var inDoublePrecision: DoubleCell { get }
}

extension VanillaCell: DoubleConvertible {
  /// A copy of the cell in double precision.
  public var inDoublePrecision: VanillaCell<Double> { VanillaCell<Double>(self) }
}

extension LeakyCell: DoubleConvertible {
  /// A copy of the cell in double precision.
  public var inDoublePrecision: LeakyCell<Double> { LeakyCell<Double>(self) }
}

extension LSTMCell: DoubleConvertible {
  /// A copy of the cell in double precision.
  public var inDoublePrecision: LSTMCell<Double> { LSTMCell<Double>(self) }
}

extension GRUCell: DoubleConvertible {
  /// A copy of the cell in double precision.
  public var inDoublePrecision: GRUCell<Double> { GRUCell<Double>(self) }
}

extension OriginalGRUCell: DoubleConvertible {
  /// A copy of the cell in double precision.
  public var inDoublePrecision: OriginalGRUCell<Double> { OriginalGRUCell<Double>(self) }
}
