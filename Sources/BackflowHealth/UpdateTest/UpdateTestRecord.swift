internal import BackflowKernels

/// What is remembered of the Taylor tests of one model.
///
/// Single ratios scatter where g·Δθ is nearly zero or a ReLU has its kink, so medians over several
/// observations are judged.
struct UpdateTestRecord: Sendable, Codable {
  /// What is remembered of one parameter.
  private struct Record: Codable {
    /// The last ratios.
    var ratios: [Double] = []
    /// The observations in which it was tested, whether or not the change stood out.
    var trials = 0
  }

  /// A parameter whose ratios are off, with their median.
  struct Wrong {
    let name: String
    let ratio: Double
    var layer: String { layerName(of: name) }
  }

  /// The last ratios of the whole update, for a small part and for all of it.
  private(set) var partRatios: [Double] = []
  private(set) var fullRatios: [Double] = []
  /// The updates that were tested, and those of them that went uphill by their own gradient.
  private(set) var (updates, uphill) = (0, 0)
  private var records: [String: Record] = [:]
  /// The parameters in the order of the model.
  private(set) var names: [String] = []

  /// The ratios that are kept.
  private static let memory = 9
  /// The ratios of a parameter before it is judged.
  static let enough = 3
  /// The trials after which a parameter whose change does not stand out is no longer tested.
  private static let patience = 12

  /// The parameters that the next observation tests: each until it can be judged, and those of a
  /// suspicious gradient until the memory is full.
  var testedParameters: TestedParameters {
    let (count, most) = isSuspicious ? (Self.memory, 8) : (Self.enough, 4)
    let known = records.filter {
      $0.value.ratios.count >= count || $0.value.trials - $0.value.ratios.count >= Self.patience
    }
    return TestedParameters(
      count: most, trials: records.mapValues(\.trials), known: Set(known.keys))
  }

  /// Whether a small part of the update does not change the loss as it should, or a parameter was
  /// off at its last test.
  private var isSuspicious: Bool {
    let whole = partRatios.suffix(Self.enough)
    return whole.count == Self.enough && (median(of: Array(whole)) - 1).magnitude > 0.03
      || records.values.contains { ($0.ratios.last.map { ($0 - 1).magnitude } ?? 0) > 0.03 }
  }

  /// Adds a test.
  mutating func add(_ test: UpdateTest) {
    if test.names != names { names = test.names }
    if let full = test.fullRatio, let ratio = test.partRatio {
      updates += 1
      if test.predicted > 0, ratio > 0.5 { uphill += 1 }
      partRatios = Array((partRatios + [ratio]).suffix(Self.memory))
      fullRatios = Array((fullRatios + [full]).suffix(Self.memory))
    }
    for parameter in test.parameters {
      var record = records[parameter.name] ?? Record()
      record.trials += 1
      if let ratio = parameter.ratio {
        record.ratios = Array((record.ratios + [ratio]).suffix(Self.memory))
      }
      records[parameter.name] = record
    }
  }

  /// The parameters whose ratios are off, in the order of the model.
  func wrongParameters(_ thresholds: Thresholds) -> [Wrong] {
    judged.compactMap { name in
      let ratios = records[name]?.ratios ?? []
      let middle = median(of: ratios)
      let off = ratios.count { ($0 - 1).magnitude > thresholds.gradientError }
      guard (middle - 1).magnitude > thresholds.gradientError, 3 * off >= 2 * ratios.count else {
        return nil
      }
      return Wrong(name: name, ratio: middle)
    }
  }

  /// The parameters with enough ratios.
  var judged: [String] {
    names.filter { records[$0]?.ratios.count ?? 0 >= Self.enough }
  }
}
