internal import CVectorKernels

extension VectorKernels {
  /// The instruction set whose kernels are in use: portable, x86-64-v3 or x86-64-v4.
  package static var instructionSet: String {
    unsafe String(cString: backflow_kernels_selected_f32().pointee.isa)
  }

  /// Multiplies and adds in registers as fast as the instruction set can, in single precision.
  package static func runMultiplyAdds(rounds: Int) -> Double {
    Double(Float._routines.vector.multiplyAdds(rounds, 1))
  }

  /// The floating-point operations that `runMultiplyAdds` does.
  package static func flopsOfMultiplyAdds(rounds: Int) -> Int {
    Float._routines.vector.multiplyAddsFlops(rounds)
  }
}
