internal import BackflowFiles
internal import BackflowKernels
public import BackflowLinearAlgebra
internal import Synchronization

/// A file of numbers and histograms of a training, which TensorBoard shows as curves.
///
///     let log = try TensorBoardLog(in: "runs/first")
///     try trainer.fit(epochs: 40) { trainer, event in
///       switch event {
///       case .update(let update): log.add(update.loss, named: "loss", at: update.step)
///       case .epoch(let epoch):
///         for (name, weight) in trainer.model.namedParameters {
///           log.addHistogram(of: weight, named: name, at: epoch.step)
///         }
///         try log.flush()
///       }
///       return .proceed
///     }
///
/// Events are kept in memory until `flush()`, or until the last reference is released. A file is
/// never continued: each log has a new one, whose name is after those that the directory has,
/// because TensorBoard reads them in the order of their names. A training that resumes makes a log
/// `from` the first step after its checkpoint, and TensorBoard drops what the interrupted process
/// wrote from this step on. Curves of different trainings belong to different directories.
///
/// Several threads may add events at the same time.
public final class TensorBoardLog: Sendable {
  /// The path of the file.
  public let path: String
  private let clock: @Sendable () -> Double
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var file: GrowingFile
    var pending: [UInt8] = []

    mutating func flush() throws(FileError) {
      guard !pending.isEmpty else { return }
      try file.append(pending)
      pending.removeAll(keepingCapacity: true)
    }
  }

  /// Creates the file `events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER`.
  ///
  /// - Parameters:
  ///   - directory: The directory of the file, which is created if necessary.
  ///   - step: The first step that is written, if an earlier process may have written it too.
  ///   - clock: Returns the seconds since the beginning of 1970 for the name and for the events. If
  ///     it is `nil`, the clock of the system does.
  /// - Throws: `TensorBoardError` if the file cannot be created.
  public init(
    in directory: String, from step: Int? = nil, clock: (@Sendable () -> Double)? = nil
  ) throws(TensorBoardError) {
    self.clock = clock ?? { WallClock.seconds }
    do {
      try WholeFile.makeFolder(directory)
      let file = try Self.makeFile(in: directory, at: self.clock())
      path = file.path
      state = Mutex(State(file: file))
    } catch {
      throw TensorBoardError(error)
    }
    add(.version, at: 0)
    if let step { add(.start, at: step) }
    try flush()
  }

  deinit {
    // A program that needs to know whether this succeeds flushes before.
    try? flush()
  }

  /// Adds a point of the curve `tag`, which TensorBoard keeps in single precision.
  public func add(_ value: Double, named tag: String, at step: Int) {
    add(.scalar(value, tag: tag), at: step)
  }

  /// Adds a histogram of the finite elements of a tensor.
  ///
  /// - Complexity: O(number of elements)
  public func addHistogram<Scalar>(of tensor: Tensor<Scalar>, named tag: String, at step: Int) {
    let numbers = Tensor<Double>(tensor).elements
    add(.histogram(TensorBoardHistogram(of: numbers), tag: tag), at: step)
  }

  /// Writes all events that were added.
  ///
  /// - Throws: `TensorBoardError` if they cannot be written, for example because the disk is full.
  ///   The file is then as before, and the events are kept for the next attempt.
  public func flush() throws(TensorBoardError) {
    do {
      try state.withLock { state throws(FileError) in try state.flush() }
    } catch {
      throw TensorBoardError(error)
    }
  }

  private func add(_ content: TensorBoardEvent.Content, at step: Int) {
    let event = TensorBoardEvent(wallTime: clock(), step: step, content)
    let record = eventRecord(event.bytes)
    state.withLock { $0.pending += record }
  }
}

// MARK: - Names of files

extension TensorBoardLog {
  /// Creates a file whose name comes after those of all event files in the directory.
  private static func makeFile(
    in directory: String, at time: Double
  ) throws(FileError) -> GrowingFile {
    let names = try InputFolder(directory)?.fileNames() ?? []
    let latest = names.compactMap(seconds).max() ?? -1
    // A clock may have been set back, and two processes may begin in one second.
    let start = max(Int(exactly: time.rounded(.down)) ?? 0, latest + 1)
    let digits = String(start)
    let padded = String(repeating: "0", count: max(digitCount - digits.count, 0)) + digits
    let prefix = "\(namePrefix)\(padded).\(ProcessIdentity.hostName).\(ProcessIdentity.number)."
    var number = 0
    while true {
      if let file = try GrowingFile(named: prefix + String(number), in: directory) { return file }
      number += 1
    }
  }

  /// Returns the seconds in the name of an event file.
  private static func seconds(_ name: String) -> Int? {
    guard name.hasPrefix(namePrefix) else { return nil }
    let digits = name.dropFirst(namePrefix.count).prefix { $0 != "." }
    return digits.count == digitCount ? Int(digits) : nil
  }
}

private let namePrefix = "events.out.tfevents."
/// TensorBoard's own writer gives the seconds ten digits, so that names sort like times.
private let digitCount = 10
