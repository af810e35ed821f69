import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `An array written and read again` {
  static let shapes: [Shape] = [
    [], [1], [5], [0], [2, 3], [3, 0], [0, 0], [1, 1], [2, 3, 4], [4, 0, 2],
    [1, 2, 1, 2, 1, 2, 1, 2],
  ]

  @Test(arguments: shapes)
  func `is the same to the bit`(shape: Shape) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let directory = try TemporaryDirectory()
      var random = RandomSource(seed: 17)
      let tensor: Tensor<S> = random.normal(shape)
      let path = directory.file("a.npy")
      try NPY.write(tensor, to: path)
      let back: Tensor<S> = try NPY.read(path)
      #expect(back == tensor)
      #expect(try directory.contents() == ["a.npy"])
    }
  }

  @Test func `keeps NaN and the sign of zero`() throws {
    let directory = try TemporaryDirectory()
    let special: [Double] = [
      -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi,
    ]
    try NPY.write(Tensor(special), to: directory.file("d.npy"))
    let doubles = try NPY.read(directory.file("d.npy"), as: Double.self).elements
    #expect(doubles.map(\.bitPattern) == special.map(\.bitPattern))
    let singles = special.map(Float.init)
    try NPY.write(Tensor(singles), to: directory.file("f.npy"))
    let floats = try NPY.read(directory.file("f.npy"), as: Float.self).elements
    #expect(floats.map(\.bitPattern) == singles.map(\.bitPattern))
  }

  @Test func `changes precision by rounding`() throws {
    let directory = try TemporaryDirectory()
    let doubles = Tensor<Double>([1.0 / 3, 1e300, 1e-300])
    try NPY.write(doubles, to: directory.file("d.npy"))
    #expect(try NPY.read(directory.file("d.npy"), as: Float.self) == Tensor<Float>(doubles))
    let floats = Tensor<Float>([1.0 / 3, 0.1])
    try NPY.write(floats, to: directory.file("f.npy"))
    #expect(try NPY.read(directory.file("f.npy"), as: Double.self) == Tensor<Double>(floats))
  }

  @Test func `replaces an existing file`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.npy")
    try NPY.write(Tensor<Float>.ones([100]), to: path)
    try NPY.write(Tensor<Float>([2]), to: path)
    #expect(try NPY.read(path, as: Float.self) == Tensor([2]))
    #expect(try directory.contents() == ["a.npy"])
  }

  @Test(arguments: shapes)
  func `has data that start at a multiple of 64 bytes, after a newline`(shape: Shape) throws {
    let bytes = NPY.encode(Tensor<Float>(repeating: 1, shape: shape))
    let start = bytes.count - 4 * shape.elementCount
    #expect(start % 64 == 0 && bytes[start - 1] == UInt8(ascii: "\n"))
    #expect(Int(bytes[8]) + 256 * Int(bytes[9]) == start - 10)
  }

  @Test func `leaves nothing behind if it cannot be written`() throws {
    let directory = try TemporaryDirectory()
    let tensor = Tensor<Float>([1, 2])
    let missing = directory.file("missing/a.npy")
    let first = #expect(throws: CheckpointError.self) { try NPY.write(tensor, to: missing) }
    #expect(first?.file == missing && first?.problem.hasPrefix("cannot be written: ") == true)
    #expect(try directory.contents() == [])

    try FileManager.default.createDirectory(
      atPath: directory.file("a.npy"), withIntermediateDirectories: false)
    let second = #expect(throws: CheckpointError.self) {
      try NPY.write(tensor, to: directory.file("a.npy"))
    }
    #expect(second?.file == directory.file("a.npy"))
    #expect(try directory.contents() == ["a.npy"] && directory.contents("a.npy") == [])

    _ = try directory.write([1], to: "file")
    let third = #expect(throws: CheckpointError.self) {
      try NPY.write(tensor, to: directory.file("file/b.npy"))
    }
    #expect(third?.file == directory.file("file/b.npy"))
    #expect(try directory.contents() == ["a.npy", "file"])
  }
}
