import Backflow
import Foundation
import Testing

/// What scripts/fixtures/checkpoint_expectations.py says about a tensor.
struct ExpectedTensor {
  let name: String
  let dtype: String
  let shape: [Int]
  /// The numbers as text; the parts of complex numbers one after the other.
  let values: [Any]
  /// Whether a reader may leave the tensor out.
  let isOptional: Bool

  init(_ entry: [String: Any]) {
    name = entry["name"] as? String ?? ""
    dtype = entry["dtype"] as? String ?? ""
    shape = entry["shape"] as? [Int] ?? []
    values = (entry["values"] as? [Any] ?? []).flatMap { $0 as? [Any] ?? [$0] }
    isOptional = ["refused", "layout", "quantized"].contains { entry[$0] != nil }
  }

  /// The expectations beside a fixture, and `nil` if a reader rejects it.
  static func all(of file: URL) throws -> [ExpectedTensor]? {
    let path = file.deletingPathExtension().appendingPathExtension("expected.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: path))
    return (json as? [[String: Any]])?.map(ExpectedTensor.init)
  }

  /// Whether the tensor has the type, the shape and the values.
  func matches(_ tensor: StoredTensor) throws -> Bool {
    guard tensor.shape == shape, tensor.type.rawValue == dtype else { return false }
    if tensor.type.isFloatingPoint {
      let stored = try (tensor.viewAsReal ?? tensor).values(as: Double.self)
      return zip(stored.elements, values).allSatisfy { $0.bitPattern == number($1).bitPattern
          || $0.isNaN && number($1).isNaN } && stored.count == values.count
    }
    let texts = values.map { ($0 as? NSNumber)?.stringValue ?? "" }
    return tensor.type == .uint64
      ? try tensor.integers(as: UInt64.self).map(String.init) == texts
      : try tensor.integers(as: Int64.self).map(String.init) == texts
  }

  private func number(_ value: Any) -> Double {
    switch value as? String {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: (value as? NSNumber)?.doubleValue ?? .signalingNaN
    }
  }
}

@Suite struct `A file that PyTorch wrote` {
  static let folder = URL(fileURLWithPath: fixtureFolder).appendingPathComponent("torch")

  static let files: [String] = {
    let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
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
      if file.contains("frozen") { return }
      #expect(throws: CheckpointError.self) {
        let checkpoint = try Checkpoint(contentsOf: url.path)
        for tensor in checkpoint.tensors.values { _ = try tensor.values(as: Double.self) }
      }
      return
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
          tensor.isOptional || file.contains("conjugate_and_negative") || file.contains("colliding")
        #expect(mayBeOmitted && omitted.contains(tensor.name), "\(tensor.name) is missing")
      }
    }
    #expect(rest.isEmpty, "\(rest.keys) are not expected")
    let names = expected.map(\.name).filter { checkpoint.tensors[$0] != nil }
    let isRepeated = file.contains("colliding")
    #expect(isRepeated || Array(checkpoint.tensors.keys) == names)
  }

  @Test func `of a frozen module has numbered tensors, and says why`() throws {
    let path = Self.folder.appendingPathComponent("torchscript/frozen.pt").path
    let checkpoint = try Checkpoint(contentsOf: path)
    #expect(!checkpoint.tensors.isEmpty)
    #expect(checkpoint.tensors.keys.allSatisfy { $0.hasPrefix("constants.") })
    #expect(checkpoint.omissions.contains { $0.reason.hasPrefix("the module is frozen") })
  }
}
