internal import Backflow

/// The recurrent weight of a checkpoint that a user means.
struct ChosenWeight {
  /// W_hh, [hidden, hidden]
  let values: Tensor<Double>
  /// The name of the tensor.
  let name: String
  /// The machine epsilon of the stored type.
  let precision: Double

  /// Finds a recurrent weight. The names reveal the recurrent layers; a checkpoint with a single
  /// tensor has no other choice.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - name: The name of a recurrent network, of its W_hh, or of a square matrix, or `nil` if
  ///     there is only one.
  /// - Throws: An error that lists the choices, or that names the kind of a cell with gates.
  init(in checkpoint: Checkpoint, named name: String?, path: String) throws {
    let layers = RecurrentWeights.all(in: checkpoint)
    let choices = layers.filter {
      name == nil || name == $0.recurrent.name || name == $0.network
    }
    func fail(_ problem: String) -> any Error { Problem(description: "\(path): \(problem)") }
    let tensor: StoredTensor
    if let name, choices.isEmpty {
      guard let named = checkpoint[name] else {
        throw fail("no recurrent layer has the name \(name); \(ChosenWeight.list(layers))")
      }
      (self.name, tensor) = (name, named)
    } else if choices.count > 1 {
      throw fail("choose one with --layer; \(ChosenWeight.list(choices))")
    } else if let choice = choices.first {
      guard choice.kind == .rnn else {
        throw fail(
          "\(choice.recurrent.name) belongs to \(choice.kind == .lstm ? "an LSTM" : "a GRU") cell, whose"
            + " stability cannot be analyzed; `backflow check \(path)` reports the spectral radius"
            + " of each gate")
      }
      (self.name, tensor) = (choice.recurrent.name, choice.recurrent.tensor)
    } else if checkpoint.tensors.count == 1, let only = checkpoint.tensors.elements.first {
      (self.name, tensor) = (only.key, only.value)
    } else {
      throw fail(
        "expected a recurrent layer, whose weight has `hh` in its name, found none among"
          + " \(checkpoint.tensors.count) tensors; choose a square matrix with --layer")
    }
    values = try tensor.values()
    precision = tensor.type.precision
  }

  /// The names of the recurrent layers, for a message.
  private static func list(_ layers: [RecurrentWeights]) -> String {
    if layers.isEmpty { return "the checkpoint has no recurrent layer" }
    let names = layers.prefix(8).map { "\($0.recurrent.name) (\($0.kind.rawValue.uppercased()))" }
    return "the recurrent layers are " + names.joined(separator: ", ")
      + (layers.count > 8 ? " and \(layers.count - 8) more" : "")
  }

  private struct Problem: Error, CustomStringConvertible {
    let description: String
  }
}
