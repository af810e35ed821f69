package import ArgumentParser
internal import BackflowKernels

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension ParsableCommand {
  /// Runs the command for the arguments of the process and ends the process, like `main()`, but
  /// with an exit code that indicates whether output was lost.
  package static func runProcess() -> Never {
    StandardStream.prepare()
    var code = ExitCode.success
    do {
      if let mistyped = mistypedSubcommand(Array(CommandLine.arguments.dropFirst())) {
        throw mistyped
      }
      var command = try parseAsRoot()
      try command.run()
    } catch {
      code = exitCode(for: error)
      let message = fullMessage(for: error)
      if !message.isEmpty {
        let stream: StandardStream = code.isSuccess ? .output : .error
        stream.write(message + "\n")
      }
    }
    if let reason = StandardStream.output.loss {
      complain("standard output could not be written: \(reason); some output is lost")
    }
    let hasLost = StandardStream.allCases.contains { $0.loss != nil }
    end(code.isSuccess && hasLost ? .outputLost : code)
  }
}

// In a command, `exit` is a method of ArgumentParser.
private func end(_ code: ExitCode) -> Never { exit(code.rawValue) }

extension ExitCode {
  /// The exit code if the command succeeded but some output could not be written: EX_IOERR of
  /// sysexits.h.
  package static var outputLost: ExitCode { ExitCode(74) }
}
