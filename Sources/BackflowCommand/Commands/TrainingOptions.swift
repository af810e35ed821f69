internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

extension TrainingSettings.OptimizerName: ExpressibleByArgument {}
extension TrainingSettings.ScheduleName: ExpressibleByArgument {}

/// The default options of a task.
protocol TrainingDefaults {
  static var epochs: Int { get }
  static var batch: Int { get }
  static var learningRate: Double { get }
  static var schedule: TrainingSettings.ScheduleName { get }
  static var clip: Double { get }
  static var health: Int { get }
}

extension TrainingDefaults {
  static var batch: Int { 32 }
  static var learningRate: Double { 0.003 }
  static var schedule: TrainingSettings.ScheduleName { .cosine }
  static var clip: Double { 1 }
  static var health: Int { 10 }
}

/// The options of how a network is trained.
struct TrainingOptions<Defaults: TrainingDefaults>: ParsableArguments {
  @Option(parsing: .unconditional, help: "The number of passes over the training data.")
  var epochs = Defaults.epochs

  @Option(parsing: .unconditional, help: "The number of samples in each update.")
  var batch = Defaults.batch

  @Option(help: "The optimizer. sgd has a momentum of 0.9.")
  var optimizer = TrainingSettings.OptimizerName.adam

  @Option(parsing: .unconditional, help: "The learning rate.")
  var learningRate = Defaults.learningRate

  @Option(help: "How the learning rate changes: not at all, or along half a cosine to 0.")
  var schedule = Defaults.schedule

  @Option(
    parsing: .unconditional,
    help: "The number of first updates over which the learning rate rises from 0.")
  var warmup = 0

  @Option(parsing: .unconditional, help: "The weight decay.")
  var weightDecay = 0.0

  @Option(
    parsing: .unconditional,
    help: "The global norm to which gradients are clipped; 0 for no clipping.")
  var clip = Defaults.clip

  @Option(
    parsing: .unconditional,
    help: "The decay of a moving average of the weights, such as 0.999. (default: no average)")
  var average: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "End after so many epochs in which the validation has not improved, and keep the best network. (default: train to the end)",
      valueName: "epochs"))
  var patience: Int?

  @Option(parsing: .unconditional, help: "The seed of all random numbers.")
  var seed: UInt64 = 1

  @Option(
    parsing: .unconditional,
    help: "The number of threads. (default: BACKFLOW_NUM_THREADS, or the available processors)")
  var threads: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Look at the gradients at every n-th update, and print findings; 0 to look at none.",
      valueName: "n"))
  var health = Defaults.health

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Record every n-th update in the metrics.", valueName: "n"))
  var logEvery = 10

  func validate() throws {
    // The upper bounds prevent overflow of the numbers of steps and elements.
    try check("epochs", epochs, 1...1_000_000_000)
    try check("batch", batch, 1...1_000_000)
    try check("warmup", warmup, 0...1_000_000_000)
    try check("health", health, 0...1_000_000_000)
    try check("log-every", logEvery, 1...1_000_000_000)
    if let patience { try check("patience", patience, 1...1_000_000_000) }
    try checkThreads(threads)
    try checkSinglePrecision(learningRate, "--learning-rate", instead: "\(Defaults.learningRate)")
    if clip != 0 { try checkSinglePrecision(clip, "--clip", instead: "\(Defaults.clip)") }
    guard weightDecay >= 0, weightDecay < 1e6 else {
      throw ValidationError("--weight-decay must be in 0...1e6, got \(weightDecay).")
    }
    if let average, !(average >= 0 && average < 1 - 1e-7) {
      throw ValidationError("--average must be at least 0 and below 1, got \(average).")
    }
  }

  var settings: TrainingSettings {
    TrainingSettings(
      epochs: epochs, batch: batch, optimizer: optimizer, learningRate: learningRate,
      schedule: schedule, warmup: warmup, weightDecay: weightDecay, clip: clip == 0 ? nil : clip,
      average: average, patience: patience, seed: seed, threads: threads ?? Threads.count,
      health: health, logEvery: logEvery)
  }
}

/// Checks that the value of an option is in a range.
func check(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws {
  guard range.contains(value) else {
    throw ValidationError(
      "--\(option) must be between \(range.lowerBound) and \(range.upperBound), got \(value).")
  }
}

/// Checks that the value of an option is a share.
func checkShare(_ option: String, _ value: Double, isBelowOne: Bool = true) throws {
  guard value >= 0, isBelowOne ? value < 1 : value <= 1 else {
    throw ValidationError(
      "--\(option) must be at least 0 and \(isBelowOne ? "below" : "at most") 1, got \(value).")
  }
}
