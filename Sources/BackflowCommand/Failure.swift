internal import ArgumentParser
internal import Foundation

/// Says what went wrong on standard error and ends with a code of its own; usage errors are
/// ArgumentParser's and end with 64.
func failure(_ error: some Error) -> ExitCode {
  complain("\(error)")
  return .failure
}

/// Writes a line of results. Unlike `print`, nothing waits in a buffer behind a progress bar.
func say(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// Writes a line to standard error, under the program's name.
func complain(_ message: String) {
  FileHandle.standardError.write(Data("backflow: \(message)\n".utf8))
}
