import Backflow

// Forecasts an hourly series one hour and many hours ahead: see README.md.
let (hours, trainingHours, window, horizon) = (6000, 4500, 48, 24)
var random = RandomSource(seed: 7)
var deviation = 0.0
let series = (0..<hours).map { hour in
  let phase = 2 * Double.pi * Double(hour) / 24
  deviation = 0.8 * deviation + random.normal()
  return Float(50 + 10 * .sin(phase) + 4 * .sin(2 * phase + 1) + deviation)
}
let demand = Tensor(series, shape: [hours, 1])
let scale = try Standardizer(fitting: demand.slice(0..<trainingHours))
let scaled = scale(demand)

/// Returns the hours from each start on, [T, B, 1].
@Sendable func windows(_ starts: [Int]) -> Tensor<Float> {
  Tensor.stack((0..<window).map { step in scaled.selectRows(starts.map { $0 + step }) })
}

/// Returns the hour that is `ahead` of each window, [B, 1].
@Sendable func hour(_ ahead: Int, after starts: [Int]) -> Tensor<Float> {
  scaled.selectRows(starts.map { $0 + window + ahead - 1 })
}

let network = Sequential<Float> {
  GRU(inputSize: 1, hiddenSize: 32, using: &random)
  LastStep()
  Dense(inputSize: 32, outputSize: 1, using: &random)
}
let data = TrainingData(Batches(count: trainingHours - window, size: 64, seed: 7)) {
  (windows($0), hour(1, after: $0))
}
var trainer = Trainer(network, on: data, optimizer: Adam(for: network, learningRate: 0.003)) {
  meanSquaredError($0, $1)
}
trainer.maximumNorm = 1
let log = try TensorBoardLog(in: "runs")
try trainer.fit(epochs: CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 1 : 20) {
  _, event in
  if case .epoch(let report) = event { log.add(report.loss, named: "loss", at: report.epoch) }
  return .proceed
}
try log.flush()

// After the first step, the network reads its own forecasts.
let starts = Array(trainingHours..<hours - window - horizon)
var input = windows(starts)
print("hours ahead: network, last hour, same hour yesterday, least possible (root mean squares)")
for ahead in 1...horizon {
  let (forecast, truth) = (trainer.model(input), hour(ahead, after: starts))
  func error(_ forecast: Tensor<Float>) -> String {
    var scores = RegressionScores()
    scores.add(scale.inverse(forecast), scale.inverse(truth))
    return "\((scores.rootMeanSquaredError * 100).rounded() / 100)"
  }
  // The series less its period is an autoregression, whose variance grows with the horizon.
  let least = (1 - Double.pow(0.8, 2 * ahead)) / (1 - 0.64)
  if [1, 2, 6, 12, 24].contains(ahead) {
    print(
      "\(ahead):", error(forecast), error(hour(0, after: starts)),
      error(hour(ahead - 24, after: starts)), (least.squareRoot() * 100).rounded() / 100)
  }
  let next = forecast.reshaped(to: [1, starts.count, 1])
  input = .concatenate([input.slice(1..<window), next])
}
