import Foundation
import TestSupport
import Testing

@testable import BackflowCheckpoints
import Backflow

/// A safetensors file with the given header and data, valid or not.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
  let text = Array(header.utf8)
  return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data
}

/// What the reference implementation accepts and rejects, from a table made by running it (version
/// 0.8.0), and the cases in which this reader is stricter.
@Suite struct `The header of a safetensors file` {
  static let four = [UInt8](repeating: 0, count: 4)

  @Test(arguments: [
    #"{}"#,
    #"{"__metadata__":{}}"#,
    #"{"__metadata__":null}"#,
    #"{"__metadata__":{"format":"pt","a":"\u00e9\ud83d\ude00\n\""}}"#,
    "  \n{\t} \r\n ",
  ])
  func `may have no tensors`(header: String) throws {
    let checkpoint = try Checkpoint(bytes: safetensors(header), name: "a.safetensors")
    #expect(checkpoint.tensors.isEmpty)
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"a":{"data_offsets":[0,4],"shape":[],"dtype":"F32"}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[{"y":[-1.5e3,true,null,"z"]},{}]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"k":"v"}}"#,
    #"{"":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#,
    #"{"a\u0000":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
    #"{"e":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"f":{"dtype":"I8","shape":[2,0],"data_offsets":[4,4]}}"#,
    #"{"b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
  ])
  func `is accepted`(header: String) throws {
    let checkpoint = try Checkpoint(
      bytes: safetensors(header, data: Self.four), name: "a.safetensors")
    for tensor in checkpoint.tensors.values {
      let values = try tensor.values(as: Double.self)
      #expect(values.elements.allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: [
    (#"[]"#, "expected a file of safetensors"), (#"null"#, "expected a file of safetensors"),
    (#"{} x"#, "the end of the header"),
    (#"{"a":1}"#, "'{'"), (#"{"#, "a string"), (#"{"a"}"#, "':'"),
    (#"{"__metadata__":{"a":1}}"#, "a string"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, "one __metadata__"),
    (#"{"__metadata__":{"a":"","a":""}}"#, "one text a"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}"#, "a string"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]} // x"#, "','"),
    (#"{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}"#, "an integer"),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "an integer"),
    (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, "without a fraction"),
    (#"{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}"#, "without a fraction"),
    (#"{"a":{"dtype":"F32","shape":[01],"data_offsets":[0,4]}}"#, "leading zeros"),
    (#"{"a":{"dtype":"F32","shape":[true],"data_offsets":[0,4]}}"#, "an integer"),
    (#"{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}"#, "below 2⁶³"),
    (
      #"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}"#,
      "fit in memory"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[0,9223372036854775807,4],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
      "fit in memory"
    ),
    (#"{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}"#, "a type such as F32"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}"#, "data_offsets of a"),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, "data_offsets of a"),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, "data_offsets of a"),
    (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "dtype once"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "needs 8 bytes"),
    (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,4]}}"#, "expected 2 bytes"),
    (#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}"#, "that start where"),
    (#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#, "1 bytes without a name"),
    (#"{"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}}"#, "found 4 bytes"),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
      "that start where"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      "one tensor a"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}"#,
      "that start where"
    ),
    ("{\"a\u{1}\":1}", "an escaped control character"), (#"{"\ud800":1}"#, "surrogates"),
    (#"{"\ud800\u0041":1}"#, "surrogates"), (#"{"\x":1}"#, "an escape sequence"),
    (#"{"\u00g0":1}"#, "hexadecimal"), (#"{"a"#, "a string that ends"),
  ])
  func `is rejected with the reason`(header: String, reason: String) throws {
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(bytes: safetensors(header, data: Self.four), name: "a.safetensors")
    }
    #expect(error?.file == "a.safetensors")
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func `is rejected if it is not UTF-8 or nested too deeply`() throws {
    var file = safetensors(#"{"a":1}"#)
    file[10] = 0xFF
    #expect(throws: CheckpointError.self) { try Checkpoint(bytes: file, name: "a") }
    let deep = #"{"a":{"x":"# + String(repeating: "[", count: 100_000)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(bytes: safetensors(deep), name: "a")
    }
    #expect(error?.problem.contains("nested") == true)
  }

  /// The length of a header may have the bytes that start a pickle.
  @Test func `is recognized whatever its length`() throws {
    for length in 2...2048 {
      let header = "{}" + String(repeating: " ", count: length - 2)
      let checkpoint = try Checkpoint(bytes: safetensors(header), name: "a.safetensors")
      #expect(checkpoint.tensors.isEmpty, "\(length)")
    }
  }

  @Test func `is rejected if its length is wrong`() throws {
    for length in [UInt64.max, 1 << 63, 100_000_001, 3, 1] {
      var file = safetensors("{}")
      for byte in 0..<8 { file[byte] = UInt8(truncatingIfNeeded: length >> (8 * UInt64(byte))) }
      #expect(throws: CheckpointError.self) { try Checkpoint(bytes: file, name: "a") }
    }
  }
}
