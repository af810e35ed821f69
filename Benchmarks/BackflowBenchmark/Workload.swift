internal import Backflow

/// One row of the table: something whose time is measured.
struct Workload {
  /// Which part of a training step is timed.
  enum Pass: String, Encodable {
    case forward
    case forwardBackward = "forward_backward"
    /// A whole training step: forward, loss, backward, clipping, update.
    case training
    /// The same, with a health monitor that looks at every tenth step.
    case monitoredEvery10 = "monitored_every_10"
    /// The same, with a health monitor that looks at every step.
    case monitoredEveryStep = "monitored_every_step"
  }

  /// `kind/sizes`, each size with the letter of its axis: b batch, t time, i input, h hidden.
  let name: String
  let pass: Pass
  let scalar: String
  /// Floating-point operations of one run, an addition and a multiplication counting as two.
  let flops: Double
  /// Makes the inputs, and checks the result against a computation in double precision before
  /// anything is timed.
  let prepare: () throws -> Prepared

  /// A workload whose inputs exist and whose result was found right.
  struct Prepared {
    /// Does the work once and returns a number that depends on all of it.
    let run: () -> Double
    /// How often `run` does it.
    var repetitions = 1
    /// The same without what the row is about; the two are timed in turn, and compared.
    var baseline: (() -> Double)?
    /// The inputs, parameters and results by name, for others to compute again; empty where there
    /// is nothing to compare.
    var tensors: () -> [(name: String, value: Tensor<Float>)] = { [] }
  }
}

/// A result that is not what double precision says it should be.
struct WrongResult: Error, CustomStringConvertible {
  let workload: String
  let what: String
  let relativeError: Double

  var description: String {
    "\(workload): \(what) is wrong by \(relativeError) relative to double precision; not timed"
  }
}
