internal import Backflow

extension Tensor {
  /// The last element. Reading it prevents the work from being optimized away.
  var elementAtEnd: Double { Double(flattened[count - 1]) }
}
