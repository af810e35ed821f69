internal import BackflowKernels

/// Writes text to standard output, at once and without a trap: `print` would hold a line without an
/// end back, and Foundation's file handles stop the program when the disk is full.
package func say(_ text: String, terminator: String = "\n") {
  StandardStream.output.write(text + terminator)
}

/// Writes a line to standard error, under the program's name.
package func complain(_ message: String) {
  StandardStream.error.write("\(programName): \(message)\n")
}

/// Whether standard output is a terminal.
package var outputIsTerminal: Bool { StandardStream.output.isTerminal }

private let programName = CommandLine.arguments.first?.split(separator: "/").last ?? "backflow"
