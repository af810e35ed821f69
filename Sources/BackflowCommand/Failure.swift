internal import ArgumentParser
internal import BackflowConsole

/// Says what went wrong on standard error and ends with a code of its own; usage errors are
/// ArgumentParser's and end with 64.
func failure(_ error: some Error) -> ExitCode {
  complain("\(error)")
  return .failure
}
