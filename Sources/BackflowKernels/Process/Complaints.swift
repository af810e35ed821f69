internal import CVectorKernels

/// Reports a problem with the environment on standard error, in one line.
func complain(_ message: String) { StandardStream.error.write("backflow: \(message)\n") }

/// Returns at most 100 Unicode scalars of `text` in quotation marks, in one line. (A character can
/// consist of any number of scalars.)
func quoted(_ text: String) -> String {
  let shown = String(text.unicodeScalars.prefix(100))
  return shown.debugDescription + (text.unicodeScalars.count > 100 ? "…" : "")
}

/// The value of `BACKFLOW_ISA` when the program was loaded.
package enum InstructionSetRequest {
  /// Reports, once, a value that cannot be used.
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
      ? "is \(wanted), which this processor does not support"
      : "is \(quoted(wanted)), but must be one of \(known.joined(separator: ", "))"
    return "BACKFLOW_ISA \(reason); using \(used)"
  }
}
