import Backflow
import Foundation
import Testing

/// Files by the reference implementation, and its verdicts on files that are easy to misread, by
/// scripts/fixtures/pytorch_checkpoints.py.
@Suite struct `A safetensors file of the reference implementation` {
  static let folder = URL(fileURLWithPath: fixtureFolder).appendingPathComponent("safetensors")

  static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".safetensors") }.sorted()

  @Test(arguments: files)
  func `has the expected tensors and no others`(file: String) throws {
    let url = Self.folder.appendingPathComponent(file)
    let checkpoint = try Checkpoint(contentsOf: url.path)
    guard let expected = try ExpectedTensor.all(of: url) else {
      #expect(file == "float4.safetensors" && !checkpoint.omissions.isEmpty)
      return
    }
    #expect(checkpoint.tensors.count == expected.count)
    for tensor in expected {
      let found = try #require(checkpoint[tensor.name])
      #expect(try tensor.matches(found), "\(tensor.name): \(found.type) \(found.shape)")
    }
  }

  /// A file of the reference writer, read and written again.
  @Test func `is written with the same bytes`() throws {
    let directory = FileManager.default.temporaryDirectory.path
    for file in ["element_types", "special_values", "shapes", "no_tensors"] {
      let path = Self.folder.appendingPathComponent(file + ".safetensors").path
      let copy = "\(directory)/backflow-\(UUID().uuidString).safetensors"
      defer { try? FileManager.default.removeItem(atPath: copy) }
      try Checkpoint(contentsOf: path).write(to: copy)
      #expect(try bytes(of: copy) == bytes(of: path), "\(file)")
    }
  }

  private struct Verdict: Decodable {
    let what: String
    let content: String
    let tensors: [String: [Field]]?

    /// The type or the shape of a tensor.
    enum Field: Decodable {
      case type(String)
      case shape([UInt64])

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let type = try? container.decode(String.self) {
          self = .type(type)
        } else {
          self = .shape(try container.decode([UInt64].self))
        }
      }
    }

    var bytes: [UInt8] {
      let digits = content.compactMap(\.hexDigitValue)
      return stride(from: 0, to: digits.count, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
      }
    }
  }

  /// What this reader rejects although the reference implementation accepts it: files that two
  /// readers may understand differently, extents whose product is not representable, and more axes
  /// than PyTorch has.
  private static let stricter: Set = [
    "metadata key twice (unwise)", "name twice, same range (unwise)",
    "name twice, spelled in two ways (unwise)", "array in place of an object (unwise)",
    "empty shape [0,18446744073709551615] (unwise)",
    "empty shape [0,9223372036854775808,4] (unwise)",
    "empty shape [0,9223372036854775807]",
    "shape [" + [String](repeating: "1", count: 65).joined(separator: ",") + "]",
  ]

  /// What this reader accepts although the reference implementation rejects it: it does not convert
  /// the numbers of unknown fields.
  private static let laxer: Set = ["enormous number in an unknown field"]

  @Test func `is accepted or rejected as by the reference implementation`() throws {
    let json = try Data(contentsOf: Self.folder.appendingPathComponent("verdicts.json"))
    let verdicts = try JSONDecoder().decode([Verdict].self, from: json)
    #expect(verdicts.count > 100)
    for verdict in verdicts {
      let isAccepted =
        Self.laxer.contains(verdict.what)
        || verdict.tensors != nil && !Self.stricter.contains(verdict.what)
      do throws(CheckpointError) {
        let checkpoint = try Checkpoint(bytes: verdict.bytes, name: "some.safetensors")
        // A tensor that is only listed as an omission is not accepted.
        let accepts = checkpoint.omissions.isEmpty
        #expect(accepts == isAccepted, "\(verdict.what): accepted")
        if accepts, let tensors = verdict.tensors {
          #expect(Set(checkpoint.tensors.keys) == Set(tensors.keys), "\(verdict.what)")
        }
      } catch {
        #expect(!isAccepted, "\(verdict.what): \(error)")
      }
    }
  }
}
