import Backflow
import Testing

// The verdicts are NumPy's; scripts/tests/npy-headers compares many more with NumPy.
@Suite struct `The header of an array file` {
  private func isRead(_ header: String, version: (UInt8, UInt8) = (1, 0)) -> Bool {
    let file = npy(header, data: [UInt8](repeating: 0, count: 16), version: version)
    guard let tensor: Tensor<Float> = try? NPY.decode(file, of: "some.npy") else { return false }
    return tensor.shape == [2, 2]
  }

  @Test(arguments: [
    #"{"descr": "<f4", "fortran_order": False, "shape": (2, 2)}"#,
    "{'shape':(2,2),'fortran_order':False,'descr':'<f4'}",
    "{\n\t'descr'\n:\n'<f4' , # a comment }\n 'fortran_order' : False,\t'shape':\n(2\n,\n2,\n),}\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2L)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2 L,), }   \n",
    "{'shape': (9,), 'descr': '|O', 'shape': (2, 2), 'fortran_order': False, 'descr': '<f4'}",
    "{'descr': 'float32', 'fortran_order': (False), 'shape': (+2, 0x2)}",
    "{'des' 'cr': u'<f4', 'fortran_order': False, 'sh\\x61pe': (2, 2)}",
    "  ({'descr': '''<f4''', r'fortran_order': False, 'shape': (2, 2)})",
  ])
  func `is read as Python reads it`(header: String) { #expect(isRead(header), "\(header)") }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': Falsehood, 'shape': (2, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,,2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (,2, 2)}",
    "'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), 'more': 1}",
    "x = {'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)} x",
    "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2.0, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (02, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 2]}",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}",
    "{'descr': '<f4\", 'fortran_order': False, 'shape': (2, 2)}",
    "{'descr': b'<f4', 'fortran_order': False, 'shape': (2, 2)}",
    "{'Descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2l, 2)}",
    "\n {'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}",
  ])
  func `is rejected if NumPy rejects it`(header: String) {
    #expect(!isRead(header), "\(header)")
    #expect(!isRead(header, version: (2, 0)), "\(header)")
  }

  @Test func `has one of the three versions`() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}"
    for major in UInt8(0)...5 {
      for minor in UInt8(0)...8 {
        #expect(isRead(header, version: (major, minor)) == (1...3 ~= major && minor == 0))
      }
    }
    // Python 2 did not write version 3, so its integers have no L.
    #expect(!isRead("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 2)}", version: (3, 0)))
  }

  @Test func `of version 3 is UTF-8, of the others Latin-1`() {
    let text = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)} #é".utf8)
    for (version, bytes) in [(UInt8(1), [0xE9]), (3, [0xE9]), (3, [0xC3, 0xA9])]
      as [(UInt8, [UInt8])]
    {
      let header = text.dropLast(2) + bytes
      let length: [UInt8] =
        version == 1 ? [UInt8(header.count), 0] : [UInt8(header.count), 0, 0, 0]
      let file =
        [0x93] + Array("NUMPY".utf8) + [version, 0] + length + header
        + [UInt8](repeating: 0, count: 16)
      let tensor: Tensor<Float>? = try? NPY.decode(file, of: "some.npy")
      #expect((tensor != nil) == (version == 1 || bytes.count == 2))
    }
  }

  @Test func `is quoted in a message in no more than a hundred characters, escaped`() {
    for filler in ["x", "\u{1B}[31m", "\n", "\u{0}", "\u{7F}"] {
      let error = errorDecoding(
        npy("{'descr': '<f4', " + String(repeating: filler, count: 3000 / filler.utf8.count)))
      let problem = error?.problem ?? ""
      let quoted = problem.ranges(of: "in the header ").first.map { problem[$0.upperBound...] }
      #expect(quoted.map { (14...100).contains($0.count) } == true, "\(problem)")
      #expect(problem.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }
  }

  @Test func `may be nested deeply`() {
    for part in ["(", "[", "{", "-", "{1:", "(0,"] {
      #expect(errorDecoding(npy(String(repeating: part, count: 9000))) != nil)
    }
  }

  @Test func `of more than 10,000 characters is rejected, as by NumPy`() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}"
    func padded(_ count: Int) -> String {
      header + String(repeating: " ", count: count - header.utf8.count)
    }
    #expect(isRead(padded(10_000)) && !isRead(padded(10_001)))
  }
}

// Created by scripts/fixtures/npy.py with NumPy.
@Suite struct `A header that is easy to misread` {
  @Test func `is read or rejected as by NumPy`() throws {
    let lines = String(decoding: try bytes(of: fixtureFolder + "/headers.txt"), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines.count > 200)
    for line in lines {
      let parts = line.split(separator: " ")
      let (version, digits) = (UInt8(parts[0]) ?? 0, Array(parts[2] == "-" ? "" : parts[2]))
      let header = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0
      }
      let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(header.count >> (8 * $0) & 255) }
      let start = [0x93] + Array("NUMPY".utf8) + [version, 0] + length
      let file = start + header + [UInt8](repeating: 0, count: 48)
      let tensor: Tensor<Float>? = try? NPY.decode(file, of: "some.npy")
      let shape = tensor.map { $0.shape.map(String.init).joined(separator: "x") }
      let verdict = shape.map { $0.isEmpty ? "scalar" : $0 } ?? "refused"
      let text = String(decoding: header, as: UTF8.self)
      #expect(verdict == parts[1], "version \(version): \(text)")
    }
  }
}

@Suite struct `Several arrays in one file` {
  @Test func `are read as the first`() throws {
    let (first, second) = (Tensor<Float>([1, 2]), Tensor<Float>([3, 4, 5]))
    let file = NPY.encode(first) + NPY.encode(second)
    #expect(try NPY.decode(file, of: "some.npy") == first)
    let checkpoint = try Checkpoint(bytes: file, name: "some.npy")
    #expect(try checkpoint["some"]?.values() == first)
    let rest = "\(NPY.encode(second).count) bytes after the array"
    #expect(checkpoint.omissions.map(\.reason) == [rest])
  }
}
