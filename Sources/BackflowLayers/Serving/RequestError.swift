public import BackflowKernels
public import BackflowLinearAlgebra

/// The reason why a served model cannot answer a request.
public enum RequestError: BackflowError, Equatable {
  /// The input of a layer has a shape that does not fit.
  case shape(layer: String, found: Shape, expected: String)
  /// An element of the input is infinite or not a number.
  case notFinite(value: Double, index: [Int])
  /// The lengths of the samples do not fit the input.
  case lengths([Int], time: Int, batch: Int)
  /// An initial state does not fit the network.
  case state(index: Int, found: Shape, expected: Shape)
  /// The number of initial states is not that of the cells.
  case stateCount(found: Int, expected: Int)
  /// An index is not one of a table's rows.
  case index(Int, position: Int, count: Int)
  /// An element that should be an index of a table's rows is not a whole number.
  case notAnIndex(value: Double, position: Int, count: Int)

  /// A sentence that names what does not fit.
  public var description: String {
    switch self {
    case .shape(let layer, let found, let expected):
      "\(layer): the input has shape \(found) instead of \(expected)"
    case .notFinite(let value, let index):
      "the element of the input at \(index) is \(value)"
    case .lengths(let lengths, let time, let batch):
      "the lengths \(lengths) are not \(batch) numbers from 0 to \(time)"
    case .state(let index, let found, let expected):
      "the initial state of cell \(index) has shape \(found) instead of \(expected)"
    case .stateCount(let found, let expected):
      "there are \(found) initial states for \(expected) cells"
    case .index(let index, let position, let count):
      "the index \(index) at position \(position) is not in 0..<\(count)"
    case .notAnIndex(let value, let position, let count):
      "the element at position \(position) is \(value) instead of an index in 0..<\(count)"
    }
  }
}

extension Tensor {
  /// Throws an error that names the first element that is not finite, if there is one.
  func requireFiniteRequest() throws(RequestError) {
    if VectorKernels.nonfiniteCount(span) == 0 { return }
    for (position, element) in elements.enumerated() where !element.isFinite {
      var (rest, index) = (position, [Int]())
      for extent in shape.reversed() {
        index.insert(rest % extent, at: 0)
        rest /= extent
      }
      throw .notFinite(value: Double(element), index: index)
    }
  }
}

/// Throws the error of an input whose shape does not fit unless `condition` holds.
func requireRequest(
  _ condition: Bool, _ layer: String, _ found: Shape, _ expected: @autoclosure () -> String
) throws(RequestError) {
  if !condition { throw .shape(layer: layer, found: found, expected: expected()) }
}
