public import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// Measures the dominant exponent of recurrent cells along the forward pass of a training step, and
/// warns if gradients may explode.
///
///     var exponents = ExponentMonitor<Float>()
///     …
///     let (states, cache) = lstm.forward(sequence)
///     health.add(exponents.observe(step, "lstm", lstm, cache))
///
/// Each observation is one step of a power iteration from the direction of the last one, which has
/// hardly changed: two products of a Jacobian and a vector for each time step of a few samples,
/// without another forward pass. The first observation takes three steps from a random direction.
///
/// The growth is the risk at the observed steps. Growth that begins between two observations is
/// seen at the next one, which may come after the explosion: few networks that start below the
/// limit are warned ten updates before. docs/health.md has the figures ("Warnings of an
/// explosion"). Clipping prevents an explosion, and this monitor does not.
///
/// At the default interval of 300 steps and with two samples, the cost is below 3 % of the training
/// time, for 32 units or more and 32 samples (docs/health.md). It is proportional to the number of
/// samples, and inversely proportional to the interval.
public struct ExponentMonitor<Scalar: RealScalar>: Sendable {
  /// The number of training steps from one observation to the next.
  public let interval: Int
  /// The number of samples of a mini-batch whose Jacobians are multiplied.
  public let samples: Int
  /// The limits of the rules.
  public let thresholds: Thresholds
  /// The exponents of the last observation, in the order of the cells.
  public private(set) var latest: [DominantExponent] = []
  /// The direction that grew most in each layer at the last observation, [S, 1].
  private var directions: [String: Tensor<Scalar>] = [:]

  /// A monitor that observes steps 0, `interval`, 2·`interval`, …
  ///
  /// - Precondition: The interval and the number of samples are at least 1, and no threshold is
  ///   negative or NaN.
  public init(
    every interval: Int = 300, samples: Int = 2, thresholds: Thresholds = Thresholds()
  ) {
    require(interval >= 1, "ExponentMonitor: the interval must be at least 1, got \(interval)")
    require(samples >= 1, "ExponentMonitor: at least 1 sample is needed, got \(samples)")
    thresholds.check()
    (self.interval, self.samples, self.thresholds) = (interval, samples, thresholds)
  }

  /// Whether this step is observed.
  public func isDue(_ step: Int) -> Bool { step % interval == 0 }

  /// Observes all layers and directions of a recurrent network, if the step is due.
  ///
  /// - Parameters:
  ///   - step: The number of the training step.
  ///   - name: The name of the network in the findings.
  ///   - network: The network.
  ///   - cache: The cache of the forward pass of the step.
  /// - Returns: A finding for each cell whose growth is beyond the limit.
  /// - Complexity: O(samples · T · G · H²) for each cell.
  public mutating func observe<Cell: RecurrentCell<Scalar>>(
    _ step: Int, _ name: String, _ network: Recurrent<Cell>, _ cache: Recurrent<Cell>.Cache
  ) -> [Finding] {
    guard isDue(step) else { return [] }
    return observe(network.cells(in: cache).map { ("\(name).\($0.path)", $0) }, at: step)
  }

  /// Observes the recurrent layers of a network at any depth, if the step is due.
  ///
  /// - Parameters:
  ///   - step: The number of the training step.
  ///   - trace: What `tracedBackward` returned.
  /// - Returns: A finding for each cell whose growth is beyond the limit.
  public mutating func observe(_ step: Int, _ trace: LayerTrace<Scalar>) -> [Finding] {
    guard isDue(step) else { return [] }
    return observe(trace.allCells.map { ($0.path, $0) }, at: step)
  }

  private mutating func observe(
    _ cells: [(name: String, cell: CellTrace<Scalar>)], at step: Int
  ) -> [Finding] {
    latest = cells.compactMap { measure($0.cell, $0.name, at: step) }
    return latest.flatMap { $0.findings(thresholds) }
  }

  private mutating func measure(
    _ cell: CellTrace<Scalar>, _ name: String, at step: Int
  ) -> DominantExponent? {
    // After a pass with lengths, the rows are in descending order of length.
    let running = cell.running.time == 0 ? 0 : cell.running[0]
    let count = min(samples, running)
    let products = (0..<count).map { JacobianProduct(cell, sample: $0 * running / count) }
    guard let size = products.first?.stateSize, size > 0 else { return nil }
    let known = directions[name].flatMap { $0.count == size ? $0 : nil }
    var direction = known ?? Self.randomDirection(size)
    var logarithms: [Double] = []
    for _ in 0..<(known == nil ? 3 : 1) {
      let growths = products.map { $0.growth(from: direction) }
      logarithms = growths.map(\.logarithm)
      // The parts along the last direction are positive, so that they add up.
      let living = growths.filter { $0.logarithm.isFinite }.map(\.direction)
      guard let first = living.first else { break }
      let sum = living.dropFirst().reduce(first, +)
      direction = sum / sum.norm()
    }
    directions[name] = direction
    return DominantExponent(
      layer: name, step: step, logarithms: logarithms, time: products[0].time)
  }

  private static func randomDirection(_ size: Int) -> Tensor<Scalar> {
    var random = RandomSource(seed: UInt64(size))
    let draw: Tensor<Scalar> = random.normal([size, 1])
    return draw / draw.norm()
  }
}

extension LayerTrace {
  /// The cells of this layer and of its parts.
  fileprivate var allCells: [CellTrace<Scalar>] { cells + parts.flatMap(\.allCells) }
}
