internal import Backflow
internal import BackflowFiles

extension TaskSettings {
  /// The windows of a text: B streams that are read in parallel, each window from where the one
  /// before has ended. The end of the text is held out.
  func text(batch: Int, seed: UInt64) throws -> TaskData {
    let file = try dataFile()
    let vocabulary =
      tokens == .bytes ? Vocabulary.bytes : Vocabulary(charactersOf: try readText(file.path))
    let all = try vocabulary.tokens(of: file.path)
    let heldOut = Int((Double(all.count) * validation).rounded())
    let training = Array(all.dropLast(heldOut))
    let steps = steps ?? 64
    let validationBatch = max(1, min(batch, heldOut / (2 * steps)))
    guard training.count >= batch * (2 * steps + 1) else {
      throw CommandError(
        .data,
        "\(file.path): a text of \(all.count) \(tokens?.rawValue ?? "characters") is too short for"
          + " \(batch) streams with windows of \(steps) steps; choose a smaller --batch or --steps")
    }
    // Every epoch begins elsewhere, so that the ends of windows are at other places.
    let windows: @Sendable (Int) -> StreamWindows = { epoch in
      var random = RandomSource(seed: seed &+ UInt64(epoch))
      return StreamWindows(
        count: training.count, batch: batch, steps: steps,
        offset: random.integer(below: steps), dropsLast: true)
    }
    let count = StreamWindows(
      count: training.count, batch: batch, steps: steps, offset: steps, dropsLast: true
    ).count
    return TaskData(
      training: SampleBatches(
        Batches(count: count, size: 1, shuffles: false, seed: seed),
        byEpoch: { epoch, indices in windowSamples(of: windows(epoch)[indices[0]], in: training) }),
      validation: streamed(
        Array(all.suffix(heldOut)), batch: validationBatch, steps: steps),
      summary: "\(training.count) \(tokens?.rawValue ?? "characters") to train on, \(heldOut) held"
        + " out; \(vocabulary.count) different ones",
      inputs: vocabulary.count, areTokens: true, outputs: vocabulary.count,
      preprocessing: Preprocessing(input: .text(vocabulary)),
      unit: (tokens?.rawValue ?? "characters", batch * steps))
  }
}

/// The windows of a text that is measured.
func streamed(_ tokens: [Int], batch: Int, steps: Int) -> SampleBatches {
  let windows = StreamWindows(count: tokens.count, batch: batch, steps: steps)
  return SampleBatches(Batches(count: windows.count, size: 1, shuffles: false)) { indices in
    windowSamples(of: windows[indices[0]], in: tokens)
  }
}

private func windowSamples(
  of window: StreamWindow, in tokens: [Int]
) -> (input: Tensor<Float>, target: Target) {
  let inputs = Tensor(window.inputs(of: tokens).map { Float($0) }, shape: window.shape)
  return (inputs, .labels(window.targets(of: tokens)))
}

extension Vocabulary {
  /// Returns the tokens of a file.
  func tokens(of path: String) throws -> [Int] {
    if characters == nil { return try readBytes(path).map { Int($0) } }
    do {
      return try encode(try readText(path))
    } catch let error as DataError {
      throw CommandError(.data, "\(path), \(error)")
    }
  }
}

/// Reads a file as UTF-8.
private func readText(_ path: String) throws -> String {
  guard let text = String(validating: try readBytes(path), as: UTF8.self) else {
    throw CommandError(.data, "\(path): the text is not valid UTF-8; use --tokens bytes")
  }
  return text
}
