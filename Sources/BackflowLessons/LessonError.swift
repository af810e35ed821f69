internal import Backflow

/// An error in a lesson.
package enum LessonError: BackflowError, Equatable {
  /// The gradient to be measured is zero at the output of a network.
  case noSignal(String)

  /// The reason, as a sentence.
  package var description: String {
    switch self {
    case .noSignal(let network): "the gradient at the output of \(network) is zero"
    }
  }
}
