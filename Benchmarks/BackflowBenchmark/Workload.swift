internal import Backflow

/// A row of the table of workloads.
struct Workload {
  /// The timed part of a training step.
  enum Pass: String, Encodable {
    case forward
    /// The forward pass of the prepared network, without a cache.
    case served
    case forwardBackward = "forward_backward"
    /// A complete training step: forward, loss, backward, clipping, update.
    case training
    /// A complete training step with a health monitor that observes every tenth step.
    case monitoredEvery10 = "monitored_every_10"
    /// A complete training step with a health monitor that observes every step.
    case monitoredEveryStep = "monitored_every_step"
    /// A complete training step with a health monitor that observes every tenth step, and tests
    /// there that the loss changes as the gradient says.
    case testedEvery10 = "tested_every_10"
  }

  /// The name, `kind/sizes`, where each size has the letter of its axis: b batch, t time, i input,
  /// h hidden, c channels, hw height and width, d features.
  let name: String
  let pass: Pass
  let scalar: String
  /// The floating-point operations of the products of one run, 0 if it has none. An addition and a
  /// multiplication count as two.
  let flops: Double
  /// A closure that creates the inputs, and compares the result with a computation in double
  /// precision before it is timed.
  let prepare: () throws -> Prepared

  /// A workload with its inputs, after its result has been verified.
  struct Prepared {
    /// Performs the work once and returns a number that depends on all of it.
    let run: () -> Double
    /// The number of times that `run` performs the work.
    var repetitions = 1
    /// The baseline: the work without the measured feature, timed in alternation with `run`.
    var baseline: (() -> Double)?
    /// The inputs, parameters, and results by name, for other programs to recompute. Empty if there
    /// is nothing to compare.
    var tensors: () -> [(name: String, value: Tensor<Float>)] = { [] }
  }
}

/// An error for a result that differs from that in double precision.
struct WrongResult: Error, CustomStringConvertible {
  let workload: String
  let what: String
  let relativeError: Double

  var description: String {
    "\(workload): \(what) has a relative error of \(relativeError) compared with double precision; not timed"
  }
}
