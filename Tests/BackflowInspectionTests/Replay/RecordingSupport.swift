import Backflow
import TestSupport

/// A network with random parameters and biases, and a recording of it, made by the library's own
/// layers.
struct Recording {
  var model = Checkpoint()
  var recording = Checkpoint()

  /// The recorded output, [T, B, D·H].
  var output: Tensor<Double> {
    get throws { try recording.tensors["output"]?.values() ?? .zeros([0]) }
  }

  /// Runs `network` on a random sequence of 5 steps and 3 samples. The name of the network stands
  /// before the names of its parameters, and of the recording if `isNamed`.
  init<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, named name: String = "rnn", isNamed: Bool = false,
    withStates: Bool = false, time: Int = 5, batch: Int = 3
  ) throws {
    var random = RandomSource(seed: 11)
    var network = network
    network.visitParameters { _, tensor in tensor = random.normal(tensor.shape) * 0.7 }
    let input: Tensor<Double> = random.normal([time, batch, network.inputSize])
    let count = network.cells.count * network.cells[0].count
    let shape: Shape = [count, batch, network.cells[0][0].hiddenSize]
    let states: [Tensor<Double>] = (0..<Cell.State.tensorCount).map { _ in random.normal(shape) }
    let initial = (0..<count).map { cell in
      Cell.State(tensors: states.map { $0.select(cell) })
    }
    let output = network.forward(input, initialState: withStates ? initial : nil).output
    let prefix = isNamed ? name + "." : ""
    model = try Checkpoint(network, prefix: name)
    recording[prefix + "input"] = StoredTensor(input)
    recording[prefix + "output"] = StoredTensor(output)
    if withStates {
      for (name, state) in zip(["h_0", "c_0"], states) {
        recording[prefix + name] = StoredTensor(state)
      }
    }
  }

  /// Reorders the gates of all parameters: gate `order[k]` of the model in place k.
  mutating func reorderGates(_ order: [Int]) throws {
    for (name, tensor) in model.tensors {
      let values: Tensor<Double> = try tensor.values()
      let size = values.shape[0] / order.count
      model[name] = StoredTensor(
        Tensor.concatenate(order.map { values.slice($0 * size..<($0 + 1) * size) }))
    }
  }

  /// Changes the order of the axes of the input and the output.
  mutating func rearrange(_ change: (Tensor<Double>) -> Tensor<Double>) throws {
    for name in ["input", "output"] {
      if let tensor = recording[name] {
        recording[name] = StoredTensor(change(try tensor.values()))
      }
    }
  }

  func report() throws -> ReplayReport { try ReplayReport(of: model, against: recording) }

  /// The conventions under which the output comes out.
  func conventions() throws -> [String] {
    try report().networks.flatMap(\.matches).map { "\($0.convention); \($0.axes)" }
  }

  /// The report after an element of the output has changed by a thousandth of the largest one.
  func perturbed() throws -> ReplayReport {
    var changed = self
    var output = try output
    output[2, 1, 0] += 0.001 * output.maxMagnitude()
    changed.recording["output"] = StoredTensor(output)
    return try changed.report()
  }
}
