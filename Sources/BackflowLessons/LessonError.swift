public import Backflow

/// Why a lesson could not be held.
public enum LessonError: BackflowError, Equatable {
  /// A network passed no gradient at all where some was to be measured.
  case noSignal(String)

  /// The reason in a sentence.
  public var description: String {
    switch self {
    case .noSignal(let network): "no gradient enters \(network) at the top"
    }
  }
}
