/// The reason that a decomposition gave no result.
///
/// Rows, columns and pivots are counted from 0, as everywhere in Swift; the description says so.
public enum LAPACKError: BackflowError, Equatable {
  /// An entry that no decomposition can use, found before LAPACK was called.
  case nonFiniteEntry(of: String, row: Int, column: Int, value: NonFiniteValue)
  /// The input is finite, but a result exceeds the range of the precision.
  case overflow(routine: String)
  /// An iteration of LAPACK did not converge.
  case noConvergence(routine: String, ConvergenceFailure)
  /// The pivot at this index of the factor U is exactly zero.
  case singular(pivot: Int)
  /// The leading part of this many rows and columns is not positive definite.
  case notPositiveDefinite(order: Int)
  /// LAPACK refused an argument; the position counts LAPACKE's parameters from 1.
  case illegalArgument(routine: String, position: Int)
  /// LAPACKE found no memory for its workspace.
  case outOfMemory(routine: String)

  /// A value that is not a finite number.
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

  /// The results that an iteration had not found when it stopped.
  public enum ConvergenceFailure: Equatable, Sendable {
    /// The first `first` of `total` eigenvalues.
    case eigenvalues(first: Int, total: Int)
    /// This many off-diagonal elements of the intermediate form did not vanish.
    case offDiagonals(Int)
    /// The eigenvalues of rows and columns `first` to `last` (from 0) of the tridiagonal form.
    case submatrix(first: Int, last: Int)
    /// The singular values; the routine does not say which.
    case singularValues
  }
}

extension LAPACKError {
  /// One sentence that says what happened and, where there is one, what to do.
  public var description: String {
    switch self {
    case .nonFiniteEntry(let name, let row, let column, let value):
      "The \(name) holds \(value.rawValue) at row \(row), column \(column) (counted from 0), "
        + "and a decomposition needs finite entries."
    case .overflow(let routine):
      "A result of \(routine) exceeds the range of this precision; "
        + "scale the input down or use Double."
    case .noConvergence(let routine, let failure):
      "The iteration of \(routine) did not converge: \(failure)."
    case .singular(let pivot):
      "The matrix is exactly singular: pivot \(pivot) (counted from 0) of its factor U is zero."
    case .notPositiveDefinite(let order):
      "The matrix is not positive definite: the leading \(order)×\(order) part of it is not."
    case .illegalArgument(let routine, let position):
      "LAPACK's \(routine) refused its argument number \(position), "
        + "which is a mistake in Backflow and not in the data."
    case .outOfMemory(let routine):
      "There was no memory for the workspace of \(routine)."
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
      "\(count) off-diagonal elements of the intermediate form did not vanish"
    case .submatrix(let first, let last):
      "the eigenvalues of rows \(first) to \(last) of the tridiagonal form were not found"
    case .singularValues:
      "the singular values of the bidiagonal form were not found"
    }
  }
}
