internal import Backflow

/// The recurrent weight of a checkpoint that a user means.
struct ChosenWeight {
  /// W_hh, [hidden, hidden]
  let values: Tensor<Double>
  /// The machine epsilon of the stored type.
  let precision: Double

  /// Finds a recurrent weight. A checkpoint with a single tensor has no other choice; otherwise,
  /// the names reveal the recurrent layers.
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
      tensor = named
    } else if choices.count > 1 {
      throw fail("choose one with --layer; \(ChosenWeight.list(choices))")
    } else if let choice = choices.first {
      guard choice.kind == .rnn else {
        throw fail(
          "\(choice.recurrent.name) belongs to \(choice.kind == .lstm ? "an LSTM" : "a GRU") cell, whose"
            + " stability cannot be analyzed; `backflow check \(path)` reports the spectral radius"
            + " of each gate")
      }
      tensor = choice.recurrent.tensor
    } else if checkpoint.tensors.count == 1, let only = checkpoint.tensors.values.first {
      tensor = only
    } else {
      let square = checkpoint.tensors.filter {
        $0.value.shape.count == 2 && $0.value.shape[0] == $0.value.shape[1]
      }
      guard square.count == 1, let only = square.values.first else {
        throw fail(
          "expected a recurrent layer or one square matrix, found \(square.count) square matrices"
            + " among \(checkpoint.tensors.count) tensors; choose a tensor with --layer")
      }
      tensor = only
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
