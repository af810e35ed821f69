/// An error in a decomposition.
///
/// Rows, columns, and pivots are counted from 0, also in the description.
public enum LAPACKError: BackflowError, Equatable {
  /// The input has a non-finite entry, which was found before LAPACK was called.
  case nonFiniteEntry(of: String, row: Int, column: Int, value: NonFiniteValue)
  /// The input is finite, but a result exceeds the range of the precision.
  case overflow(routine: String)
  /// An iteration of LAPACK did not converge.
  case noConvergence(routine: String, ConvergenceFailure)
  /// The diagonal element of the factor U at this index is exactly zero.
  case singular(pivot: Int)
  /// The leading principal submatrix of this order is not positive definite.
  case notPositiveDefinite(order: Int)
  /// LAPACK rejected an argument. The position is counted from 1 in the parameters of the LAPACKE
  /// function.
  case illegalArgument(routine: String, position: Int)
  /// LAPACKE could not allocate its workspace.
  case outOfMemory(routine: String)

  /// A kind of non-finite value.
  public enum NonFiniteValue: String, Equatable, Sendable {
    /// Not a number.
    case nan = "NaN"
    /// Plus infinity.
    case positiveInfinity = "+∞"
    /// Minus infinity.
    case negativeInfinity = "−∞"

    init<S: RealScalar>(_ value: S) {
      self = value.isNaN ? .nan : value > 0 ? .positiveInfinity : .negativeInfinity
    }
  }

  /// The part of the result that an iteration did not compute.
  public enum ConvergenceFailure: Equatable, Sendable {
    /// The first `first` of `total` eigenvalues.
    case eigenvalues(first: Int, total: Int)
    /// The number of off-diagonal elements of the intermediate form that did not converge to zero.
    case offDiagonals(Int)
    /// The eigenvalues of rows and columns `first` to `last` (from 0) of the tridiagonal form.
    case submatrix(first: Int, last: Int)
    /// The singular values; the routine does not report which.
    case singularValues
  }
}

extension LAPACKError {
  /// The problem and, if there is one, its remedy, as a sentence.
  public var description: String {
    switch self {
    case .nonFiniteEntry(let name, let row, let column, let value):
      "The \(name) has the entry \(value.rawValue) at row \(row), column \(column) (counted from 0), "
        + "but a decomposition needs finite entries."
    case .overflow(let routine):
      "A result of \(routine) exceeds the range of this precision; "
        + "scale the input down or use Double."
    case .noConvergence(let routine, let failure):
      "The iteration of \(routine) did not converge: \(failure)."
    case .singular(let pivot):
      "The matrix is exactly singular: pivot \(pivot) (counted from 0) of its factor U is zero."
    case .notPositiveDefinite(let order):
      "The matrix is not positive definite: its leading \(order)×\(order) submatrix is not."
    case .illegalArgument(let routine, let position):
      "The routine \(routine) of LAPACK rejected argument \(position), "
        + "which is an error in Backflow, not in the data."
    case .outOfMemory(let routine):
      "The workspace of \(routine) could not be allocated."
    }
  }
}

extension LAPACKError.ConvergenceFailure: CustomStringConvertible {
  /// The missing results, in words.
  public var description: String {
    switch self {
    case .eigenvalues(let first, let total):
      "the first \(first) of \(total) eigenvalues were not found"
    case .offDiagonals(let count):
      "\(count) off-diagonal elements of the intermediate form did not converge to zero"
    case .submatrix(let first, let last):
      "the eigenvalues of rows \(first) to \(last) of the tridiagonal form were not found"
    case .singularValues:
      "the singular values of the bidiagonal form were not found"
    }
  }
}
