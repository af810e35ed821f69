public import BackflowCheckpoints
public import BackflowKernels
public import BackflowStability

/// The reason why a recurrent network of a checkpoint, or its input, cannot be used.
public enum RecurrentNetworkError: BackflowError, Equatable {
  /// The checkpoint has no recurrent layer. It has `count` tensors, of which those listed look like
  /// a W_hh but have other shapes, in sentences.
  case noRecurrentLayer(count: Int, misfits: [String])
  /// No recurrent network or tensor has this name; the recurrent layers have those listed.
  case noSuchLayer(String, layers: [String])
  /// The file has no W_ih beside this W_hh, whose shape would be `expected`.
  case missingInputWeight(beside: String, expected: String)
  /// This tensor does not have the expected shape.
  case mismatch(tensor: String, shape: [Int], expected: String)
  /// The numbers of the layers of this network do not begin with 0, or one is missing or repeated.
  case incomplete(network: String, layers: [String])
  /// This element of a tensor is NaN or infinite.
  case notFinite(tensor: String, element: [Int], value: Double)
  /// The input has the given number of features, while this W_ih has `expected` columns.
  case inputFeatures(input: String, Int, weight: String, expected: Int)
  /// This element of a tensor of lengths is not a number of steps in 0 ... `steps`.
  case lengthOutOfRange(tensor: String, index: Int, value: Double, steps: Int)
  /// A checkpoint of an input has no tensor with this name.
  case noSuchInput(String, in: String, tensors: [String])
  /// An option does not apply to any of the networks.
  case inapplicable(option: String, reason: String)
  /// The tensor cannot be read.
  case unreadable(CheckpointError)
  /// This network cannot be analyzed.
  case unanalyzed(network: String, StabilityError)

  /// The reason, as a sentence with the names of the tensors and what is expected of them.
  public var description: String {
    switch self {
    case .noRecurrentLayer(let count, let misfits):
      "expected a recurrent layer, whose weight has `hh` in its name, or a single square matrix,"
        + " found none among \(count) tensor\(count == 1 ? "" : "s")"
        + misfits.map { "; \($0)" }.joined()
    case .noSuchLayer(let name, let layers):
      "no recurrent layer or matrix has the name \(escaped(name)); "
        + (layers.isEmpty
          ? "the checkpoint has no recurrent layer"
          : "the recurrent layers are \(shortList(layers))")
    case .missingInputWeight(let recurrent, let expected):
      "there is no W_ih beside \(escaped(recurrent)): expected a tensor \(expected)"
    case .mismatch(let tensor, let shape, let expected):
      "\(escaped(tensor, limit: 400)) has the shape \(shape): expected \(expected)"
    case .incomplete(let network, let layers):
      "the layers of \(network.isEmpty ? "the network" : escaped(network)) must be numbered 0, 1, …"
        + " without gaps, with the same directions, found \(shortList(layers))"
    case .notFinite(let tensor, let element, let value):
      "element \(element) of \(escaped(tensor, limit: 400)) is \(value): expected finite numbers"
    case .inputFeatures(let input, let features, let weight, let expected):
      "\(escaped(input, limit: 400)) has \(features) feature\(features == 1 ? "" : "s") in its last"
        + " axis: expected \(expected), the number of columns of \(escaped(weight))"
    case .lengthOutOfRange(let tensor, let index, let value, let steps):
      "element \(index) of \(escaped(tensor, limit: 400)) is \(value): expected a number of steps"
        + " from 0 to \(steps)"
    case .noSuchInput(let name, let file, let tensors):
      (name.isEmpty
        ? "\(escaped(file, limit: 400)): expected the name of a tensor after a colon"
        : "\(escaped(file, limit: 400)) has no tensor \(escaped(name))")
        + (tensors.isEmpty ? ": it has none" : ": the tensors are \(shortList(tensors))")
    case .inapplicable(let option, let reason): "\(option) does not apply: \(reason)"
    case .unreadable(let error): error.description
    case .unanalyzed(let network, let error):
      (network.isEmpty ? "" : escaped(network) + ": ") + error.description
    }
  }
}

/// The first names, in printable form.
private func shortList(_ names: [String]) -> String {
  names.prefix(8).map { escaped($0) }.joined(separator: ", ")
    + (names.count > 8 ? " and \(names.count - 8) more" : "")
}
