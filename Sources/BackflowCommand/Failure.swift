internal import ArgumentParser
internal import BackflowConsole

/// Writes an error to standard error and returns the exit code for it. ArgumentParser handles usage
/// errors, which have code 64.
func failure(_ error: some Error) -> ExitCode {
  complain("\(error)")
  return .failure
}
