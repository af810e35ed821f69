internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Write a text with a language model.",
    discussion: """
      EXAMPLES
        backflow sample runs/book --length 500 --temperature 0.8
        backflow sample runs/book --prompt "Once upon a time" --top-k 10 --seed 7
      """)

  @Argument(
    help: ArgumentHelp("A run of `backflow train text`.", valueName: "run"), completion: .directory)
  var path: String

  @Option(parsing: .unconditional, help: "The number of characters, or bytes, to write.")
  var length = 500

  @Option(help: "The text that the output continues, by default a line break.")
  var prompt = "\n"

  @Option(
    parsing: .unconditional,
    help:
      "Below 1, the more probable characters become more so; 0 takes the most probable one always.")
  var temperature = 1.0

  @Option(
    parsing: .unconditional,
    help: "Draw from the k most probable characters only. (default: from all)")
  var topK: Int?

  @Option(parsing: .unconditional, help: "The seed of the draws.")
  var seed: UInt64 = 1

  func validate() throws {
    try check("length", length, 0...1_000_000_000)
    if let topK { try check("top-k", topK, 1...1_000_000_000) }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature must be 0 or positive, got \(temperature).")
    }
    guard !prompt.isEmpty else { throw ValidationError("--prompt must not be empty.") }
  }

  func run() throws {
    do {
      let saved = try SavedRun(path)
      guard case .text(let vocabulary) = saved.preprocessing.input else {
        throw CommandError(
          .data, "\(path): a \(saved.configuration.task.name.rawValue) run does not write texts")
      }
      let prompt =
        vocabulary.characters != nil && self.prompt == "\n" && vocabulary.number(of: "\n") == nil
        ? [0] : try encoded(vocabulary)
      let sampler = TokenSampler(temperature: temperature, topK: topK)
      var random = RandomSource(seed: seed)
      var network = saved.network
      network.resetState(batch: 1)
      var pending: [Int] = []
      var logits = read(prompt, &network)
      for _ in 0..<length where !outputIsLost {
        guard logits.elements.contains(where: { !$0.isNaN }) else {
          throw CommandError(.data, "\(path): the network answers with NaN")
        }
        let token = sampler.sample(logits, using: &random)
        pending.append(token)
        // Bytes are written as whole characters.
        if vocabulary.characters != nil || token < 128 {
          say(vocabulary.decode(pending), terminator: "")
          pending = []
        }
        logits = read([token], &network)
      }
      say(vocabulary.decode(pending))
    } catch {
      throw failure(error)
    }
  }

  private func encoded(_ vocabulary: Vocabulary) throws -> [Int] {
    do {
      return try vocabulary.encode(prompt)
    } catch {
      throw CommandError(.data, "--prompt: \(error)")
    }
  }

  /// Reads tokens, and returns the logits of the next one.
  private func read(_ tokens: [Int], _ network: inout Sequential<Float>) -> Tensor<Float> {
    let (output, cache) = network.forward(
      Tensor(tokens.map { Float($0) }, shape: [tokens.count, 1]))
    network.updateBuffers(from: cache)
    return output[tokens.count - 1..<tokens.count].flattened
  }
}
