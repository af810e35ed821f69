internal import BackflowCheckpoints
internal import RealModule

/// The values of λ that the tensors of a recurrence set, and what is wrong with the tensors.
struct StateSpaceValues {
  private(set) var shape: [Int]
  private(set) var decays: [StateSpaceLayer.Decay] = []
  private(set) var phases: [Double?] = []
  private(set) var findings: [CheckpointFinding] = []

  /// The largest number of channels that a tensor of steps may make of a smaller tensor of rates.
  fileprivate static let maximumChannelCount = 1 << 26

  /// Reads the tensors.
  ///
  /// - Throws: `CheckpointError` if a tensor cannot be read.
  init(_ parameters: StateSpaceParameters) throws(CheckpointError) {
    shape = parameters.shape
    let stored = try StateSpaceValues.elements(of: parameters.rate)
    let rates = stored.map { saturated(parameters.rateParameter.rate($0)) }
    addNonFinite(parameters.rate, stored)
    addWrongSigns(parameters, rates)
    let steps: [Double]?
    if let step = parameters.step, let parameter = parameters.stepParameter {
      let stored = try StateSpaceValues.elements(of: step)
      addNonFinite(step, stored)
      steps = stored.map { saturated(parameter.step($0)) }
    } else {
      steps = parameters.stepParameter == nil ? [1] : nil
    }
    guard let steps else {
      addMissingStep(parameters)
      return
    }
    guard let pairs = Pairs(rates.count, shape, steps.count, cyclic: parameters.kind == .s4d) else {
      addMismatch(parameters)
      return
    }
    shape = pairs.shape
    let undefined = stored.map { !$0.isFinite }
    let exponents = (0..<pairs.count).map { index -> Double? in
      let (rate, step) = (pairs.rate(index), pairs.step(index))
      return undefined[rate] || !steps[step].isFinite ? nil : saturated(rates[rate] * steps[step])
    }
    addDecays(parameters.kind, exponents)
    try addPhases(parameters, steps, pairs)
  }

  private static func elements(
    of named: StateSpaceParameters.Named
  ) throws(CheckpointError) -> [Double] {
    do { return try named.tensor.elements() } catch { throw error.reading(named.name) }
  }

  private mutating func addDecays(_ kind: StateSpaceKind, _ exponents: [Double?]) {
    decays =
      switch kind {
      case .mamba, .mamba2: [.init(condition: "Δ at zero input", exponents: exponents)]
      case .lru, .s4d, .s5: [.init(condition: "always", exponents: exponents)]
      case .rgLRU:
        [
          .init(condition: "r = ½", exponents: exponents.map { $0.map { 0.5 * $0 } }),
          .init(condition: "r = 1", exponents: exponents),
        ]
      }
  }

  private mutating func addPhases(
    _ parameters: StateSpaceParameters, _ steps: [Double], _ pairs: Pairs
  ) throws(CheckpointError) {
    guard let phase = parameters.phase else { return }
    let stored = try StateSpaceValues.elements(of: phase)
    addNonFinite(phase, stored)
    guard stored.count == parameters.rate.tensor.count else {
      add(
        .mismatchedShapes, phase.name,
        "has shape \(phase.tensor.shape) instead of that of \(escaped(parameters.rate.name)),"
          + " \(parameters.rate.tensor.shape)")
      return
    }
    let isLogarithm = parameters.kind == .lru
    phases = (0..<pairs.count).map { index in
      let (value, step) = (stored[pairs.rate(index)], steps[pairs.step(index)])
      guard value.isFinite, step.isFinite else { return nil }
      return saturated((isLogarithm ? .exp(value) : value) * step)
    }
  }
}

// MARK: - Findings

extension StateSpaceValues {
  private mutating func add(_ kind: CheckpointFinding.Kind, _ tensor: String, _ message: String) {
    findings.append(CheckpointFinding(tensor: tensor, kind: kind, message: message))
  }

  private mutating func addNonFinite(_ named: StateSpaceParameters.Named, _ values: [Double]) {
    let channels = values.indices.filter { !values[$0].isFinite }
    guard !channels.isEmpty else { return }
    add(
      .nonFinite, named.name,
      "\(channels.count) of \(values.count) elements are NaN or infinite:"
        + " \(list(channels, in: named.tensor.shape))")
  }

  private mutating func addWrongSigns(_ parameters: StateSpaceParameters, _ rates: [Double]) {
    let channels = rates.indices.filter { rates[$0] > 0 }
    guard !channels.isEmpty else { return }
    add(
      .wrongSign, parameters.rate.name,
      "\(channels.count) of \(rates.count) decay rates are positive, so that |λ| > 1 and the state"
        + " grows instead of fading, for every input: \(list(channels, in: parameters.shape))")
  }

  private mutating func addMissingStep(_ parameters: StateSpaceParameters) {
    add(
      .missingTensor, parameters.rate.name,
      "sets the rates of a \(parameters.kind.title) recurrence, but the file has no tensor of the"
        + " steps Δ beside it")
  }

  private mutating func addMismatch(_ parameters: StateSpaceParameters) {
    guard let step = parameters.step else { return }
    add(
      .mismatchedShapes, step.name,
      "has shape \(step.tensor.shape), which does not fit the rates in"
        + " \(escaped(parameters.rate.name)), \(parameters.rate.tensor.shape): expected"
        + " \(shape.first ?? 1) elements")
  }

  /// Returns the first indices of channels, each as the indices along the axes.
  private func list(_ channels: [Int], in shape: [Int]) -> String {
    let texts = channels.prefix(6).map { channel -> String in
      var (indices, rest) = ([Int](), channel)
      for extent in shape.reversed() {
        indices.append(rest % extent)
        rest /= extent
      }
      return "\(Array(indices.reversed()))"
    }
    return texts.joined(separator: ", ")
      + (channels.count > 6 ? " and \(channels.count - 6) more" : "")
  }
}

// MARK: - Rates and steps

/// Which rate and which step belong to a channel.
private struct Pairs {
  let shape: [Int]
  private let rates: Int
  private let steps: Int
  /// The number of consecutive channels with the same rate.
  private let rateLength: Int
  /// The number of consecutive channels with the same step.
  private let stepLength: Int

  var count: Int { shape.reduce(1, *) }
  func rate(_ channel: Int) -> Int { channel / rateLength % rates }
  func step(_ channel: Int) -> Int { channel / stepLength % steps }

  /// One step for all rates, for each row of rates, or for each rate. There may also be a multiple
  /// of the rows: then each rate belongs to as many consecutive steps, or, if `cyclic`, the rows of
  /// rates are repeated as a whole, as S4 does.
  init?(_ rates: Int, _ extents: [Int], _ steps: Int, cyclic: Bool) {
    let rows = extents.first ?? 1
    let columns = rates / rows
    (self.rates, self.steps) = (rates, steps)
    stepLength = steps == rates ? 1 : columns
    if [1, rows, rates].contains(steps) {
      (shape, rateLength) = (extents, 1)
    } else {
      guard steps % rows == 0, steps <= StateSpaceValues.maximumChannelCount / columns,
        cyclic || columns == 1
      else { return nil }
      shape = [steps] + extents.dropFirst()
      rateLength = cyclic ? 1 : steps / rows
    }
  }
}

/// A number, limited to the range of finite doubles. NaN remains NaN.
private func saturated(_ value: Double) -> Double {
  value.isInfinite ? (value < 0 ? -1 : 1) * .greatestFiniteMagnitude : value
}
