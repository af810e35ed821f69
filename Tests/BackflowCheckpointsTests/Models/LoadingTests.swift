import Backflow
import Foundation
import TestSupport
import Testing

/// Two layers, one of which has buffers.
private struct Model<Scalar: RealScalar>: Parameterized {
  var dense: Dense<Scalar>
  var norm: BatchNorm<Scalar>

  init(seed: UInt64) {
    var random = RandomSource(seed: seed)
    dense = Dense(inputSize: 3, outputSize: 4, using: &random)
    norm = BatchNorm(channels: 4)
    let (_, cache) = norm.forward(random.normal([8, 4]), .training(seed: 1))
    norm.updateBuffers(from: cache)
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    dense.visitParameters(under: "dense", visit)
    norm.visitParameters(under: "norm", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {
    dense.visitBuffers(under: "dense", visit)
    norm.visitBuffers(under: "norm", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    dense.visitCounters(under: "dense", visit)
    norm.visitCounters(under: "norm", visit)
  }

  var tensors: [Tensor<Scalar>] {
    [dense.weight, dense.bias, norm.weight, norm.bias, norm.runningMean, norm.runningVariance]
      .compactMap(\.self)
  }
}

@Suite struct `Loading a model` {
  @Test(arguments: ["safetensors", "npz", "directory"])
  func `returns every parameter and buffer to the bit`(format: String) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let directory = try TemporaryDirectory()
      let path = directory.file(format == "directory" ? "model" : "model.\(format)")
      let saved = Model<S>(seed: 1)
      try Checkpoint(saved).write(to: path)
      var loaded = Model<S>(seed: 2)
      #expect(loaded.tensors != saved.tensors)
      try loaded.load(Checkpoint(contentsOf: path))
      #expect(loaded.tensors == saved.tensors)
    }
  }

  @Test func `converts the precision`() throws {
    let single = Model<Float>(seed: 1)
    var double = Model<Double>(seed: 2)
    try double.load(Checkpoint(single))
    #expect(double.tensors == single.tensors.map { Tensor<Double>($0) })
    var again = Model<Float>(seed: 3)
    try again.load(Checkpoint(double))
    #expect(again.tensors == single.tensors)
  }

  @Test func `names every difference in one error and changes nothing`() throws {
    var checkpoint = try Checkpoint(Model<Float>(seed: 1))
    checkpoint["dense.bias"] = nil
    checkpoint["norm.running_mean"] = nil
    checkpoint["dense.weight"] = StoredTensor(Tensor<Float>.zeros([4, 2]))
    checkpoint["norm.weight"] = StoredTensor(Tensor<Float>.zeros([1]))
    checkpoint["extra\n"] = StoredTensor(Tensor<Float>([1]))
    checkpoint["other.weight"] = StoredTensor(Tensor<Float>([1]))
    var model = Model<Float>(seed: 2)
    let before = model.tensors
    let error = #expect(throws: CheckpointError.self) { try model.load(checkpoint) }
    let mismatch = try #require(error?.mismatch)
    #expect(mismatch.missing == ["dense.bias", "norm.running_mean"])
    #expect(mismatch.unexpected == ["extra\n", "other.weight"])
    #expect(mismatch.misshapen.map(\.name) == ["dense.weight", "norm.weight"])
    #expect(mismatch.misshapen.map(\.expected) == [[4, 3], [4]])
    #expect(mismatch.misshapen.map(\.found) == [[4, 2], [1]])
    for part in [
      "dense.bias, norm.running_mean", "extra\\n", "other.weight",
      "dense.weight has shape [4, 2] instead of [4, 3]",
    ] {
      #expect(error?.description.contains(part) == true, "\(error?.description ?? "") \(part)")
    }
    #expect(model.tensors == before)

    // A wrong shape is an error also if the names need not match.
    let second = #expect(throws: CheckpointError.self) { try model.load(checkpoint, strict: false) }
    #expect(second?.mismatch?.misshapen.count == 2)
    #expect(model.tensors == before)
  }

  @Test func `ignores other names if asked to`() throws {
    let saved = Model<Float>(seed: 1)
    var checkpoint = try Checkpoint(saved)
    checkpoint["dense.bias"] = nil
    checkpoint["extra"] = StoredTensor(Tensor<Float>([1]))
    var model = Model<Float>(seed: 2)
    let bias = model.dense.bias
    let mismatch = try model.load(checkpoint, strict: false)
    #expect(mismatch.missing == ["dense.bias"] && mismatch.unexpected == ["extra"])
    #expect(model.dense.bias == bias)
    #expect(model.dense.weight == saved.dense.weight)
    #expect(model.norm.runningMean == saved.norm.runningMean)
  }

  @Test func `takes a part of a checkpoint`() throws {
    let saved = Model<Float>(seed: 1)
    var checkpoint = try Checkpoint(saved, prefix: "a.model_state_dict")
    checkpoint["epoch"] = StoredTensor([1], shape: [])
    var model = Model<Float>(seed: 2)
    let error = #expect(throws: CheckpointError.self) { try model.load(checkpoint) }
    #expect(error?.mismatch?.otherPrefix == "a.model_state_dict")
    #expect(error?.description.contains("under the prefix a.model_state_dict") == true)
    try model.load(checkpoint, prefix: "a.model_state_dict")
    #expect(model.tensors == saved.tensors)
    let other = #expect(throws: CheckpointError.self) {
      try model.load(Checkpoint(saved), prefix: "model")
    }
    #expect(other?.mismatch?.otherPrefix == "")
  }

  /// Two layers under one name.
  private struct Ambiguous: Parameterized {
    var first = Dense<Float>(weight: .ones([1, 2]), bias: .zeros([1]))
    var second = Dense<Float>(weight: .zeros([1, 2]))

    mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
      first.visitParameters(visit)
      second.visitParameters(visit)
    }

    mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
      first.visitBuffers(visit)
      second.visitBuffers(visit)
    }

    mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
      first.visitCounters(visit)
      second.visitCounters(visit)
    }
  }

  @Test func `rejects a model with names that occur twice`() throws {
    var model = Ambiguous()
    let checkpoint = try Checkpoint(model.first)
    let loading = #expect(throws: CheckpointError.self) { try model.load(checkpoint) }
    #expect(loading?.problem.contains("has the name weight;") == true)
    #expect(model.second.weight == .zeros([1, 2]))
    let saving = #expect(throws: CheckpointError.self) { try Checkpoint(model) }
    #expect(saving?.problem.contains("has the name weight;") == true)
  }

  @Test func `rejects names that occur twice`() throws {
    var checkpoint = try Checkpoint(Model<Float>(seed: 1))
    let error = #expect(throws: CheckpointError.self) {
      try checkpoint.insert(Model<Float>(seed: 2))
    }
    #expect(error?.description.contains("dense.weight, dense.bias") == true)
    try checkpoint.insert(Model<Float>(seed: 2), prefix: "second")
    #expect(checkpoint.tensors.count == 14)
  }
}
