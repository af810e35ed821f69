public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra
internal import RealModule

/// The norm of a gradient after 0, 1, 2, … steps back through a recurrence:
///
///     δ_{t−1} = J_tᵀ δ_t,   ‖δ_T‖ = 1
///
/// The norms are averaged over samples by the geometric mean, which represents a typical sample. δ
/// is normalized at every step and the logarithms of its norms are added, so that nothing overflows
/// or underflows, however many steps there are.
public struct BackwardSignal: Sendable, Equatable {
  /// The logarithm of the mean ‖δ‖ after k steps back, k = 0 … T; −∞ if the signal is exactly zero.
  public private(set) var logNorms: [Double]

  /// The mean ‖δ‖ after k steps back, k = 0 … T.
  public var norms: [Double] { logNorms.map { Double.exp($0) } }

  /// The factor by which a step multiplies the norm of the signal: the geometric mean over all
  /// steps, or 1 if there are none.
  public var factorPerStep: Double {
    guard let last = logNorms.last, logNorms.count > 1 else { return 1 }
    return Double.exp(last / Double(logNorms.count - 1))
  }

  /// The number of steps after which the norm of the signal is largest, and the logarithm of that
  /// norm. A recurrence with small eigenvalues can still amplify a gradient for a while.
  public var peak: (step: Int, logNorm: Double) {
    let step = logNorms.indices.max { logNorms[$0] < logNorms[$1] } ?? 0
    return (step, logNorms[step])
  }

  /// Follows the signal along the trajectory of a forward pass, back from the last step, starting
  /// with one random unit vector for each of `samples`.
  ///
  /// - Complexity: O(T·H²) for each sample
  public init<Cell: RecurrentCell>(
    through cell: Cell, _ cache: Cell.Cache, steps: Int, samples: Range<Int>,
    using random: inout RandomSource
  ) {
    require(
      steps >= 0 && !samples.isEmpty,
      "a backward signal needs a nonnegative number of steps and at least one sample, got"
        + " \(steps) steps of samples \(samples)")
    let runs = samples.map { sample in
      BackwardSignal.run(
        steps: steps, start: random.normal([cell.stateSize])
      ) { stepsBack in
        Tensor(cell.stateJacobian(step: steps - 1 - stepsBack, sample: sample, cache))
          .scaledIntoRange()
      }
    }
    self.init(averaging: runs, steps: steps)
  }

  /// Follows the signal through `steps` steps of a recurrence that rests at the origin without
  /// input, where every Jacobian is `slope`·W, starting with `samples` random unit vectors.
  public init(
    throughRecurrentWeight weight: Tensor<Double>, slope: Double, steps: Int, samples: Int = 16,
    using random: inout RandomSource
  ) {
    require(
      steps >= 0 && samples >= 1,
      "a backward signal needs a nonnegative number of steps and at least one sample, got"
        + " \(steps) steps of \(samples) samples")
    require(
      weight.rank == 2 && weight.shape[0] == weight.shape[1],
      "a recurrent weight must be a square matrix [hidden, hidden], got shape \(weight.shape)")
    // The slope is a separate factor, because its product with a weight may be out of range.
    let scaled = weight.scaledIntoRange()
    let runs = (0..<samples).map { _ in
      BackwardSignal.run(steps: steps, start: random.normal([weight.shape[0]])) { _ in scaled }
    }
    self.init(averaging: runs, steps: steps)
    for step in logNorms.indices.dropFirst() {
      logNorms[step] += Double(step) * Double.log(slope.magnitude)
    }
  }

  private init(averaging runs: [[Double]], steps: Int) {
    logNorms = (0...steps).map { step in
      runs.reduce(0) { $0 + $1[step] } / Double(runs.count)
    }
  }

  /// Returns ln ‖δ‖ after 0 … `steps` steps back from the unit vector `start`. The Jacobian of a
  /// step is its scaled form times 2^exponent.
  private static func run(
    steps: Int, start: Tensor<Double>,
    _ jacobian: (_ stepsBack: Int) -> (scaled: Tensor<Double>, exponent: Int)
  ) -> [Double] {
    var signal = start / start.norm()
    var logNorms = [0.0]
    for stepsBack in 0..<steps {
      let (jacobian, exponent) = jacobian(stepsBack)
      signal = matvec(jacobian.transposed, signal)
      let factor = signal.norm()
      logNorms.append(logNorms[stepsBack] + Double.log(factor) + Double(exponent) * Double.log(2))
      if factor > 0 { signal = signal / factor }
    }
    return logNorms
  }
}

extension Tensor<Double> {
  /// Returns this tensor times 2^−exponent, with the exponent chosen so that products and squares
  /// of its elements are in the range of a double. The exponent is 0 unless the elements are
  /// extreme, and if an element is not finite or all are 0.
  func scaledIntoRange() -> (scaled: Tensor, exponent: Int) {
    let largest = maxMagnitude()
    guard largest > 0, largest.isFinite, !(0x1p-400...0x1p400).contains(largest) else {
      return (self, 0)
    }
    // 2^1022 is the largest power whose inverse is a normal number.
    let exponent = Swift.max(-1022, Int(largest.exponent))
    return (self * Double(sign: .plus, exponent: -exponent, significand: 1), exponent)
  }
}
