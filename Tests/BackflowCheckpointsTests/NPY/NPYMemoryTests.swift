import Backflow
import Foundation
import TestSupport
import Testing

#if os(Linux)
  @Suite(
    .enabled(
      if: ProcessInfo.processInfo.environment["BACKFLOW_SANITIZER"] == nil,
      "a sanitizer needs additional memory"))
  struct `The memory for reading an array` {
    /// A value in the system's status of this process, in bytes.
    static func memory(_ name: String) throws -> Int {
      let lines = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(lines.split(separator: "\n").first { $0.hasPrefix(name + ":") })
      return 1024
        * (try #require(line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first))
    }

    /// Reads a file of zeros as `Scalar` and returns the growth of peak memory per byte of the
    /// tensor.
    static func growth<Scalar: RealScalar>(
      _ descr: String, size: Int, fortranOrder: String, as _: Scalar.Type
    ) throws -> Double {
      let directory = try TemporaryDirectory()
      let header =
        "{'descr': '\(descr)', 'fortran_order': \(fortranOrder), 'shape': (1200, 1250), }"
      let path = try directory.write(npy(header), to: "a.npy")
      let file = try #require(FileHandle(forWritingAtPath: path))
      try file.truncate(atOffset: UInt64(npy(header).count + 1_500_000 * size))
      try file.close()
      // Resets the peak.
      try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
      let before = try memory("VmRSS")
      let tensor: Tensor<Scalar> = try NPY.read(path)
      let after = try memory("VmHWM")
      #expect(tensor.shape == [1200, 1250])
      return Double(after - before) / Double(1_500_000 * MemoryLayout<Scalar>.size)
    }

    // Each in a separate process, because other tests use memory too.
    @Test func `is at most half more than the array`() async {
      await #expect(processExitsWith: .success) {
        let growth = try Self.growth("<f8", size: 8, fortranOrder: "False", as: Double.self)
        #expect((0.9...1.5).contains(growth), "\(growth)")
      }
    }

    @Test func `is at most half more than the array in Fortran order`() async {
      await #expect(processExitsWith: .success) {
        let growth = try Self.growth("<f8", size: 8, fortranOrder: "True", as: Double.self)
        #expect((0.9...1.5).contains(growth), "\(growth)")
      }
    }

    @Test func `is at most half more than the array in another precision`() async {
      await #expect(processExitsWith: .success) {
        let growth = try Self.growth(">f4", size: 4, fortranOrder: "True", as: Double.self)
        #expect((0.9...1.5).contains(growth), "\(growth)")
      }
    }
  }
#endif
