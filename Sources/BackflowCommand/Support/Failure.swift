internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import BackflowFiles
internal import Foundation

/// An error of the command itself.
struct CommandError: BackflowError {
  /// What is wrong, with its exit code by sysexits.h.
  enum Kind: Int32 {
    /// The data of the user are wrong: EX_DATAERR.
    case data = 65
    /// A file or a run does not exist: EX_NOINPUT.
    case noInput = 66
    /// A run exists already: EX_CANTCREAT.
    case cannotCreate = 73
  }

  let kind: Kind
  let description: String

  init(_ kind: Kind, _ description: String) { (self.kind, self.description) = (kind, description) }
}

/// Writes an error to standard error and returns the exit code for it. ArgumentParser handles usage
/// errors, which have code 64.
func failure(_ error: some Error) -> ExitCode {
  complain("\(error)")
  return switch error {
  case let error as CommandError: ExitCode(error.kind.rawValue)
  case is DataError: ExitCode(CommandError.Kind.data.rawValue)
  default: .failure
  }
}

/// The path from the root of the file system.
func absolutePath(_ path: String) -> String {
  URL(fileURLWithPath: path).standardizedFileURL.path
}
