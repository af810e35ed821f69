import Backflow
import Foundation
import Testing

/// What NumPy reads in a file, from `NAME.expected.json` beside it.
struct ExpectedArray: Decodable {
  let name: String
  let dtype: String
  let shape: [Int]
  let values: [Number]?
  let refused: String?

  /// A number, a truth value, a pair of numbers, or the name of a number that is not finite.
  struct Number: Decodable {
    let parts: [Double]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let pair = try? container.decode([Number].self) {
        parts = pair.flatMap(\.parts)
      } else if let text = try? container.decode(String.self) {
        let named = ["NaN": Double.nan, "Infinity": .infinity, "-Infinity": -.infinity]
        parts = [try #require(named[text])]
      } else if let flag = try? container.decode(Bool.self) {
        parts = [flag ? 1 : 0]
      } else {
        parts = [try container.decode(Double.self)]
      }
    }
  }
}

private let folder = fixtureFolder + "/npz"

/// The names of the files with an extension.
private func files(_ suffix: String) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(suffix) }
    .sorted()
}

private func expected(_ file: String) throws -> [ExpectedArray] {
  let name = file.prefix { $0 != "." }
  let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).expected.json"))
  return try JSONDecoder().decode([ExpectedArray].self, from: data)
}

/// The parts of all elements, with one bit pattern for all NaN.
private func parts(_ tensor: StoredTensor) throws -> [UInt64] {
  let real = tensor.viewAsReal ?? tensor
  return try real.values(as: Double.self).elements.map(pattern)
}

private func pattern(_ value: Double) -> UInt64 {
  value.isNaN ? Double.nan.bitPattern : value.bitPattern
}

private func check(_ tensor: StoredTensor?, _ array: ExpectedArray, _ file: String) throws {
  let tensor = try #require(tensor, "\(file), \(array.name)")
  let values = (array.values ?? []).flatMap(\.parts)
  #expect(tensor.type.rawValue == array.dtype && tensor.shape == array.shape, "\(file)")
  #expect(try parts(tensor) == values.map(pattern), "\(file), \(array.name)")
}

@Suite struct `An archive that NumPy wrote` {
  @Test func `has the arrays that NumPy reads`() throws {
    let files = try files(".npz")
    #expect(files.count >= 10)
    for file in files {
      let (checkpoint, arrays) = (
        try Checkpoint(contentsOf: "\(folder)/\(file)"), try expected(file)
      )
      let numeric = arrays.filter { $0.refused == nil }
      #expect(Array(checkpoint.tensors.keys) == numeric.map(\.name))
      for array in numeric { try check(checkpoint[array.name], array, file) }
      let others = arrays.filter { $0.refused != nil }
      // NumPy's name of the type of a record is that of its size.
      let reasons = others.map { $0.name == "record" ? "records" : $0.refused ?? "" }
      let omissions = checkpoint.omissions.filter { $0.reason != "a file that is not an array" }
      #expect(omissions.map(\.name) == others.map(\.name))
      #expect(omissions.map(\.reason) == reasons.map { "an array of type " + $0 })
    }
  }

  @Test func `may be a single array`() throws {
    let files = try files(".npy")
    #expect(files.count >= 5)
    for file in files {
      let array = try #require(try expected(file).first)
      let path = "\(folder)/\(file)"
      if let refused = array.refused {
        let error = #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: path) }
        #expect(error?.problem.contains("found '\(refused)'") == true)
      } else {
        try check(Checkpoint(contentsOf: path)[String(file.dropLast(4))], array, file)
      }
    }
  }
}

// For any bytes, reading throws an error, or returns the same tensors: the checksums see to that.
@Suite struct `An archive with a changed byte` {
  private func contents(_ bytes: [UInt8]) throws(CheckpointError) -> [String] {
    let checkpoint = try Checkpoint(bytes: bytes, name: "some.npz")
    var contents: [String] = []
    for (name, tensor) in checkpoint.tensors {
      let real = tensor.viewAsReal ?? tensor
      let values: Tensor<Double> = try real.values()
      contents.append(
        "\(name) \(tensor.type) \(tensor.shape) \(values.elements.map(\.bitPattern))")
    }
    return contents
  }

  @Test func `is rejected or has the same tensors`() throws {
    var (rejected, read) = (0, 0)
    for file in try files(".npz") where file != "element_types.npz" {
      let original = try bytes(of: "\(folder)/\(file)")
      let expected = try contents(original)
      for place in original.indices {
        for value in Set([0, 255, ~original[place]]).subtracting([original[place]]) {
          var changed = original
          changed[place] = value
          do throws(CheckpointError) {
            let found = try contents(changed)
            #expect(found == expected, "\(file), byte \(place), \(value)")
            read += 1
          } catch {
            #expect(error.file == "some.npz" && !error.problem.isEmpty)
            rejected += 1
          }
        }
      }
    }
    // Versions, dates and attributes have no meaning here.
    #expect(read > 0 && rejected > 4 * read, "\(read) \(rejected)")
  }

  @Test func `is rejected if it is cut`() throws {
    for file in try files(".npz") {
      let original = try bytes(of: "\(folder)/\(file)")
      for length in original.indices {
        #expect(throws: CheckpointError.self, "\(file), \(length)") {
          try contents(Array(original[..<length]))
        }
      }
    }
  }
}
