import Backflow

// Learns which cultivar a wine is from, and saves what a service needs to answer: see README.md.
let table = try DataTable(csv: "wine.csv")
let split = try table.split(validation: 0.2, test: 0.2, seed: 7, stratifiedBy: "cultivar")
let parts = [split.training, split.validation, split.test]
let encoder = try TableEncoder<Float>(fitting: parts[0], excluding: ["cultivar"])
let classes = try LabelEncoder(fitting: parts[0], column: "cultivar")
let inputs = try parts.map { try encoder.encode($0) }
let labels = try parts.map { try classes.encode($0, column: "cultivar") }

var random = RandomSource(seed: 7)
let model = Sequential<Float> {
  Dense(inputSize: encoder.featureCount, outputSize: 16, using: &random)
  ReLU()
  Dense(inputSize: 16, outputSize: classes.count, using: &random)
}
let data = TrainingData(inputs[0], labels: labels[0], Batches(count: labels[0].count, size: 16))
var trainer = Trainer(model, on: data, optimizer: Adam(for: model)) { softmaxCrossEntropy($0, $1) }
trainer.earlyStopping = EarlyStopping(patience: 20)
try trainer.fit(
  epochs: 300, validation: { Double(softmaxCrossEntropy($0(inputs[1]), labels[1]).loss) })
print(
  "epochs: \(trainer.epoch), test accuracy: \(accuracy(trainer.bestModel(inputs[2]), labels[2]))")

var checkpoint = try Checkpoint(trainer.bestModel, prefix: "network")
try checkpoint.insert(encoder, prefix: "input")
try checkpoint.insert(classes, named: "classes")
try checkpoint.write(to: "wine.safetensors")
