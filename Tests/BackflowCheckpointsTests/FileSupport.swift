import Backflow
import Foundation
import Testing

let fixtureFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Fixtures").path

/// The path of a file written by NumPy; scripts/fixtures/npy.py creates these files.
func fixture(_ name: String) -> String { fixtureFolder + "/\(name).npy" }

func bytes(of path: String) throws -> [UInt8] {
  try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
}

/// An .npy file with the given header and data, valid or not.
func npy(
  _ header: String, data: [UInt8] = [], version: (major: UInt8, minor: UInt8) = (1, 0)
) -> [UInt8] {
  let text = Array(header.utf8)
  let lengthSize = version.major == 1 ? 2 : 4
  let length = (0..<lengthSize).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
  return [0x93] + Array("NUMPY".utf8) + [version.major, version.minor] + length + text + data
}

/// The error thrown when these bytes are read as an .npy file.
func errorDecoding(
  _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) -> CheckpointError? {
  #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
    let _: Tensor<Float> = try NPY.decode(bytes, of: "some.npy")
  }
}
