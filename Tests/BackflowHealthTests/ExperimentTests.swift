import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Experiment` {
  func pixelRun<Cell: RecurrentCell<Float>>(_ name: String, _ rnn: Recurrent<Cell>, pixels: Int, lr: Double, clip: Double?, adam: Bool = false, steps: Int = 300, seed: UInt64) {
    var random = RandomSource(seed: seed)
    var reader = WatchedReader(rnn, using: &random)
    var opt: any Optimizer<Float> = adam ? Adam(for: reader, learningRate: lr) : SGD(for: reader, learningRate: lr, momentum: 0.9)
    var monitor = ExponentMonitor<Float>(every: 1)
    var out: [String] = []
    var end = -1
    var maxg = -1e9, maxe = -1e9
    for step in 0..<steps {
      let batch = (0..<32).map { _ in random.integer(below: DigitData.training.labels.count) }
      let digits = DigitData.training.samples(at: batch)
      let x = digits.rowsAsSequence.permuted([1, 0, 2]).reshaped(to: [32, 64 / pixels, pixels]).permuted([1, 0, 2])
      let (states, cache) = reader.recurrence.forward(x)
      let (last, lc) = LastStep().forward(states)
      let (logits, rc) = reader.readout.forward(last)
      let (loss, top) = softmaxCrossEntropy(logits, digits.labels)
      let (lg, rg) = reader.readout.backward(top, rc)
      let (_, g) = reader.recurrence.backward(LastStep().inputGradient(lg, lc), cache)
      for cell in reader.recurrence.cells(in: cache) {
        if let e = monitor.measure(step, cell.path, cell) {
          maxg = max(maxg, e.logGrowth); maxe = max(maxe, e.exponent)
          if step < 3 || step % 50 == 0 { out.append(String(format: "%d: %.3f (%.2f) loss %.3g", step, e.exponent, e.logGrowth, Double(loss))) }
        }
      }
      var all = reader
      (all.recurrence, all.readout) = (g, rg)
      guard let n = try? clipGradientNorm(&all, to: clip ?? .greatestFiniteMagnitude), loss.isFinite else { end = step; break }
      _ = n
      func up<O: Optimizer<Float>>(_ o: inout O) { o.update(&reader, along: all) }
      up(&opt)
    }
    print("EXP", name, "seed", seed, "end", end, String(format: "max exponent %.3f growth %.2f", maxe, maxg), out.joined(separator: "; "))
  }
  @Test func exploding() {
    for seed in 1...3 as ClosedRange<UInt64> {
      for (h, lr) in [(32, 0.02), (32, 0.002), (32, 0.0005), (64, 0.001), (16, 0.005)] {
        var random = RandomSource(seed: seed)
        let rnn = RNN<Float>(inputSize: 4, hiddenSize: h, nonlinearity: .relu, recurrentWeights: .orthogonal(gain: 1.8), using: &random)
        pixelRun("relu1.8 H\(h) lr\(lr)", rnn, pixels: 4, lr: lr, clip: nil, seed: seed)
      }
      for lr in [0.02, 0.05, 0.1] {
        var random = RandomSource(seed: seed)
        let rnn = RNN<Float>(inputSize: 4, hiddenSize: 32, nonlinearity: .relu, recurrentWeights: .orthogonal(gain: 1.2), using: &random)
        pixelRun("relu1.2 H32 lr\(lr)", rnn, pixels: 4, lr: lr, clip: nil, seed: seed)
      }
    }
  }
  @Test func healthy() {
    for seed in 1...3 as ClosedRange<UInt64> {
      var random = RandomSource(seed: seed)
      pixelRun("rnn tanh", RNN<Float>(inputSize: 8, hiddenSize: 64, using: &random), pixels: 8, lr: 0.003, clip: 1, adam: true, steps: 1800, seed: seed)
      pixelRun("rnn tanh 4px", RNN<Float>(inputSize: 4, hiddenSize: 64, using: &random), pixels: 4, lr: 0.003, clip: 1, adam: true, steps: 1800, seed: seed)
      pixelRun("lstm", LSTM<Float>(inputSize: 8, hiddenSize: 64, using: &random), pixels: 8, lr: 0.003, clip: 1, adam: true, steps: 1000, seed: seed)
      pixelRun("lstm 1px", LSTM<Float>(inputSize: 1, hiddenSize: 32, using: &random), pixels: 1, lr: 0.003, clip: 1, adam: true, steps: 500, seed: seed)
      pixelRun("gru", GRU<Float>(inputSize: 8, hiddenSize: 64, using: &random), pixels: 8, lr: 0.003, clip: 1, adam: true, steps: 1000, seed: seed)
      pixelRun("relu rnn orth", RNN<Float>(inputSize: 4, hiddenSize: 32, nonlinearity: .relu, using: &random), pixels: 4, lr: 0.003, clip: 1, adam: true, steps: 1000, seed: seed)
      pixelRun("relu 1.8 clipped", RNN<Float>(inputSize: 4, hiddenSize: 32, nonlinearity: .relu, recurrentWeights: .orthogonal(gain: 1.8), using: &random), pixels: 4, lr: 0.02, clip: 1, steps: 600, seed: seed)
    }
  }
}
