import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A directory as a checkpoint` {
  @Test func `has a tensor for each array, in the order of the names`() throws {
    let directory = try TemporaryDirectory()
    let checkpoint = Checkpoint([
      "z.weight": StoredTensor(Tensor<Float>([1, 2])),
      "a": StoredTensor([3], shape: [1]),
    ])
    let path = directory.file("model")
    try checkpoint.write(to: path)
    _ = try directory.write([1], to: "model/notes.txt")
    #expect(try directory.contents("model") == ["a.npy", "notes.txt", "z.weight.npy"])
    let read = try Checkpoint(contentsOf: path)
    #expect(Array(read.tensors.keys) == ["a", "z.weight"] && read.path == path)
    #expect(try read["a"]?.integers() == [3] as [Int])
    #expect(try read["z.weight"]?.values() == Tensor<Float>([1, 2]))
    #expect(read.omissions.isEmpty && read.metadata.isEmpty)
  }

  @Test func `keeps its values when it is replaced`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("model")
    // One file is small, and the other one is not.
    func checkpoint(_ value: Float) -> Checkpoint {
      Checkpoint([
        "small": StoredTensor(Tensor<Float>([value])),
        "large": StoredTensor(Tensor<Float>(repeating: value, shape: [300_000])),
      ])
    }
    try checkpoint(1).write(to: path)
    let read = try Checkpoint(contentsOf: path)
    try checkpoint(2).write(to: path)
    for name in ["small", "large"] {
      let values: Tensor<Float>? = try read[name]?.values()
      #expect(values.map { Set($0.elements) } == [1])
    }
    // Also when it is written from itself.
    try read.write(to: path)
    let values: Tensor<Float>? = try Checkpoint(contentsOf: path)["large"]?.values()
    #expect(values.map { Set($0.elements) } == [1])
  }

  @Test func `lists arrays without numbers`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(["a": StoredTensor(Tensor<Float>([1]))]).write(to: directory.file("model"))
    let text = npy("{'descr': '<U2', 'fortran_order': False, 'shape': (0,), }")
    _ = try directory.write(text, to: "model/text.npy")
    let read = try Checkpoint(contentsOf: directory.file("model"))
    #expect(Array(read.tensors.keys) == ["a"] && read.omissions.map(\.name) == ["text"])
  }

  @Test func `is rejected with the name of a damaged array`() throws {
    let directory = try TemporaryDirectory()
    try Checkpoint(["a": StoredTensor(Tensor<Float>([1]))]).write(to: directory.file("model"))
    let path = try directory.write([1, 2], to: "model/b.npy")
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(contentsOf: directory.file("model"))
    }
    #expect(error?.file == path && error?.offset == 0)
  }

  @Test func `is rejected if it is a distributed checkpoint`() throws {
    let directory = try TemporaryDirectory()
    for name in [".metadata", "__0_0.distcp", "a.npy"] {
      _ = try directory.write([1], to: name)
    }
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(contentsOf: directory.path) }
    #expect(error?.problem.contains("a distributed checkpoint of PyTorch") == true)
    #expect(error?.problem.contains("dcp_to_torch_save") == true)
  }

  @Test func `may have more arrays than files may be open`() async {
    // In a separate process, because the limit applies to the process.
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let start = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (263000,), }")
      for index in 100..<300 {
        let file = try #require(
          FileHandle(forWritingAtPath: try directory.write(start, to: "w\(index).npy")))
        try file.truncate(atOffset: UInt64(start.count + 4 * 263_000))
        try file.close()
      }
      var limit = rlimit(rlim_cur: 180, rlim_max: 180)
      #expect(setrlimit(__rlimit_resource_t(7), &limit) == 0)  // RLIMIT_NOFILE
      let read = try Checkpoint(contentsOf: directory.path)
      #expect(read.tensors.count == 200)
      for name in ["w100", "w299"] {
        let values: Tensor<Float>? = try read[name]?.values()
        #expect(values == .zeros([263_000]))
      }
    }
  }
}
