public import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// The units of a nonlinearity at one step, with the name of the layer they belong to.
@dynamicMemberLookup
public struct ObservedActivation<Scalar: RealScalar>: Sendable {
  /// The name of the layer.
  public let layer: String
  /// The type of the layer, such as "Sigmoid", if it is known.
  public var type: String? { layerType?.name }
  /// The type, of which a name is built only if it is asked for.
  let layerType: LayerType?
  /// The units.
  public let activation: Activation<Scalar>
  /// The index of the network in the step: only the units of one follow one another.
  let network: Int

  /// A property of the units.
  public subscript<T>(dynamicMember path: KeyPath<Activation<Scalar>, T>) -> T {
    activation[keyPath: path]
  }

  /// Whether both are features of one tensor, with the same samples running.
  func sharesTensor(with other: ObservedActivation) -> Bool {
    let (one, other) = (activation, other.activation)
    return one.output.shape == other.output.shape && one.running == other.running
      && one.output.storage.sharesMemory(with: other.output.storage)
  }

  /// The elements of the output that belong to running samples, as consecutive ranges.
  var runningElements: [Range<Int>] {
    let output = activation.output
    guard let running = activation.running else { return [0..<output.count] }
    let columns = output.shape[2]
    let step = output.shape[1] * columns
    return (0..<running.time).map { t in
      t * step..<t * step + running[t] * columns
    }
  }

  /// The outputs of running samples: `output` itself if none ends early, otherwise a copy.
  var runningOutput: Tensor<Scalar> {
    let output = activation.output
    guard let running = activation.running else { return output }
    return .concatenate((0..<running.time).map { output.select($0)[0..<running[$0]] })
  }
}
