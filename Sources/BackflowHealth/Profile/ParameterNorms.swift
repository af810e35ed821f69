internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

/// The norms of the tensors of a model, by the layer they belong to.
struct ParameterNorms {
  private let all: [(name: String, norm: Double)]

  /// Measured in one pass over the tensors.
  init<Model: Parameterized>(_ model: Model) {
    let list = model.parameterList(named: true)
    let tensors = list.values
    let norms = eachTensor(of: tensors) { index in
      let tensor = tensors[index]
      return VectorKernels.norm(tensor.span)
    }
    all = Array(zip(list.names, norms))
  }

  /// The norm of the parameters under a path, or of all for the model itself; `nil` without any.
  func norm(ofLayer path: String) -> Double? {
    norm { path.isEmpty || $0.hasPrefix(path + ".") }
  }

  /// The norm of the parameters of a cell such as "0.l1_reverse" in the layer "0", whose names end
  /// like it: "0.weight_hh_l1_reverse".
  func norm(ofCell path: String, in layer: String) -> Double? {
    let prefix = layer.isEmpty ? "" : layer + "."
    let suffix = "_" + path.dropFirst(prefix.count)
    return norm { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
  }

  private func norm(where isChosen: (_ name: String) -> Bool) -> Double? {
    let chosen = all.filter { isChosen($0.name) }
    return chosen.isEmpty ? nil : chosen.reduce(0) { .hypot($0, $1.norm) }
  }
}
