internal import BackflowCheckpoints
internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A recorded input and output of a network, with one interpretation of their axes.
struct RecordedSequence {
  let axes: String
  /// x, [T, B, I]
  let input: Tensor<Double>
  /// y, [T, B, D·H]
  let output: Tensor<Double>
  /// h_0 and c_0 for each cell, [B, H], or `nil` for zeros.
  let states: [[Tensor<Double>]]?
  let precision: Double

  /// The reason why a network cannot be compared with a recording.
  struct Misfit: Error {
    let reason: String
    /// Whether the recording has an input or an output for the network.
    var isRecorded = true
  }

  /// The largest difference from the recorded output, divided by its largest absolute value.
  func error(of computed: Tensor<Double>) -> Double {
    let difference = (computed - output).maxMagnitude()
    let scale = output.maxMagnitude()
    // A NaN is not an equality.
    return difference.isNaN || scale.isNaN ? .infinity : scale > 0 ? difference / scale : difference
  }

  /// Returns the recording of a network in every possible interpretation of its axes, or the reason
  /// why there is none.
  static func all(
    for network: RecurrentNetworkWeights, in recording: Checkpoint, isOnly: Bool
  ) throws(CheckpointError) -> Result<[RecordedSequence], Misfit> {
    func find(_ names: String...) -> StoredTensor? {
      for name in names {
        let fullName = network.name.isEmpty ? name : network.name + "." + name
        if let tensor = recording[fullName] ?? (isOnly ? recording[name] : nil) { return tensor }
      }
      return nil
    }
    func misfit(
      _ reason: String, isRecorded: Bool = true
    ) -> Result<[RecordedSequence], Misfit> {
      .failure(Misfit(reason: reason, isRecorded: isRecorded))
    }
    let prefix = isOnly || network.name.isEmpty ? "" : network.name + "."
    let (recordedInput, recordedOutput) = (find("input"), find("output"))
    guard let x = recordedInput, let y = recordedOutput else {
      let isEmpty = recordedInput == nil && recordedOutput == nil
      let missing =
        isEmpty
        ? "tensors \(prefix)input and \(prefix)output"
        : recordedInput == nil
          ? "tensor \(prefix)input" : "tensor \(prefix)output"
      return misfit("the recording has no \(missing)", isRecorded: !isEmpty)
    }
    guard network.isComplete else {
      return misfit("the checkpoint lacks layers of it, or has some twice")
    }
    let features = network.directionCount * network.hiddenSize
    guard let inputSize = network.inputSize, x.shape.count == y.shape.count,
      (2...3).contains(x.shape.count), x.shape.dropLast() == y.shape.dropLast(),
      x.shape.last == inputSize, y.shape.last == features, x.count > 0
    else {
      return misfit(
        "expected an input [T, B, \(network.inputSize ?? 0)] and an output [T, B, \(features)],"
          + " found \(x.shape) and \(y.shape)")
    }
    let (input, output) = (try x.values(as: Double.self), try y.values(as: Double.self))
    let h = try find("h_0", "hidden")?.values(as: Double.self)
    let c = try find("c_0", "cell")?.values(as: Double.self)
    var sequences: [RecordedSequence] = []
    for (axes, arrange) in arrangements(of: x.shape) {
      let (input, output) = (arrange(input), arrange(output))
      guard
        let states = states(
          h, c, count: network.cellCount, batch: input.shape[1], hidden: network.hiddenSize,
          needsCell: network.kind == .lstm)
      else { continue }
      sequences.append(
        RecordedSequence(
          axes: axes, input: input, output: output, states: states.isEmpty ? nil : states,
          precision: max(x.type.precision, y.type.precision)))
    }
    return sequences.isEmpty
      ? misfit(
        "expected initial states [\(network.cellCount), B, \(network.hiddenSize)], found"
          + " \([h, c].compactMap { $0.map { Array($0.shape) } })")
      : .success(sequences)
  }

  /// Returns the ways to bring a recording of this shape to [T, B, features].
  private static func arrangements(
    of shape: [Int]
  ) -> [(axes: String, (Tensor<Double>) -> Tensor<Double>)] {
    if shape.count == 3 {
      return [
        ("time, batch, features", { $0 }),
        ("batch, time, features", { $0.permuted([1, 0, 2]) }),
      ]
    }
    return [
      ("time, features", { $0.reshaped(to: [$0.shape[0], 1, $0.shape[1]]) }),
      ("batch, features (one step)", { $0.reshaped(to: [1, $0.shape[0], $0.shape[1]]) }),
    ]
  }

  /// Returns the initial states of each cell, nothing for zeros, or `nil` if they do not fit.
  private static func states(
    _ h: Tensor<Double>?, _ c: Tensor<Double>?, count: Int, batch: Int, hidden: Int,
    needsCell: Bool
  ) -> [[Tensor<Double>]]? {
    if h == nil, c == nil { return [] }
    let zeros = Tensor<Double>.zeros([count, batch, hidden])
    let wanted = [h ?? zeros] + (needsCell ? [c ?? zeros] : [])
    guard wanted.allSatisfy({ $0.count == zeros.count }) else { return nil }
    let split = wanted.map { $0.reshaped(to: [count, batch, hidden]) }
    return (0..<count).map { cell in split.map { $0.select(cell) } }
  }
}
