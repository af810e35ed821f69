internal import BackflowKernels

/// Writes text to standard output without buffering, and without a trap if that fails. `print`
/// would buffer an incomplete line, and Foundation's file handles terminate the program if the disk
/// is full.
package func say(_ text: String, terminator: String = "\n") {
  StandardStream.output.write(text + terminator)
}

/// Writes a line with the name of the program to standard error.
package func complain(_ message: String) {
  StandardStream.error.write("\(programName): \(message)\n")
}

/// Whether standard output is a terminal that can redraw a line.
package var outputIsTerminal: Bool { StandardStream.output.isTerminal }

private let programName = CommandLine.arguments.first?.split(separator: "/").last ?? "backflow"
