public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// A namespace for the stability report of a recurrent network.
public enum Stability {
  /// What a report computes.
  public struct Options: Sendable, Equatable {
    /// The number of steps without input, and the largest number with input; 1,000 by default
    /// without input, and all steps with it.
    public var steps: Int?
    /// The number of steps at the start that are left out, fewer than those of each sample; a tenth
    /// by default.
    public var discardedSteps: Int?
    /// The number of exponents, at most all; by default all if the state has at most 64 elements,
    /// and the first 32 otherwise.
    public var exponents: Int?
    /// The largest number of samples whose trajectories are followed.
    public var samples = 4
    /// The factor of the gradient horizon.
    public var horizonFactor = 1e-6
    /// The number of random states from which fixed points are sought, in addition to states of the
    /// trajectory, and 0 for no search; by default 64 if the state has at most 64 elements, 4 up to
    /// 512, and 0 above.
    public var fixedPointStarts: Int?
    /// The levels ε of the pseudospectral radius and abscissa of each block of W_hh.
    public var epsilons: [Double] = []
    /// Δt, the duration of a step in milliseconds, or `nil` to state times in steps only.
    public var millisecondsPerStep: Double?
    /// A read-out that predicts the next input. If there is one, the network also runs on its own
    /// predictions from the end of the first sample, and the modes of fixed points are compared
    /// with the read-out. The network must have one layer and one direction.
    public var readout: Readout?
    /// The precision to which W_ih and W_hh are rounded for a comparison, or `nil` for none.
    public var rounding: WeightPrecision?
    /// How much is computed about the blocks of W_hh; by default `standard` up to 64 units, and
    /// `quick` above.
    public var effort: MatrixAnalysis.Effort?
    /// The names of the layers, each direction by itself, in the order of the network; by default
    /// those of W_hh in PyTorch, such as "weight_hh_l0".
    public var names: [String]?
    /// The names of the layers that are analyzed, or `nil` for all. The others run as well.
    public var selection: Set<String>?
    /// The machine epsilon of the precision in which the weights were stored; by default that of
    /// the network.
    public var precision: Double?

    /// The default options.
    public init() {}
  }

  /// Analyzes the recurrent layers of a network along its trajectories on a sequence, or without
  /// input.
  ///
  /// Without a sequence, the network runs from random states with an input of zero. A layer above
  /// the first reads the output of the layer below, as in the network. A cell of the second
  /// direction reads its input from the end.
  ///
  /// - Parameters:
  ///   - network: The network.
  ///   - sequence: The input, [T, B, I], or `nil` for none.
  ///   - lengths: The length of each sample, [B], or `nil` if all have T steps. What lies after the
  ///     end of a sample is not read.
  ///   - options: What is computed.
  ///   - random: The source of random directions and of the initial states without input.
  ///   - progress: A closure that is called with the name of a layer and the completed share of the
  ///     report.
  /// - Precondition: A sequence has as many features as the network, and as many samples as
  ///   `lengths`. There are as many names as layers times directions, if any. A read-out is that of
  ///   a single layer and direction, [I, H].
  /// - Throws: `StabilityError`, for example if a weight, an input or a state is not finite, the
  ///   batch is empty, or an option is out of range.
  /// - Complexity: For each cell, O(k·S·H) for each step with k exponents, and O(H³) for each block
  ///   of W_hh.
  public static func report<Cell: RecurrentCell<Double>>(
    of network: Recurrent<Cell>, along sequence: Tensor<Double>? = nil, lengths: [Int]? = nil,
    options: Options = Options(), using random: inout RandomSource,
    progress: (_ layer: String, _ share: Double) -> Void = { _, _ in }
  ) throws(StabilityError) -> StabilityReport {
    try options.check()
    let count = network.cells.count * network.directionCount
    require(
      options.names.map { $0.count == count } ?? true,
      "Stability.report: \(options.names?.count ?? 0) names for \(count) layers and directions")
    if let readout = options.readout {
      let expected = Shape([network.inputSize, network.cells[0][0].hiddenSize])
      require(
        count == 1 && readout.weight.shape == expected,
        "Stability.report: a read-out \(readout.weight.shape) instead of \(expected) for one layer,"
          + " of \(count) layers and directions")
    }
    var run = try run(of: network, along: sequence, lengths, options, &random)
    let setting = setting(sequence, options)
    var layers: [LayerStability] = []
    for (layer, cells) in network.cells.enumerated() {
      let runs = run.nextLayer()
      for (direction, cell) in cells.enumerated() {
        let index = layer * network.directionCount + direction
        let name = options.names?[index] ?? defaultName(layer, direction)
        guard options.selection?.contains(name) ?? true else { continue }
        layers.append(
          try LayerStability(
            name: name, cell, runs[direction], setting: setting, isDriven: sequence != nil, options,
            using: &random
          ) { progress(name, (Double(index) + $0) / Double(count)) })
      }
    }
    return StabilityReport(layers: layers)
  }

  /// Analyzes a network in single precision, after converting it to double precision; see the
  /// other overload.
  public static func report<Cell: DoubleConvertible>(
    of network: Recurrent<Cell>, along sequence: Tensor<Float>? = nil, lengths: [Int]? = nil,
    options: Options = Options(), using random: inout RandomSource,
    progress: (_ layer: String, _ share: Double) -> Void = { _, _ in }
  ) throws(StabilityError) -> StabilityReport where Cell.Scalar == Float {
    var options = options
    options.precision = options.precision ?? Double(Float.ulpOfOne)
    return try report(
      of: network.mapCells(\.inDoublePrecision), along: sequence.map { Tensor($0) },
      lengths: lengths, options: options, using: &random, progress: progress)
  }

  /// Checks the network and the sequence, and returns the samples before the first layer.
  private static func run<Cell: RecurrentCell<Double>>(
    of network: Recurrent<Cell>, along sequence: Tensor<Double>?, _ lengths: [Int]?,
    _ options: Options, _ random: inout RandomSource
  ) throws(StabilityError) -> NetworkRun<Cell> {
    let cells = Array(network.cells.joined())
    for cell in cells {
      let weights = cell.weights
      guard weights.recurrent.isFinite, weights.input.isFinite, weights.biasSum.isFinite else {
        throw .notFinite("the weights of a recurrent layer")
      }
    }
    guard let sequence else {
      let input = Tensor<Double>.zeros([options.autonomousSteps, network.inputSize])
      return NetworkRun(
        network, reading: Array(repeating: input, count: options.samples),
        from: cells.map { cell in
          (0..<options.samples).map { _ in random.normal([cell.stateSize]) }
        })
    }
    require(
      sequence.rank == 3 && sequence.shape[2] == network.inputSize,
      "Stability.report: a sequence \(sequence.shape) instead of [T, B, \(network.inputSize)]")
    let batch = sequence.shape[1]
    guard batch > 0 else { throw .noTrajectory("the batch has no samples") }
    require(
      lengths.map { $0.count == batch && $0.allSatisfy((0...sequence.shape[0]).contains) } ?? true,
      "Stability.report: the lengths \(lengths ?? []) instead of \(batch) numbers in"
        + " 0...\(sequence.shape[0])")
    let count = min(options.samples, batch)
    var inputs: [Tensor<Double>] = []
    for sample in 0..<count {
      let steps = min(options.steps ?? .max, lengths?[sample] ?? sequence.shape[0])
      let input = sequence[0..<steps].select(sample, axis: 1)
      guard input.isFinite else { throw .notFinite("the input sequence") }
      inputs.append(input)
    }
    return NetworkRun(
      network, reading: inputs,
      from: cells.map { Array(repeating: .zeros([$0.stateSize]), count: count) })
  }

  private static func defaultName(_ layer: Int, _ direction: Int) -> String {
    "weight_hh_l\(layer)" + (direction == 1 ? "_reverse" : "")
  }

  private static func setting(_ sequence: Tensor<Double>?, _ options: Options) -> String {
    guard let sequence else {
      let (count, steps) = (options.samples, options.autonomousSteps)
      return "without input, from \(count) random state\(count == 1 ? "" : "s"), for \(steps)"
        + " step\(steps == 1 ? "" : "s") each"
    }
    let (steps, count) = (
      min(options.steps ?? .max, sequence.shape[0]), min(options.samples, sequence.shape[1])
    )
    return "along \(steps) step\(steps == 1 ? "" : "s") of \(count) sample\(count == 1 ? "" : "s")"
  }
}

extension Stability.Options {
  var autonomousSteps: Int { steps ?? 1000 }

  /// The number of exponents of a state of `size` elements.
  func exponentCount(stateSize size: Int) -> Int {
    min(size, exponents ?? (size <= 64 ? size : 32))
  }

  func check() throws(StabilityError) {
    guard samples > 0 else { throw .samplesNotPositive(samples) }
    if let steps, steps < 1 { throw .stepsNotPositive(steps) }
    if let discardedSteps, discardedSteps < 0 { throw .negativeSteps(discardedSteps) }
    if let exponents, exponents < 1 { throw .exponentCount(exponents, stateSize: .max) }
    guard horizonFactor > 0, horizonFactor < 1 else { throw .factorOutOfRange(horizonFactor) }
    if let duration = millisecondsPerStep, !(duration > 0 && duration.isFinite) {
      throw .durationNotPositive(duration)
    }
  }
}
