internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Units that have the same weights and get the same gradients, so that they stay the same forever.
///
/// Looked for when a weight is first recorded and every fifty steps after that; and at every
/// observation while it has such units, because two rows may be equal for one batch.
struct SymmetryRule<Scalar: RealScalar>: HealthRule {
  /// The step of the last look at each parameter.
  private var lastLooks = PlaceMemory<Int?>()
  /// The parameters with such units at the last look.
  @NameSet private var suspects: Set<String> = []

  private static var interval: Int { 50 }

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    var found: [Finding] = []
    let parameters = observation.parameters.span
    for index in parameters.indices where parameters[index].isWeight {
      let place = lastLooks.index(of: parameters[index].name) { nil }
      let isDue = lastLooks[place].map { observation.step - $0 >= Self.interval } ?? true
      guard isDue || suspects.contains(parameters[index].name) else { continue }
      if isDue { lastLooks[place] = observation.step }
      let twins = parameters[index].twins(thresholds.twinGradients)
      if twins.isEmpty {
        suspects.remove(parameters[index].name)
      } else {
        suspects.insert(parameters[index].name)
        found.append(finding(parameters[index], twins, observation, thresholds))
      }
    }
    return found
  }

  private func finding(
    _ parameter: ObservedParameter<Scalar>, _ twins: [Int], _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding {
    Finding(
      .symmetricUnits, .failure, layer: parameter.name, units: twins, step: observation.step,
      measured: Double(twins.count), threshold: 0,
      source: "rows of the weight that are equal in every element and get the same gradient",
      statement: "\(twins.count) of the \(parameter.value.shape[0]) units of \(parameter.name)"
        + " have the weights of another unit",
      reason: "Equal units get equal gradients: together they can learn no more than one of them.",
      cure: "Draw the weights at random (Glorot, He, orthogonal); only biases may start equal.",
      patience: observation.patience(thresholds.patience))
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.parameters.contains { $0.name == place }
  }
}

extension ObservedParameter {
  /// The rows of a weight [outputs, …] that equal an earlier row and, if gradients were recorded,
  /// get the same gradient, which is not zero: a row without a gradient, as of a token that is not
  /// in the batch, shows nothing. A row of a convolution's weight is all that makes one channel.
  /// Without gradients, rows of zeros do not count, because those of a last layer do not stay
  /// equal.
  fileprivate func twins(_ tolerance: Double) -> [Int] {
    guard isWeight, value.shape[0] > 1, !value.isEmpty, haveRowsEqualStarts() else { return [] }
    let rows = value.reshaped(to: [value.shape[0], value.count / value.shape[0]])
    let slopes = gradient.flatMap {
      $0.shape == value.shape ? $0.reshaped(to: rows.shape) : nil
    }
    return rows.equalRows.filter { one, other in
      haveEqualGradients(
        rows.select(one), slopes?.select(one), slopes?.select(other), tolerance)
    }.map(\.second).sorted()
  }

  /// Whether two rows begin with the same element, as equal rows do. Rows that are drawn at random
  /// hardly ever do, so that the other elements need not be read.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func haveRowsEqualStarts() -> Bool {
    let (elements, width) = (value.span, value.count / value.shape[0])
    var starts: [Scalar] = []
    starts.reserveCapacity(value.shape[0])
    for row in 0..<value.shape[0] {
      let start = elements[row * width]
      // NaN differs from itself, and has no place in an order.
      if start == start { starts.append(start) }
    }
    starts.sort()
    for index in starts.indices.dropFirst() where starts[index] == starts[index - 1] {
      return true
    }
    return false
  }

  private func haveEqualGradients(
    _ row: Tensor<Scalar>, _ first: Tensor<Scalar>?, _ second: Tensor<Scalar>?, _ tolerance: Double
  ) -> Bool {
    guard let first, let second else { return VectorKernels.maxMagnitude(row.span) > 0 }
    let length = VectorKernels.norm(first.span)
    return length > 0 && VectorKernels.norm((first - second).span) <= tolerance * length
  }
}
