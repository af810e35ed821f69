internal import CVectorKernels

extension VectorKernels {
  /// The instruction set whose kernels are in use: portable, x86-64-v3 or x86-64-v4.
  package static var instructionSet: String {
    unsafe String(cString: backflow_kernels_selected_f32().pointee.isa)
  }

  /// Multiplies and adds in registers as fast as the instruction set can, in single precision.
  package static func runMultiplyAdds(rounds: Int) -> Double {
    unsafe peak.map { unsafe Double($0.pointee.run(rounds, 1)) } ?? 0
  }

  /// The number of floating-point operations of `runMultiplyAdds`.
  package static func flopsOfMultiplyAdds(rounds: Int) -> Int {
    unsafe peak.map { unsafe rounds * $0.pointee.flops_per_round } ?? 0
  }

  private static var peak: UnsafePointer<backflow_peak>? {
    unsafe backflow_peak_for(backflow_kernels_selected_f32().pointee.isa)
  }
}
