public import BackflowCheckpoints
internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import OrderedCollections

/// Whether the recurrent networks of a checkpoint, run by this library, give recorded outputs for
/// recorded inputs, and under which convention.
///
///     let report = try ReplayReport(
///       of: Checkpoint(contentsOf: "model.pt"), against: Checkpoint(contentsOf: "io.npz"))
///
/// The recording has the tensors `input`, [T, B, I], and `output`, [T, B, D·H], or both with the
/// batch first, or both without a batch, [T, I] and [T, D·H], or one step, [B, I] and [B, H];
/// optionally `h_0` and, for an LSTM, `c_0`, [layers·D, B, H]. If the checkpoint has several
/// networks, the name of the network and a dot stand before these names, as in `encoder.input`.
public struct ReplayReport: Sendable, Codable, Equatable {
  /// The networks that the recording has inputs and outputs for.
  public let networks: [Network]
  /// The networks that were not run, with the reason.
  public let skipped: [Skipped]

  /// A network that was run.
  public struct Network: Sendable, Codable, Equatable {
    /// The name of the network.
    public let name: String
    /// The kind of its cells.
    public let kind: RecurrentWeights.Kind
    /// The conventions that were tried, with the smallest error first.
    public let attempts: [Attempt]
    /// The largest relative error with which outputs count as equal: 1,000 times the machine
    /// epsilon of the least precise type in the file, and at most 0.01.
    public let tolerance: Double

    /// The conventions under which the recorded outputs come out.
    public var matches: [Attempt] { attempts.filter { $0.error <= tolerance } }
  }

  /// One convention.
  public struct Attempt: Sendable, Codable, Equatable {
    /// The equations and the order of the gates.
    public let convention: String
    /// The order of the axes of the recording.
    public let axes: String
    /// The largest absolute difference from the recorded output, divided by its largest absolute
    /// value.
    public let error: Double
  }

  /// A network that was not run.
  public struct Skipped: Sendable, Codable, Equatable {
    /// The name of the network.
    public let name: String
    /// The reason.
    public let reason: String
  }

  /// Whether every network was run and gives its recorded output under some convention.
  public var isMatch: Bool {
    !networks.isEmpty && skipped.isEmpty && networks.allSatisfy { !$0.matches.isEmpty }
  }

  /// Runs every recurrent network of `checkpoint` for which `recording` has an input and an output.
  ///
  /// - Throws: `CheckpointError` if a tensor cannot be read.
  public init(
    of checkpoint: Checkpoint, against recording: Checkpoint
  ) throws(CheckpointError) {
    let all = RecurrentNetworkWeights.all(in: checkpoint)
    var (networks, skipped) = ([Network](), [Skipped]())
    for weights in all {
      let recorded = try RecordedSequence.all(for: weights, in: recording, isOnly: all.count == 1)
      switch (recorded, try weights.parameters()) {
      case (.failure(let misfit), _), (_, .failure(let misfit)):
        skipped.append(Skipped(name: weights.name, reason: misfit.reason))
      case (.success(let sequences), .success(let parameters)):
        var attempts: [Attempt] = []
        for sequence in sequences {
          for convention in RecurrentConvention.all(of: weights.kind) {
            let output = convention.run(parameters, sequence.input, sequence.states)
            attempts.append(
              Attempt(
                convention: convention.name, axes: sequence.axes,
                error: sequence.error(of: output)))
          }
        }
        let precision = max(weights.precision, sequences.map(\.precision).max() ?? 0)
        networks.append(
          Network(
            name: weights.name, kind: weights.kind,
            attempts: attempts.sorted { $0.error < $1.error },
            tolerance: min(0.01, 1000 * precision)))
      }
    }
    (self.networks, self.skipped) = (networks, skipped)
  }
}
