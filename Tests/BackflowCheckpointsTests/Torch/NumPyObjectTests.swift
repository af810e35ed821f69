import Backflow
import Testing

/// The opcodes of an array of NumPy 1.
func array(
  _ shape: [Int], _ type: String, _ bytes: [UInt8], order: String = "<",
  isFortranOrder: Bool = false, module: String = "numpy.core.multiarray"
) -> [UInt8] {
  array(shape, type, opcodes: shortBytes(bytes), order, isFortranOrder, module)
}

func array(
  _ shape: [Int], _ type: String, opcodes: [UInt8], _ order: String = "<",
  _ isFortranOrder: Bool = false, _ module: String = "numpy.core.multiarray"
) -> [UInt8] {
  let descr =
    global("numpy", "dtype") + tuple(text(type), [0x89], [0x88]) + [0x52]
    + tuple(integer(3), text(order), none, none, none, integer(-1), integer(-1), integer(0))
    + [0x62]
  return global(module, "_reconstruct")
    + tuple(global("numpy", "ndarray"), tuple(of: [0]), shortBytes([98])) + [0x52]
    + tuple(integer(1), tuple(of: shape), descr, [isFortranOrder ? 0x88 : 0x89], opcodes) + [0x62]
}

@Suite struct `An array of NumPy in a pickle` {
  private func read(_ opcodes: [UInt8]) throws -> StoredTensor? {
    try checkpoint(pickle(dictionary(("x", opcodes))))["x"]
  }

  @Test func `is read in both orders of axes and of bytes`() throws {
    let expected = Tensor((0..<6).map(Float.init), shape: [2, 3])
    for module in ["numpy.core.multiarray", "numpy._core.multiarray"] {
      #expect(try read(array([2, 3], "f4", floats(0..<6), module: module))?.values() == expected)
    }
    let transposed = array([3, 2], "f4", floats(0..<6), isFortranOrder: true)
    let values = try #require(try read(transposed)).values(as: Float.self)
    #expect(values == Tensor([0, 3, 1, 4, 2, 5], shape: [3, 2]))
    #expect(try read(array([2], "i2", [0, 1, 1, 0], order: ">"))?.integers() == [1, 256])
    #expect(try read(array([3], "b1", [1, 0, 1], order: "|"))?.integers() == [1, 0, 1])
    #expect(try read(array([0, 2], "f8", []))?.shape == [0, 2])
    #expect(try read(numpyScalar(-2.5))?.values() == Tensor(scalar: -2.5))
  }

  @Test func `is read from text in Latin-1`() throws {
    func encoded(_ text: [UInt8], _ codec: String = "latin1") -> [UInt8] {
      let bytes = [0x58] + littleEndian(text.count, size: 4) + text
      return global("_codecs", "encode") + bytes
        + [0x58] + littleEndian(codec.utf8.count, size: 4) + Array(codec.utf8) + [0x86, 0x52]
    }
    // The characters U+0001, U+0080 and U+00FF.
    let text: [UInt8] = [1, 0xC2, 0x80, 0xC3, 0xBF]
    #expect(try read(array([3], "u1", opcodes: encoded(text)))?.integers() == [1, 128, 255])
    let invalid: [[UInt8]] = [
      encoded([0xC4, 0x80]), encoded([0xC2]), encoded([0x80]), encoded([0xC2, 0x41]),
      encoded([0xFF]), encoded([1, 2, 3], "rot13"),
    ]
    for opcodes in invalid {
      #expect(throws: CheckpointError.self) { try read(array([1], "u1", opcodes: opcodes)) }
    }
  }

  @Test func `is rejected if it does not have its bytes`() {
    let damaged: [[UInt8]] = [
      array([2], "f4", floats(0..<1)), array([2], "f4", floats(0..<3)),
      array([Int.max, 2], "f4", []), array([-1], "f4", []),
      array([2], "f4", floats(0..<2), order: "x"),
      array([Int.max, Int.max, 0], "f4", []), array([1], "f4", opcodes: none),
    ]
    for opcodes in damaged {
      let error = #expect(throws: CheckpointError.self) { try read(opcodes) }
      #expect(error?.entry == "x")
    }
  }

  @Test(arguments: ["O8", "U2", "S3", "M8", "V4", "f16"])
  func `of a type without real numbers is named and not read`(type: String) throws {
    let checkpoint = try checkpoint(pickle(dictionary(("x", array([1], type, [0])))))
    #expect(checkpoint.omissions.map(\.name) == ["x"])
    #expect(checkpoint.omissions.first?.reason == "an array of NumPy's type \(type)")
  }
}
