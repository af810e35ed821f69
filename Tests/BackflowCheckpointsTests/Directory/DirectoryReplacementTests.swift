import Backflow
import Foundation
import TestSupport
import Testing

/// Several parameters with equal values.
private struct Uniform: Parameterized {
  var names: [String]
  var values: [Tensor<Float>]

  init(_ value: Float, _ names: [String] = ["first", "second"]) {
    self.names = names
    values = names.map { _ in Tensor(repeating: value, shape: [3]) }
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    for index in names.indices { visit(names[index], &values[index]) }
  }
}

@Suite struct `A saved network that is replaced` {
  private func value(in path: String, _ names: [String] = ["first", "second"]) throws -> Float {
    var model = Uniform(-1, names)
    try model.load(Checkpoint(contentsOf: path))
    let values = Set(model.values.flatMap(\.elements))
    return values.count == 1 ? values.first ?? .nan : .nan
  }

  @Test func `by one with other parameters is removed completely`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Uniform(1, ["first", "stale"])).writeDirectory(to: path)
    try Checkpoint(Uniform(2)).writeDirectory(to: path)
    #expect(try directory.contents("model") == ["first.npy", "second.npy"])
    #expect(try value(in: path) == 2)
  }

  @Test func `keeps an array that is not from a save`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Uniform(1)).writeDirectory(to: path)
    try NPY.write(Tensor<Float>([4]), to: path + "/measured.npy")
    try FileManager.default.copyItem(
      atPath: path + "/first.npy", toPath: path + "/copied.npy")
    try FileManager.default.moveItem(
      atPath: path + "/second.npy", toPath: path + "/renamed.npy")
    try Checkpoint(Uniform(2)).writeDirectory(to: path)
    #expect(
      try directory.contents("model") == [
        "copied.npy", "first.npy", "measured.npy", "renamed.npy", "second.npy",
      ])
    let error = #expect(throws: CheckpointError.self) { try value(in: path) }
    #expect(error?.mismatch?.unexpected == ["copied", "measured", "renamed"])
  }

  @Test func `keeps other files, links and directories, and the permissions of the directory`()
    throws
  {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Uniform(1)).writeDirectory(to: path)
    try Checkpoint(Uniform(9, ["step"])).writeDirectory(to: path + "/optimizer")
    _ = try directory.write([1, 2], to: "model/picture.svg")
    _ = try directory.write([3], to: "model/.notes")
    try FileManager.default.createSymbolicLink(
      atPath: path + "/dangling", withDestinationPath: "nowhere")
    try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: path)
    try Checkpoint(Uniform(2)).writeDirectory(to: path)
    #expect(try directory.contents() == ["model"])
    #expect(
      try directory.contents("model") == [
        ".notes", "dangling", "first.npy", "optimizer", "picture.svg", "second.npy",
      ])
    #expect(try directory.contents("model/optimizer") == ["step.npy"])
    #expect(try bytes(of: path + "/picture.svg") == [1, 2])
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: path + "/dangling") == "nowhere")
    let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(rights as? Int == 0o750)
    #expect(try value(in: path) == 2 && value(in: path + "/optimizer", ["step"]) == 9)
  }

  @Test func `is not removed by a save that fails, nor are other files`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("made/by/the/save")
    // The second name is too long for a file.
    let broken = Uniform(2, ["first", String(repeating: "x", count: 300)])
    #expect(throws: CheckpointError.self) { try Checkpoint(broken).writeDirectory(to: path) }
    #expect(try directory.contents() == [])
    try Checkpoint(Uniform(1)).writeDirectory(to: path)
    _ = try directory.write([1], to: "made/by/other")
    #expect(throws: CheckpointError.self) { try Checkpoint(broken).writeDirectory(to: path) }
    #expect(try value(in: path) == 1)
    #expect(try directory.contents("made/by") == ["other", "the"])
    #expect(try directory.contents("made/by/the") == ["save"])
  }

  @Test func `is prepared and created by many threads at once, with its parent directories`()
    async throws
  {
    let directory = try TemporaryDirectory()
    for round in 0..<5 {
      let above = directory.file("\(round)/above")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<4 {
          group.addTask {
            let path = above + "/\(writer)"
            for _ in 0..<5 { try Checkpoint(Uniform(0)).prepareDirectory(at: path) }
            try Checkpoint(Uniform(Float(writer))).writeDirectory(to: path)
          }
        }
        try await group.waitForAll()
      }
      for writer in 0..<4 {
        let value = try value(in: above + "/\(writer)")
        #expect(value == Float(writer))
      }
      #expect(try directory.contents("\(round)/above") == ["0", "1", "2", "3"])
    }
  }

  @Test func `by many threads at once is always one of their networks`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    try Checkpoint(Uniform(0)).writeDirectory(to: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 1...4 {
        group.addTask {
          for _ in 0..<10 { try Checkpoint(Uniform(Float(writer))).writeDirectory(to: path) }
        }
      }
      for _ in 0..<40 {
        let value = try value(in: path)
        #expect((0...4).contains(value))
      }
      try await group.waitForAll()
    }
    let last = try value(in: path)
    #expect((1...4).contains(last))
    #expect(try directory.contents() == ["model"])
    #expect(try directory.contents("model") == ["first.npy", "second.npy"])
  }
}
