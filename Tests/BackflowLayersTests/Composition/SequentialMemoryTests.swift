import Backflow
import BackflowKernels
import Synchronization
import TestSupport
import Testing

/// y = 2x. The backward pass measures the memory of live tensors.
private struct Probe: ParameterlessLayer {
  typealias Scalar = Float

  final class Bytes: Sendable {
    private let values = Mutex<[Int]>([])
    var all: [Int] { values.withLock { $0 } }
    func append(_ value: Int) { values.withLock { $0.append(value) } }
  }

  let bytes: Bytes

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Shape) {
    (input * 2, input.shape)
  }

  func inputGradient(_ outputGradient: Tensor<Float>, _ shape: Shape) -> Tensor<Float> {
    bytes.append(StoragePool.statistics.liveBytes)
    return outputGradient * 2
  }
}

@Suite struct `The backward pass of a sequence` {
  // This test runs in a separate process, because the pool belongs to the process.
  @Test func `keeps one gradient between layers at a time, or all of them with a trace`() async {
    await #expect(processExitsWith: .success) {
      let bytes = Probe.Bytes()
      let model = Sequential<Float>(Array(repeating: Probe(bytes: bytes), count: 20))
      let (output, cache) = model.forward(.ones([64, 256]))
      let size = output.count * MemoryLayout<Float>.size
      _ = model.backward(output, cache)
      // At each layer, the only gradient in memory is the one that the layer reads.
      let plain = bytes.all
      #expect(plain.count == 20 && plain.allSatisfy { $0 - plain[0] < 2 * size }, "\(plain)")
      let trace = model.tracedBackward(output, cache).trace
      let traced = bytes.all.dropFirst(20)
      #expect(traced[39] - traced[20] >= 19 * size && trace.parts.count == 20, "\(traced)")
    }
  }
}
