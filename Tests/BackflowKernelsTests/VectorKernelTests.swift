import CVectorKernels
import Foundation
import Testing

@Suite struct `VectorKernels, their table` {
  @Test func `begins with the portable kernels and names every row`() {
    #expect(String(cString: backflow_kernels_isa(0)) == "portable")
    #expect(backflow_kernels_at_f32(0) != nil)
    #expect(backflow_kernels_at_f64(0) != nil)
    for i in 0..<backflow_kernels_count() {
      let isa = String(cString: backflow_kernels_isa(i))
      #expect((backflow_kernels_at_f32(i) == nil) == (backflow_kernels_at_f64(i) == nil))
      guard let single = backflow_kernels_at_f32(i), let double = backflow_kernels_at_f64(i) else {
        continue
      }
      #expect(String(cString: single.pointee.isa) == isa)
      #expect(String(cString: double.pointee.isa) == isa)
    }
    #expect(backflow_kernels_isa(backflow_kernels_count()) == nil)
    #expect(backflow_kernels_at_f32(backflow_kernels_count()) == nil)
    #expect(backflow_kernels_at_f64(backflow_kernels_count()) == nil)
  }

  @Test func `selects what the environment asks for, or else the best`() {
    let supported = KernelTable<Float>.all.map(\.isa)
    let wanted = ProcessInfo.processInfo.environment["BACKFLOW_ISA"] ?? ""
    let expected = supported.contains(wanted) ? wanted : supported.last
    #expect(String(cString: backflow_kernels_selected_f32().pointee.isa) == expected)
    #expect(String(cString: backflow_kernels_selected_f64().pointee.isa) == expected)
  }
}

@Suite struct `VectorKernels, how they are compared` {
  let values: [Float] = [1, -2, 0]

  @Test func `accepts what is within the tolerance`() {
    #expect(mismatch(values, [1, -2, 0], ulps: 0) == nil)
    #expect(mismatch([Float(1).nextUp], [1], ulps: 1) == nil)
    #expect(mismatch([Float.nan, .infinity], [.nan, 1e300], ulps: 0) == nil)
    #expect(mismatch([Float(1.0005)], [1], ulps: 1, scale: [10000]) == nil)
  }

  @Test func `refuses everything else`() {
    #expect(mismatch([Float](), [], ulps: 1) != nil)
    #expect(mismatch(values, [1, -2], ulps: 1) != nil)
    #expect(mismatch(values, [1, -2, 0], ulps: 1e6) != nil)
    #expect(mismatch(values, [1, -2, 0], ulps: .nan) != nil)
    #expect(mismatch(values, [1, -2, 0], ulps: 1, scale: [1]) != nil)
    #expect(mismatch(values, [1, -2.1, 0], ulps: 1) != nil)
    #expect(mismatch(values, [1, -2, -0.0], ulps: 1) != nil)
    #expect(mismatch(values, [1, .nan, 0], ulps: 1) != nil)
    #expect(mismatch(values, [.infinity, -2, 0], ulps: 1) != nil)
    #expect(mismatch([Float.nan], [1], ulps: 1) != nil)
    #expect(mismatch([Float.infinity], [1], ulps: 1) != nil)
    #expect(mismatch([Float.infinity], [1], ulps: 1, scale: [.infinity]) != nil)
    #expect(mismatch([Float(1).nextUp.nextUp], [1], ulps: 1) != nil)
    #expect(mismatch([Float(1).nextUp], [1], ulps: 0) != nil)
  }
}
