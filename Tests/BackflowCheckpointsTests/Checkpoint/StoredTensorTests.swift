import Backflow
import TestSupport
import Testing

@testable import BackflowCheckpoints

@Suite struct `A stored tensor` {
  private func view(
    _ shape: [Int], strides: [Int]? = nil, offset: Int = 0, of bytes: [UInt8],
    _ type: ElementType = .uint8, isBigEndian: Bool = false
  ) throws -> StoredTensor {
    try StoredTensor(
      shape: shape, type: type, source: ByteSource(bytes, of: "some"), isBigEndian: isBigEndian,
      offset: offset, strides: strides)
  }

  @Test func `is a view of its storage`() throws {
    let bytes = [UInt8](0..<24)
    let cases: [(shape: [Int], strides: [Int]?, offset: Int, elements: [Double])] = [
      ([2, 3], nil, 0, [0, 1, 2, 3, 4, 5]),
      ([2, 3], [1, 2], 0, [0, 2, 4, 1, 3, 5]),
      ([3, 2, 2], [1, 12, 3], 1, [1, 4, 13, 16, 2, 5, 14, 17, 3, 6, 15, 18]),
      ([2, 3], [0, 5], 2, [2, 7, 12, 2, 7, 12]),
      ([2, 2], [1, 1], 0, [0, 1, 1, 2]),
      ([], [], 23, [23]),
      ([1, 3, 1], [99, 7, 50], 3, [3, 10, 17]),
      ([0, 5], [1, 1 << 60], 1 << 50, []),
    ]
    for (shape, strides, offset, elements) in cases {
      let tensor = try view(shape, strides: strides, offset: offset, of: bytes)
      #expect(try tensor.elements() == elements, "\(shape) \(strides ?? [])")
      let values: Tensor<Float> = try tensor.values()
      #expect(values.shape == Shape(shape) && values.elements == elements.map { Float($0) })
      #expect(try tensor.integers() == elements.map { Int($0) })
    }
  }

  @Test func `outside its storage is an error`() throws {
    let bytes = [UInt8](repeating: 0, count: 16)
    let cases: [(shape: [Int], strides: [Int]?, offset: Int)] = [
      ([17], nil, 0), ([16], nil, 1), ([2, 2], [15, 1], 0), ([-1], nil, 0), ([2], [-1], 4),
      ([2], nil, -1), ([2], [1, 1], 0), ([Int.max, 2], nil, 0), ([2, 2], [Int.max, 1], 0),
      ([0, Int.max, 4], nil, 0), ([17, 16], [0, 1], 0), ([1 << 40], [0], 0),
      ([Int](repeating: 1, count: 65), nil, 0), ([1], [1], Int.max),
    ]
    for (shape, strides, offset) in cases {
      #expect(throws: CheckpointError.self, "\(shape) \(strides ?? []) \(offset)") {
        try view(shape, strides: strides, offset: offset, of: bytes)
      }
    }
    // Sixteen times the elements of the storage are allowed.
    #expect(try view([16, 16], strides: [0, 1], of: bytes).elements().count == 256)
  }

  @Test func `is read in either byte order`() throws {
    let single: [UInt8] = [0x40, 0x49, 0x0F, 0xDB]
    // π, rounded to nearest, unlike `Float.pi`.
    let pi = Double(Float(bitPattern: 0x4049_0FDB))
    #expect(try view([], of: single, .float32, isBigEndian: true).elements() == [pi])
    #expect(try view([], of: single.reversed(), .float32).elements() == [pi])
    // Each part of a complex number has its own byte order.
    let complex = single + [0x3F, 0x80, 0, 0]
    let stored = try view([1], of: complex, .complex64, isBigEndian: true)
    #expect(try stored.elements() == [pi, 1])
    #expect(stored.viewAsReal?.shape == [1, 2])
    #expect(try stored.viewAsReal?.values(as: Float.self).elements == [Float(pi), 1])
    #expect(throws: CheckpointError.self) { try stored.values(as: Float.self) }
  }

  @Test func `that is much larger than its file is not expanded`() throws {
    let columns = (1 << 23) + 1
    let bytes = [UInt8](repeating: 1, count: columns)
    let tensor = try view([16, columns], strides: [0, 1], of: bytes)
    let readings: [() throws -> Void] = [
      { _ = try tensor.elements() }, { _ = try tensor.values(as: Double.self) },
    ]
    for read in readings {
      let error = #expect(throws: CheckpointError.self) { try read() }
      #expect(error?.problem.contains("64 times the file") == true)
    }
  }

  @Test func `has at most the axes and extents of a shape to become a tensor`() throws {
    let nine = try view([1, 1, 1, 1, 1, 1, 1, 1, 1], of: [7])
    #expect(try nine.elements() == [7])
    #expect(throws: CheckpointError.self) { try nine.values(as: Float.self) }
    let long = try view([0, 1 << 40], of: [])
    #expect(try long.elements() == [])
    #expect(throws: CheckpointError.self) { try long.values(as: Float.self) }
  }
}
