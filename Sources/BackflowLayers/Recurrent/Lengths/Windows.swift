internal import BackflowKernels
public import BackflowLinearAlgebra

extension Tensor {
  /// Returns a sequence [T, B, F] as windows of at most `steps` steps, in order, for truncated
  /// backpropagation through time (Williams and Peng, Neural Computation 2, 1990). Each window
  /// starts from the final state of the window before it. Since a state is a plain value, no
  /// gradient crosses the boundary.
  ///
  ///     let parts = lengths.windows(ofSteps: 50, of: x.shape[0])
  ///     for (window, own) in zip(x.windows(ofSteps: 50), parts) {
  ///       (output, states, cache) = network.forward(window, initialState: states, lengths: own)
  ///     }
  ///
  /// - Precondition: `steps` is at least 1, and the tensor is not a scalar.
  public func windows(ofSteps steps: Int) -> [Tensor] {
    require(rank >= 1 && steps >= 1, "windows of \(steps) steps of a tensor of shape \(shape)")
    return stride(from: 0, to: shape[0], by: steps).map {
      self[$0..<Swift.min($0 + steps, shape[0])]
    }
  }
}

extension [Int] {
  /// Returns the lengths of a batch's samples in each window of at most `steps` steps of a sequence
  /// of `time` steps: min(max(length − start, 0), steps of the window). The state of a sample that
  /// has ended does not change.
  ///
  /// - Precondition: `steps` is at least 1, and the lengths are in 0...time.
  public func windows(ofSteps steps: Int, of time: Int) -> [[Int]] {
    require(steps >= 1, "windows of \(steps) steps of a sequence of \(time)")
    require(
      allSatisfy { (0...time).contains($0) }, "lengths \(self) of a sequence of \(time) steps")
    return stride(from: 0, to: time, by: steps).map { start in
      map { Swift.min(Swift.max($0 - start, 0), steps) }
    }
  }
}
