public import BackflowKernels
public import BackflowLinearAlgebra

/// A rule that depends on the measurements of a run and has a state to save: `ReduceOnPlateau` or
/// `EarlyStopping`.
///
///     try checkpoint.insert(plateau, prefix: "plateau")
///     try plateau.load(checkpoint, prefix: "plateau")
public protocol MeasurementRule: Sendable {
  /// Everything that is kept between updates, without the settings. A run that is saved here and
  /// restored continues with the same bits.
  var state: ScheduleState { get }

  /// Continues from the state of another run with the same settings.
  ///
  /// - Throws: `ScheduleStateError` if the state does not belong to such a run. Nothing is changed
  ///   then.
  mutating func restore(_ state: ScheduleState) throws(ScheduleStateError)
}

/// What a `MeasurementRule` keeps between updates: named numbers and counters.
///
/// It is `Parameterized`, so it is saved and read as a model is.
public struct ScheduleState: Parameterized, Equatable {
  private let numberNames, counterNames: [String]
  private var tensors: [Tensor<Double>]
  private var counts: [Int]

  /// The state with these numbers and counters, whose names differ.
  public init(
    numbers: [(name: String, value: Double)], counters: [(name: String, value: Int)]
  ) {
    (numberNames, counterNames) = (numbers.map(\.name), counters.map(\.name))
    tensors = numbers.map { Tensor(scalar: $0.value) }
    counts = counters.map(\.value)
  }

  /// Visits every number, of shape [].
  public mutating func visitParameters(_ visit: ParameterVisitor<Double>) {
    for index in tensors.indices { visit(numberNames[index], &tensors[index]) }
  }

  /// Visits every counter.
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    for index in counts.indices { visit(counterNames[index], &counts[index]) }
  }

  /// The numbers and counters in order, checked against the state that a rule has.
  ///
  /// - Throws: `ScheduleStateError` unless the names are those of `current`, the counters lie in
  ///   0...2⁵³ and the numbers satisfy `isValid`.
  public func restored(
    over current: Self, isValid: (_ name: String, Double) -> Bool
  ) throws(ScheduleStateError) -> (numbers: [Double], counters: [Int]) {
    let (names, expected) = (
      numberNames + counterNames, current.numberNames + current.counterNames
    )
    guard names == expected else { throw .otherNames(expected: expected, found: names) }
    for (name, tensor) in zip(numberNames, tensors) {
      guard tensor.count == 1 else { throw .otherShape(name: name, found: tensor.shape) }
      guard isValid(name, tensor.scalar) else {
        throw .outOfRange(name: name, value: tensor.scalar)
      }
    }
    for (name, count) in zip(counterNames, counts) where !(0...(1 << 53)).contains(count) {
      throw .outOfRange(name: name, value: Double(count))
    }
    return (tensors.map(\.scalar), counts)
  }
}

/// The reason why a state does not belong to a schedule or to early stopping.
public enum ScheduleStateError: BackflowError, Equatable {
  /// The state of something else.
  case otherNames(expected: [String], found: [String])
  /// A number has become a tensor of this shape.
  case otherShape(name: String, found: Shape)
  /// A number or counter has a value that no run has.
  case outOfRange(name: String, value: Double)

  /// The reason in a sentence.
  public var description: String {
    switch self {
    case .otherNames(let expected, let found):
      "expected the numbers \(expected.joined(separator: ", ")), found"
        + " \(found.joined(separator: ", "))"
    case .otherShape(let name, let found): "expected one number as \(name), found shape \(found)"
    case .outOfRange(let name, let value): "\(name) cannot be \(value)"
    }
  }
}
