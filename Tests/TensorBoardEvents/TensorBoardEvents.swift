import Backflow

// The program for scripts/tests/tensorboard: a training of 10 steps that is interrupted after step
// 7 and continues from the checkpoint of step 5, in the same second.
@main
struct TensorBoardEvents {
  static func main() throws {
    guard CommandLine.arguments.count == 2 else { stop("usage: tensorboard-events DIRECTORY") }
    let directory = CommandLine.arguments[1]
    let first = try TensorBoardLog(in: directory, clock: { 1000 })
    for step in 1...7 { add(Double(step), to: first, at: step) }
    try first.flush()
    let second = try TensorBoardLog(in: directory, from: 6, clock: { 1000 })
    for step in 6...10 { add(Double(step) + 0.5, to: second, at: step) }
    second.add(.nan, named: "unusual/nan", at: 1)
    second.add(-0.0, named: "unusual/zero", at: 0)
    second.addHistogram(of: Tensor<Float>([.nan, .infinity]), named: "unusual/empty", at: 1)
    try second.flush()
    print(first.path, second.path, separator: "\n")
  }

  /// The number, and a histogram of -step ... step in steps of 1.
  private static func add(_ value: Double, to log: TensorBoardLog, at step: Int) {
    log.add(value, named: "loss", at: step)
    let elements = (-step...step).map { Float($0) }
    log.addHistogram(of: Tensor(elements), named: "layer/weight é", at: step)
  }

  private static func stop(_ message: String) -> Never { fatalError(message) }
}
