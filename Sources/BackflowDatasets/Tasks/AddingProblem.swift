public import BackflowKernels
public import BackflowLinearAlgebra

/// The adding problem: two marked numbers of a long sequence have to be added.
///
/// Each step has a number that is uniform on [0, 1) and a mark that is 1 at two steps and 0
/// elsewhere. The first mark is at a random step of the first half of the sequence, and the second
/// at one of the second half. The target is the sum of the two marked numbers.
///
/// Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9, 1997, section 5.4,
/// in the form of Arjovsky, Shah and Bengio, "Unitary evolution recurrent neural networks", ICML
/// 2016, section 5.2.
public struct AddingProblem<Scalar: RealScalar>: Sendable {
  /// The number and the mark of each step, [T, B, 2].
  public let sequence: Tensor<Scalar>
  /// The sum of the two marked numbers, [B, 1].
  public let targets: Tensor<Scalar>

  /// Returns the mean squared error of a network that always answers 1, the variance of the sum:
  /// 1/6.
  public static var baselineError: Double { 1.0 / 6 }

  /// Draws B = `batch` sequences of T = `steps` steps.
  ///
  /// - Precondition: T is at least 2, and B is not negative.
  /// - Complexity: O(T × B)
  public init(steps: Int, batch: Int, using random: inout RandomSource) {
    require(steps >= 2 && batch >= 0, "AddingProblem: \(batch) sequences of \(steps) steps")
    var sequence = Tensor<Double>.zeros([steps, batch, 2])
    var targets = Tensor<Double>.zeros([batch, 1])
    for sample in 0..<batch {
      for step in 0..<steps { sequence[step, sample, 0] = random.uniform() }
      let half = steps / 2
      for step in [random.integer(below: half), half + random.integer(below: steps - half)] {
        sequence[step, sample, 1] = 1
        targets[sample, 0] += sequence[step, sample, 0]
      }
    }
    (self.sequence, self.targets) = (Tensor(sequence), Tensor(targets))
  }
}
