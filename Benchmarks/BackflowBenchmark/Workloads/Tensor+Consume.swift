internal import Backflow

extension Tensor {
  /// The last element: reading it keeps the work that made it from being optimized away.
  var elementAtEnd: Double { Double(flattened[count - 1]) }
}
