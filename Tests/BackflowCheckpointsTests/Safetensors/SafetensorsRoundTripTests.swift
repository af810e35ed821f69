import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A safetensors file` {
  @Test func `returns the values to the bit, and is the same file when saved again`() throws {
    let directory = try TemporaryDirectory()
    var random = RandomSource(seed: 3)
    let special: [Double] = [-0.0, .nan, .infinity, .leastNonzeroMagnitude, -.pi]
    let singles: Tensor<Float> = random.normal([3, 1, 70_000])
    var checkpoint = Checkpoint(
      [
        "z.single": StoredTensor(singles),
        "special": StoredTensor(Tensor(special)),
        "empty": StoredTensor(Tensor<Double>.zeros([2, 0, 3])),
        "scalar": StoredTensor(Tensor<Float>(scalar: 7)),
        "signed": StoredTensor([Int64.min, -1, 0, .max], shape: [2, 2]),
        "unsigned \"\\\n\u{1}é😀": StoredTensor([UInt64.max], shape: []),
      ],
      metadata: ["format": "pt", "a\"\t": "line\nline"])
    let path = directory.file("a.safetensors")
    try checkpoint.write(to: path)

    let read = try Checkpoint(contentsOf: path)
    #expect(read.metadata == checkpoint.metadata)
    #expect(Set(read.tensors.keys) == Set(checkpoint.tensors.keys))
    #expect(try read["z.single"]?.values() == singles)
    let back = try #require(read["special"]).values(as: Double.self)
    #expect(back.elements.map(\.bitPattern) == special.map(\.bitPattern))
    #expect(read["empty"]?.shape == [2, 0, 3])
    #expect(try read["scalar"]?.values(as: Double.self).scalar == 7)
    #expect(try read["signed"]?.integers() == [Int64.min, -1, 0, .max])
    #expect(try read["unsigned \"\\\n\u{1}é😀"]?.integers() == [UInt64.max])

    try read.write(to: directory.file("b.safetensors"))
    #expect(try bytes(of: path) == bytes(of: directory.file("b.safetensors")))
    // The order of insertion does not matter.
    checkpoint.tensors.reverse()
    try checkpoint.write(to: directory.file("c.safetensors"))
    #expect(try bytes(of: path) == bytes(of: directory.file("c.safetensors")))
  }

  @Test func `starts its data at a multiple of 8 bytes, wide types first`() throws {
    let directory = try TemporaryDirectory()
    for name in ["a", "ab", "abc", "abcd", "abcde"] {
      let checkpoint = Checkpoint([
        name: StoredTensor(Tensor<Float>([1])), "w": StoredTensor(Tensor<Double>([1])),
      ])
      let path = directory.file("a.safetensors")
      try checkpoint.write(to: path)
      let file = try bytes(of: path)
      let length = Int(file[0])
      #expect(file.count == 8 + length + 12)
      #expect((8 + length) % 8 == 0)
      #expect(try Array(Checkpoint(contentsOf: path).tensors.keys) == ["w", name])
    }
  }

  @Test func `of integers that do not fit is an error with the element`() throws {
    let stored = StoredTensor([UInt64.max, 1], shape: [2])
    let error = #expect(throws: CheckpointError.self) { try stored.integers(as: Int64.self) }
    #expect(error?.problem.contains("element 0") == true)
    #expect(try StoredTensor([-3], shape: [1]).integers() == [Int8(-3)])
    #expect(throws: CheckpointError.self) {
      try StoredTensor([-3], shape: [1]).integers(as: UInt8.self)
    }
    #expect(throws: CheckpointError.self) {
      try StoredTensor(Tensor<Float>([1])).integers(as: Int.self)
    }
  }

  @Test func `that is damaged gives an error or its tensors`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a.safetensors")
    try Checkpoint(
      [
        "a.b": StoredTensor(Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [2, 3])),
        "n": StoredTensor([5], shape: []),
      ], metadata: ["k": "v\n"]
    ).write(to: path)
    try checkDamage(of: bytes(of: path), name: "a.safetensors")
  }
}

/// Reads a file cut at every byte, and with every byte set to 0, to 255 and inverted. Expects a
/// typed error with the name of the file, or tensors whose values can be read or give such an
/// error.
func checkDamage(
  of file: [UInt8], name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  var (readings, errors) = (0, 0)
  func read(_ bytes: [UInt8]) throws {
    do throws(CheckpointError) {
      let checkpoint = try Checkpoint(bytes: bytes, name: name)
      for tensor in checkpoint.tensors.values where tensor.byteCount < 1 << 24 {
        let real = tensor.viewAsReal ?? tensor
        _ = try real.values(as: Double.self)
      }
      readings += 1
    } catch {
      #expect(error.file == name && !error.problem.isEmpty, sourceLocation: sourceLocation)
      errors += 1
    }
  }
  try read(file)
  #expect(readings == 1, "the undamaged file is readable", sourceLocation: sourceLocation)
  for end in file.indices { try read(Array(file[..<end])) }
  for index in file.indices {
    for byte in [0, 255, ~file[index]] where byte != file[index] {
      var damaged = file
      damaged[index] = byte
      try read(damaged)
    }
  }
  #expect(errors > 0, sourceLocation: sourceLocation)
}
