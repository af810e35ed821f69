import Backflow
import Foundation

// A model of the next character of a text, and a text that it writes: see README.md.
let arguments = CommandLine.arguments
let text = try String(contentsOfFile: arguments.dropFirst().first ?? "text.txt", encoding: .utf8)
let epochs = arguments.count > 2 ? Int(arguments[2]) ?? 1 : 5
let vocabulary = Vocabulary(charactersOf: text)
let tokens = try vocabulary.encode(text)

/// Windows of 32 streams, each of which goes on where the one before has ended.
func windows(of tokens: ArraySlice<Int>) -> TrainingData<Tensor<Float>, [Int]> {
  let tokens = Array(tokens)
  let windows = StreamWindows(count: tokens.count, batch: 32, steps: 64, dropsLast: true)
  return TrainingData(Batches(count: windows.count, size: 1, shuffles: false)) { indices in
    let window = windows[indices[0]]
    let inputs = window.inputs(of: tokens).map { Float($0) }
    return (Tensor(inputs, shape: window.shape), window.targets(of: tokens))
  }
}

var random = RandomSource(seed: 7)
let network = Sequential<Float> {
  Embedding(count: vocabulary.count, size: 64, using: &random)
  StatefulRecurrent(LSTM(inputSize: 64, hiddenSize: 128, layers: 2, using: &random), batch: 32)
  Dense(inputSize: 128, outputSize: vocabulary.count, using: &random)
}
let heldOut = windows(of: tokens.suffix(tokens.count / 10))
var trainer = Trainer(
  network, on: windows(of: tokens.dropLast(tokens.count / 10)),
  optimizer: Adam(for: network, learningRate: 0.003)
) { softmaxCrossEntropy($0, $1) }
trainer.maximumNorm = 1
try trainer.fit(epochs: epochs) { trainer, event in
  guard case .epoch(let report) = event else { return .proceed }
  print("epoch \(report.epoch + 1): \(report.loss) nats, held out \(report.validation ?? .nan)")
  trainer.model.resetState(batch: 32)
  var checkpoint = try trainer.checkpoint()
  try checkpoint.insert(vocabulary, named: "vocabulary")
  try checkpoint.write(to: "language.safetensors")
  return .proceed
} validation: { network in
  var (network, score) = (network, Perplexity())
  network.resetState(batch: 32)
  for indices in heldOut.batches.epoch(0) {
    let (x, targets) = try heldOut.batch(0, indices)
    let (logits, cache) = network.forward(x)
    network.updateBuffers(from: cache)
    score.add(logits, targets)
  }
  return score.meanLoss
}

var (writer, written) = (trainer.model, [tokens[0]])
writer.resetState(batch: 1)
for _ in 0..<500 {
  let (logits, cache) = writer.forward(Tensor([Float(written[written.count - 1])], shape: [1, 1]))
  writer.updateBuffers(from: cache)
  written.append(TokenSampler(temperature: 0.8).sample(logits, using: &random))
}
print(vocabulary.decode(written))
