internal import BackflowKernels
internal import BackflowLinearAlgebra

extension Tensor {
  /// Overwrites the samples `range` of step `t` of a sequence [T, B, F] with `rows`, [samples, F].
  mutating func replaceRows(_ range: Range<Int>, at t: Int, with rows: Tensor) {
    var step = select(t)
    step[range] = rows
    self[t..<t + 1] = step.reshaped(to: [1, shape[1], shape[2]])
  }
}
