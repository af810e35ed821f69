internal import BackflowConsole
internal import Foundation

/// A process that times the workloads that standard input names, so that another program can
/// alternate between it and other processes, and no start of a process is timed.
///
/// The request `prepare WORKLOAD PASS` is answered when the result has been verified, `measure
/// SECONDS` with the times of the prepared workload, and `run COUNT` when it has run so often, for
/// a program that counts its instructions. Each answer is a line of JSON.
struct ResidentProcess {
  private var prepared: Workload.Prepared?

  private struct Failure: Encodable {
    let error: String
  }

  private struct Description: Encodable {
    let scalar: String
    let flops: Double
  }

  /// A number that depends on every run.
  private struct Sum: Encodable {
    let sum: Double
  }

  private struct Times: Encodable {
    let samples: Int
    let medianMilliseconds, minMilliseconds: Double

    enum CodingKeys: String, CodingKey {
      case samples
      case medianMilliseconds = "median_ms"
      case minMilliseconds = "min_ms"
    }
  }

  /// Answers requests until standard input ends.
  mutating func answer() throws {
    while let line = readLine() {
      let request = line.split(separator: " ").map(String.init)
      switch (request.first, request.count) {
      case ("prepare", 3): try prepare(request[1], request[2])
      case ("measure", 2): try measure(request[1])
      case ("run", 2): try run(request[1])
      default: try fail("'\(line)' is not a request")
      }
    }
  }

  private mutating func prepare(_ name: String, _ pass: String) throws {
    prepared = nil
    let workload = allWorkloads.first { $0.name == name && $0.pass.rawValue == pass }
    guard let workload else { return try fail("there is no workload \(name) \(pass)") }
    do {
      prepared = try workload.prepare()
    } catch {
      return try fail("\(error)")
    }
    try say(Description(scalar: workload.scalar, flops: workload.flops))
  }

  private func measure(_ text: String) throws {
    guard let prepared else { return try fail("no workload is prepared") }
    guard let seconds = Double(text), seconds > 0, seconds <= 86_400 else {
      return try fail("'\(text)' is not a number of seconds")
    }
    let measurement = Measurement(
      seconds: seconds, perRun: prepared.repetitions, prepared.run, baseline: prepared.baseline)
    try say(
      Times(
        samples: measurement.samples, medianMilliseconds: measurement.medianMilliseconds,
        minMilliseconds: measurement.minMilliseconds))
  }

  private func run(_ text: String) throws {
    guard let prepared else { return try fail("no workload is prepared") }
    guard let count = Int(text), count > 0 else {
      return try fail("'\(text)' is not a number of runs")
    }
    try say(Sum(sum: (0..<count).reduce(0) { sum, _ in sum + prepared.run() }))
  }

  private func fail(_ message: String) throws { try say(Failure(error: message)) }

  private func say(_ answer: some Encodable) throws {
    BackflowConsole.say(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
  }
}
