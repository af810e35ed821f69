import Backflow
import Testing

/// Every byte of small files is changed or missing. The test is that nothing stops the program.
@Suite struct `A damaged PyTorch file` {
  static let files: [(name: String, bytes: [UInt8])] = [
    ("stream", StreamFile(dictionary(("x", tensor()), ("rate", integer(1)))).bytes),
    (
      "module",
      pickle(
        global("some", "Net") + [0x29, 0x81]
          + dictionary(
            ("_parameters", dictionary(("w", numpyScalar(1)))), ("_buffers", [0x7D]),
            ("_modules", [0x7D]), ("_non_persistent_buffers_set", [0x8F])) + [0x62])
    ),
    ("array", pickle(dictionary(("x", array([2, 3], "f4", floats(0..<6), isFortranOrder: true))))),
  ]

  @Test(arguments: files)
  func `gives an error or a checkpoint, wherever it is damaged`(name: String, bytes: [UInt8]) throws
  {
    #expect(try checkpoint(bytes).tensors.count == 1)
    for index in bytes.indices {
      readAll(Array(bytes[..<index]))
      for value in [0, 255, ~bytes[index], bytes[index] ^ 1] {
        var damaged = bytes
        damaged[index] = value
        readAll(damaged)
      }
    }
  }

  @Test(arguments: files)
  func `is rejected if its end is missing`(name: String, bytes: [UInt8]) {
    for length in 1..<bytes.count {
      #expect((try? checkpoint(Array(bytes[..<length]))) == nil, "\(length) bytes")
    }
  }
}
