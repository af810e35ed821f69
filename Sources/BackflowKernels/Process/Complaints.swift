internal import CVectorKernels

/// Says on standard error, in one line, what is wrong with the environment.
func complain(_ message: String) { StandardStream.error.write("backflow: \(message)\n") }

/// At most 100 Unicode scalars of `text` in quotation marks, in one line. A character can have any
/// number of them.
func quoted(_ text: String) -> String {
  let shown = String(text.unicodeScalars.prefix(100))
  return shown.debugDescription + (text.unicodeScalars.count > 100 ? "…" : "")
}

/// What `BACKFLOW_ISA` asked for when the program was loaded.
package enum InstructionSetRequest {
  /// Complains, once, if the request could not be met.
  static let complaintIfRefused: Void = {
    guard let wanted = unsafe backflow_kernels_refused_isa() else { return }
    let known = (0..<backflow_kernels_count()).compactMap { index in
      unsafe backflow_kernels_isa(index).map { unsafe String(cString: $0) }
    }
    complain(
      complaint(
        of: unsafe String(cString: wanted), known: known, used: VectorKernels.instructionSet))
  }()

  package static func complaint(of wanted: String, known: [String], used: String) -> String {
    let reason =
      known.contains(wanted)
      ? "asks for \(wanted), which this processor does not support"
      : "is \(quoted(wanted)), which is none of \(known.joined(separator: ", "))"
    return "BACKFLOW_ISA \(reason); using \(used)"
  }
}
