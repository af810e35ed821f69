import Backflow

/// The names and bits of everything in a checkpoint.
func bits(_ checkpoint: Checkpoint) throws -> ModelBits {
  ModelBits(
    try checkpoint.tensors.map { name, tensor in
      "\(name) \(tensor.shape) "
        + "\(try tensor.values(as: Double.self).elements.map(\.bitPattern))"
    })
}

func bits(_ model: some Parameterized) throws -> ModelBits { try bits(Checkpoint(model)) }

/// Texts that are compared as a whole.
struct ModelBits: Equatable {
  let lines: [String]
  init(_ lines: [String]) { self.lines = lines }
}
