public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// A nonlinearity whose units can fall silent.
public enum ActivationFunction: String, Sendable, Codable, CaseIterable {
  /// σ(a), slope y(1 − y), at most ¼.
  case sigmoid
  /// tanh a, slope 1 − y², at most 1.
  case tanh
  /// max(a, 0), slope 0 or 1.
  case relu

  /// The outputs between which φ′/max φ′ is at least `slope`.
  ///
  ///     tanh: 1 − y² ≥ s  ⇔  |y| ≤ √(1 − s)        sigmoid: 4y(1 − y) ≥ s  ⇔  |2y − 1| ≤ √(1 − s)
  ///
  /// A sigmoid is a tanh in this, 2σ(a) − 1 = tanh(a/2). `nil` for a ReLU, which is on or off. Stops
  /// unless `slope` is in 0...1.
  public func liveOutputs(slope: Double) -> ClosedRange<Double>? {
    require((0...1).contains(slope), "a share of the largest slope is in 0...1, not \(slope)")
    let bound = (1 - slope).squareRoot()
    switch self {
    case .tanh: return -bound...bound
    case .sigmoid: return (1 - bound) / 2...(1 + bound) / 2
    case .relu: return nil
    }
  }
}

/// The output of a nonlinearity at one step.
public struct Activation<Scalar: RealScalar>: Sendable {
  /// The name of the layer.
  public let layer: String
  /// The gate of a gated cell.
  public let gate: String?
  /// The nonlinearity.
  public let function: ActivationFunction
  /// a, [..., units], if it was shown
  public let input: Tensor<Scalar>?
  /// y, [..., features]
  public let output: Tensor<Scalar>
  /// Which of the features are its units: all but in a gated cell, whose gates stand side by side.
  public let features: Range<Int>
  /// Which rows of an output [T, B, features] still run at each step, if samples end early: only
  /// these are judged.
  public let running: ActiveSamples?

  init(
    layer: String, gate: String? = nil, function: ActivationFunction, input: Tensor<Scalar>? = nil,
    output: Tensor<Scalar>, features: Range<Int>, running: ActiveSamples? = nil
  ) {
    require(
      features.lowerBound >= 0 && features.upperBound <= output.shape.last ?? 0,
      "\(layer): the features \(features) of an output \(output.shape)")
    require(
      input.map { $0.shape == output.shape } ?? true,
      "\(layer): an input \(input?.shape ?? []) of an output \(output.shape)")
    if let running {
      require(
        output.rank == 3 && running.time == output.shape[0]
          && (running.time == 0 || running[0] <= output.shape[1]),
        "\(layer): \(running.time) steps of \(running.time == 0 ? 0 : running[0]) samples run"
          + " of an output \(output.shape)")
    }
    (self.layer, self.gate, self.function) = (layer, gate, function)
    (self.input, self.output, self.features) = (input, output, features)
    self.running = running.flatMap { $0.isFull ? nil : $0 }
  }

  /// Whether both are features of one tensor, with the same samples running.
  func standsBeside(_ other: Activation) -> Bool {
    output.shape == other.output.shape && running == other.running
      && output.storage.sharesMemory(with: other.output.storage)
  }

  /// The elements of the output that belong to running samples, as ranges one after the other.
  var runningElements: [Range<Int>] {
    guard let running, output.rank == 3 else { return [0..<output.count] }
    let columns = output.shape[2]
    let step = output.shape[1] * columns
    return (0..<Swift.min(running.time, output.shape[0])).map { t in
      t * step..<t * step + running[t] * columns
    }
  }

  /// The outputs of running samples: `output` itself if none ends early, and else a copy.
  var runningOutput: Tensor<Scalar> {
    guard let running, output.rank == 3 else { return output }
    return .concatenate((0..<running.time).map { output.select($0)[0..<running[$0]] })
  }
}
