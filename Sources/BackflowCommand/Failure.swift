internal import ArgumentParser
internal import Foundation

/// Says what went wrong on standard error and ends with a code of its own; usage errors are
/// ArgumentParser's and end with 64.
func failure(_ error: some Error) -> ExitCode {
  complain("\(error)")
  return .failure
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("backflow: \(message)\n".utf8))
}
