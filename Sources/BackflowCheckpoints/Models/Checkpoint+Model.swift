internal import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra
internal import OrderedCollections

extension Checkpoint {
  /// Creates a checkpoint of all parameters, buffers and counters of a model, under PyTorch's
  /// names.
  ///
  /// - Precondition: The model visits the parameters of every layer that it stores.
  /// - Throws: `CheckpointError` with all names that more than one parameter, buffer or counter
  ///   has.
  public init<Model: Parameterized>(_ model: Model, prefix: String = "") throws(CheckpointError) {
    self.init()
    try insert(model, prefix: prefix)
  }

  /// Adds all parameters, buffers and counters of a model, with `prefix` and a dot before their
  /// names if the prefix is not empty.
  ///
  /// - Precondition: The model visits the parameters of every layer that it stores.
  /// - Throws: `CheckpointError` with all names that more than one parameter, buffer or counter
  ///   has, or that the checkpoint has already.
  public mutating func insert<Model: Parameterized>(
    _ model: Model, prefix: String = ""
  ) throws(CheckpointError) {
    model.requireAllVisited(by: "a checkpoint")
    var repeated: OrderedSet<String> = []
    var added = self
    model.forEachTensor { name, tensor in
      let name = dotted(prefix, name)
      if added.tensors.updateValue(tensor, forKey: name) != nil { repeated.append(name) }
    }
    guard repeated.isEmpty else {
      throw CheckpointError(origin, ambiguity(repeated))
    }
    self = added
  }
}

/// Returns the name of a tensor under a prefix, which may be empty.
package func dotted(_ prefix: String, _ name: String) -> String {
  prefix.isEmpty ? name : prefix + "." + name
}

extension Parameterized {
  /// Calls `body` with each parameter, buffer and counter.
  fileprivate func forEachTensor(_ body: (String, StoredTensor) -> Void) {
    var copy = self
    copy.visitParameters { name, tensor in body(name, StoredTensor(tensor)) }
    copy.visitBuffers { name, tensor in body(name, StoredTensor(tensor)) }
    copy.visitCounters { name, counter in
      body(name, StoredTensor([Int64(counter)], shape: []))
    }
  }
}

/// The problem that several tensors of a model have the same names.
func ambiguity(_ names: OrderedSet<String>) -> String {
  "more than one parameter, buffer or counter has the name \(names.joined(separator: ", ")); names"
    + " must be unique"
}
