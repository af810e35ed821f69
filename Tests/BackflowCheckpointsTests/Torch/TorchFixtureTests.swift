import Backflow
import Foundation
import Testing

/// What scripts/fixtures/checkpoint_expectations.py says about a tensor.
struct ExpectedTensor: Decodable {
  let name: String
  let dtype: String
  let shape: [Int]
  var values: [ExpectedNumber]?
  /// The first value in place of all.
  var first: [ExpectedNumber]?
  // Reasons why a reader may leave the tensor out.
  var refused: String?
  var layout: String?
  var quantized: Bool?

  var mayBeOmitted: Bool { refused != nil || layout != nil || quantized != nil }

  /// The expectations beside a fixture, and `nil` if a reader rejects it.
  static func all(of file: URL) throws -> [ExpectedTensor]? {
    let path = file.deletingPathExtension().appendingPathExtension("expected.json")
    let json = try Data(contentsOf: path)
    if json.first != UInt8(ascii: "[") { return nil }
    return try JSONDecoder().decode([ExpectedTensor].self, from: json)
  }

  /// Whether the tensor has the type, the shape and the values.
  func matches(_ tensor: StoredTensor) throws -> Bool {
    guard tensor.shape == shape, tensor.type.rawValue == dtype, let values = values ?? first else {
      return false
    }
    guard tensor.type.isFloatingPoint else {
      return try tensor.type == .uint64
        ? part(tensor.integers(as: UInt64.self)) == values.compactMap(\.unsigned)
        : part(tensor.integers(as: Int64.self)) == values.compactMap(\.integer)
    }
    let expected = values.flatMap(\.doubles)
    let stored = part(try (tensor.viewAsReal ?? tensor).values(as: Double.self).elements)
    return stored.count == expected.count
      && zip(stored, expected).allSatisfy {
        $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
      }
  }

  /// The elements that are compared.
  private func part<Element>(_ elements: [Element]) -> [Element] {
    first == nil ? elements : Array(elements.prefix(1))
  }
}

/// A real or complex number, an integer or a Boolean value of an expectation.
struct ExpectedNumber: Decodable {
  let doubles: [Double]
  var integer: Int64?
  var unsigned: UInt64?

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let parts = try? container.decode([ExpectedNumber].self) {
      doubles = parts.flatMap(\.doubles)
    } else if let name = try? container.decode(String.self) {
      doubles = [Double(name) ?? .signalingNaN]
    } else if let flag = try? container.decode(Bool.self) {
      (doubles, integer) = ([], flag ? 1 : 0)
    } else {
      doubles = [try container.decode(Double.self)]
      integer = try? container.decode(Int64.self)
      unsigned = try? container.decode(UInt64.self)
    }
  }
}

@Suite struct `A file that PyTorch wrote` {
  static let folder = URL(fileURLWithPath: fixtureFolder).appendingPathComponent("torch")

  static let files: [String] = {
    let all =
      FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return all.filter { file in
      var isFolder: ObjCBool = false
      let path = folder.appendingPathComponent(file).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue && !file.hasSuffix(".json")
    }.sorted()
  }()

  @Test func `is in all folders of the fixtures`() {
    let folders = Set(Self.files.map { String($0.prefix { $0 != "/" }) })
    #expect(
      folders == ["forms", "tensors", "containers", "modules", "plain", "torchscript", "models"])
  }

  @Test(arguments: files)
  func `has the expected tensors and no others`(file: String) throws {
    let url = Self.folder.appendingPathComponent(file)
    guard let expected = try ExpectedTensor.all(of: url) else {
      return try expectRejection(of: url)
    }
    let checkpoint = try Checkpoint(contentsOf: url.path)
    var rest = checkpoint.tensors
    let omitted = Set(checkpoint.omissions.map(\.name))
    for tensor in expected {
      if let found = rest.removeValue(forKey: tensor.name) {
        #expect(
          try tensor.matches(found), "\(tensor.name): \(found.type) \(found.shape) \(tensor.dtype)")
      } else {
        let mayBeOmitted =
          file.contains("conjugate_and_negative") || file.contains("colliding")
        #expect(
          (tensor.mayBeOmitted || mayBeOmitted) && omitted.contains(tensor.name),
          "\(tensor.name) is missing")
      }
    }
    #expect(rest.isEmpty, "\(rest.keys) are not expected")
    let names = expected.map(\.name).filter { checkpoint.tensors[$0] != nil }
    let isRepeated = file.contains("colliding")
    #expect(isRepeated || Array(checkpoint.tensors.keys) == names)
  }

  /// Files that a reader rejects, each with a part of the error.
  private func expectRejection(of url: URL) throws {
    switch url.lastPathComponent {
    case "expanded_enormously.pt":
      let error = #expect(throws: CheckpointError.self) {
        try Checkpoint(contentsOf: url.path)
      }
      #expect(error?.problem.contains("more than 16 times") == true)
    case "no_data.pt":
      // The data are compared with their checksums when they are read.
      let checkpoint = try Checkpoint(contentsOf: url.path)
      #expect(!checkpoint.tensors.isEmpty)
      for tensor in checkpoint.tensors.values {
        let error = #expect(throws: CheckpointError.self) { try tensor.elements() }
        #expect(error?.problem.contains("torch.serialization.skip_data") == true)
      }
    case "frozen.pt": break  // See the test of a frozen module.
    default: Issue.record("\(url.lastPathComponent) is not expected to be rejected")
    }
  }

  @Test func `of a frozen module has numbered tensors, and says why`() throws {
    let path = Self.folder.appendingPathComponent("torchscript/frozen.pt").path
    let checkpoint = try Checkpoint(contentsOf: path)
    #expect(!checkpoint.tensors.isEmpty)
    #expect(checkpoint.tensors.keys.allSatisfy { $0.hasPrefix("constants.") })
    #expect(checkpoint.omissions.contains { $0.reason.hasPrefix("the module is frozen") })
  }
}
