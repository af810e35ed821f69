import Foundation

/// An executable of the package, run as by a user.
struct Program {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  let name: String
  /// Additional variables in its environment.
  var environment: [String: String] = [:]

  /// The executables are in the directory of the test bundle.
  var url: URL {
    URL(fileURLWithPath: CommandLine.arguments[0])
      .deletingLastPathComponent().appendingPathComponent(name)
  }

  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome { try outcome(of: start(arguments)) }

  /// Runs the program from a shell with redirections such as ">/dev/full".
  func run(_ arguments: [String], redirected redirections: String) throws -> Outcome {
    let shell = Program(name: "/bin/sh", environment: environment)
    return try shell.run(["-c", "exec \"$0\" \"$@\" \(redirections)", url.path] + arguments)
  }

  private func outcome(
    of process: (process: Process, output: FileHandle, errors: FileHandle)
  ) -> Outcome {
    // Read to the end before waiting, because a full pipe would block the program.
    let errors = Reader(process.errors)
    let output = process.output.readDataToEndOfFile()
    process.process.waitUntilExit()
    return Outcome(
      status: process.process.terminationStatus, output: String(decoding: output, as: UTF8.self),
      errors: String(decoding: errors.finish(), as: UTF8.self))
  }

  func start(
    _ arguments: [String]
  ) throws -> (process: Process, output: FileHandle, errors: FileHandle) {
    let (process, output, errors) = (Process(), Pipe(), Pipe())
    process.executableURL = name.hasPrefix("/") ? URL(fileURLWithPath: name) : url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return (process, output.fileHandleForReading, errors.fileHandleForReading)
  }
}

/// Reads a pipe to its end on a separate thread.
private final class Reader: @unchecked Sendable {
  private var data = Data()
  private let thread = DispatchGroup()

  init(_ handle: FileHandle) {
    DispatchQueue.global().async(group: thread) { self.data = handle.readDataToEndOfFile() }
  }

  func finish() -> Data {
    thread.wait()
    return data
  }
}
