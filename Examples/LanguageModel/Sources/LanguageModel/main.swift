import Backflow
import Foundation

// A model of the next character of a text, and a text that it writes: see README.md.
let arguments = CommandLine.arguments
let text = try String(contentsOfFile: arguments.dropFirst().first ?? "text.txt", encoding: .utf8)
let (epochs, path) = (arguments.count > 2 ? Int(arguments[2]) ?? 1 : 5, "language.safetensors")
let vocabulary = Vocabulary(charactersOf: text)
let tokens = try vocabulary.encode(text)
let training = Array(tokens.prefix(tokens.count * 9 / 10))
let heldOut = Array(tokens.dropFirst(training.count))

struct CharacterModel: Parameterized {
  var embedding: Embedding<Float>
  var lstm: LSTM<Float>
  var head: Dense<Float>

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    embedding.visitParameters(under: "embedding", visit)
    lstm.visitParameters(under: "lstm", visit)
    head.visitParameters(under: "head", visit)
  }
}

var random = RandomSource(seed: 7)
var model = CharacterModel(
  embedding: Embedding(count: vocabulary.count, size: 64, using: &random),
  lstm: LSTM(inputSize: 64, hiddenSize: 128, layers: 2, dropout: 0.1, using: &random),
  head: Dense(inputSize: 128, outputSize: vocabulary.count, using: &random))
var optimizer = Adam(for: model, learningRate: 0.003)

/// Reads a text in windows, each from the state in which the one before has ended. Returns the mean
/// cross-entropy of a character, in nats.
@MainActor func read(_ tokens: [Int], learning: Bool) throws -> Double {
  var (state, score) = (nil as [LSTMState<Float>]?, Perplexity())
  for window in StreamWindows(count: tokens.count, batch: 32, steps: 64) {
    let (x, embedded) = model.embedding.forward(window.inputs(of: tokens), shape: window.shape)
    let mode = learning ? Mode.training(seed: random.next()) : .evaluation
    let (h, last, run) = model.lstm.forward(x, mode, initialState: state)
    let (logits, read) = model.head.forward(h)
    let (loss, gradient) = softmaxCrossEntropy(logits, window.targets(of: tokens))
    score.add(meanLoss: Double(loss), count: window.shape.elementCount)
    state = last
    guard learning else { continue }
    let (hGradient, head) = model.head.backward(gradient, read)
    let (xGradient, lstm) = model.lstm.backward(hGradient, run)
    let (_, embedding) = model.embedding.backward(xGradient, embedded)
    var gradients = CharacterModel(embedding: embedding, lstm: lstm, head: head)
    try clipGradientNorm(&gradients, to: 1)
    optimizer.update(&model, along: gradients)
  }
  return score.meanLoss
}

for epoch in 0..<epochs {
  let (loss, validation) = (try read(training, learning: true), try read(heldOut, learning: false))
  print("epoch \(epoch + 1): \(loss) nats per character, \(validation) on the held-out tenth")
  var checkpoint = try Checkpoint(model)
  try checkpoint.insert(vocabulary, named: "vocabulary")
  try checkpoint.write(to: path)
}

var (stream, symbol, written) = (model.lstm.stream(batch: 1), training[0], [Int]())
for _ in 0..<500 {
  let logits = model.head(stream.step(model.embedding.forward([symbol]).output))
  // The largest logit after noise of Gumbel's distribution is a sample of their softmax.
  let noise = -log(-log(random.uniform(logits.shape) as Tensor<Float>))
  symbol = (logits / 0.8 + noise).argmax()  // at the temperature 0.8
  written.append(symbol)
}
print(vocabulary.decode(written))
