import Foundation

/// One of the package's executables, run as a user runs it.
struct Program {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  let name: String

  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome {
    let process = try start(arguments)
    // Read to the end before waiting, or a full pipe would stop the program.
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
    // The executables lie beside the test bundle.
    process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
      .deletingLastPathComponent().appendingPathComponent(name)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return (process, output.fileHandleForReading, errors.fileHandleForReading)
  }
}

/// Reads a pipe to its end on a thread of its own.
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

/// An empty folder that is gone after `body`.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
