internal import BackflowLayers
internal import BackflowLinearAlgebra

/// The steps of one sample of a forward pass that can be analyzed.
struct SampleRun {
  /// The number of steps, which ends where products would overflow.
  let steps: Int
  /// Why the run is shorter than the sample, or `nil` if it is not.
  let divergence: Divergence?

  /// What exceeded `limit` after the last step of a run.
  enum Divergence {
    case state, input
  }

  /// The largest absolute value of a state or an input whose products are analyzed.
  static let limit = 1e100
}

extension RecurrentCache where State.Scalar == Double {
  /// The steps of a sample of which the state and the input are bounded.
  func run(ofSample sample: Int) -> SampleRun {
    func isBounded(_ values: Tensor<Double>) -> Bool {
      values.isFinite && values.maxMagnitude() <= SampleRun.limit
    }
    let states = [hidden] + (cellState.map { [$0] } ?? [])
    let count = steps(ofSample: sample)
    if (states + [input]).allSatisfy({ $0.isEmpty || isBounded($0) }) {
      return SampleRun(steps: count, divergence: nil)
    }
    for step in 0..<count {
      if !input.isEmpty, !isBounded(input.select(step).select(sample)) {
        return SampleRun(steps: step, divergence: .input)
      }
      if !states.allSatisfy({ isBounded($0.select(step).select(sample)) }) {
        return SampleRun(steps: step, divergence: .state)
      }
    }
    return SampleRun(steps: count, divergence: nil)
  }

  /// The number of steps of a sample.
  private func steps(ofSample sample: Int) -> Int {
    (0..<hidden.shape[0]).prefix { active[$0] > sample }.count
  }

  /// The largest absolute value of the input in these runs of the samples, or `nil` without input.
  func largestInput(in runs: [SampleRun]) -> Double? {
    guard !input.isEmpty else { return nil }
    return runs.enumerated().filter { $0.element.steps > 0 }.map { sample, run in
      input(ofSample: sample, steps: run.steps).maxMagnitude()
    }.max()
  }

  /// The input of the first steps of a sample, [steps, I].
  func input(ofSample sample: Int, steps: Int) -> Tensor<Double> {
    input[0..<steps].select(sample, axis: 1)
  }

  /// The state in which a sample starts, [S].
  func initialState(ofSample sample: Int) -> Tensor<Double> {
    .concatenate(initialState.tensors.map { $0.select(sample) })
  }
}

extension CellRecurrence {
  /// The recurrence of a sample of a forward pass over its first steps.
  init(_ cell: Cell, sample: Int, steps: Int, of cache: Cell.Cache) {
    self.init(
      cell, reading: cache.input(ofSample: sample, steps: steps),
      from: cache.initialState(ofSample: sample))
  }
}
