public import BackflowCheckpoints
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import OrderedCollections

/// Whether the recurrent networks of a checkpoint, run by this library, give recorded outputs for
/// recorded inputs, and under which convention.
///
///     let report = try ReplayReport(
///       of: Checkpoint(contentsOf: "model.pt"), against: Checkpoint(contentsOf: "io.npz"))
///
/// The recording has the tensors `input`, [T, B, I], and `output`, [T, B, D·H], or both with the
/// batch first, or both without a batch, [T, I] and [T, D·H], or one step, [B, I] and [B, D·H];
/// optionally the initial states `h_0` (or `hidden`) and, for an LSTM, `c_0` (or `cell`),
/// [layers·D, B, H]. If the checkpoint has several networks, the name of the network and a dot
/// stand before these names, as in `encoder.input`.
public struct ReplayReport: Sendable, Equatable {
  /// The networks that the recording has inputs and outputs for.
  public let networks: [Network]
  /// The networks that were not run, with the reason.
  public let skipped: [Skipped]

  /// A network that was run.
  public struct Network: Sendable, Equatable {
    /// The name of the network.
    public let name: String
    /// The kind of its cells.
    public let kind: RecurrentWeights.Kind
    /// The conventions that were tried, with the smallest error first.
    public let attempts: [Attempt]
    /// The largest relative error with which outputs count as equal: 1,000 times the machine
    /// epsilon of the least precise type in the file, and at most 0.01.
    public let tolerance: Double

    /// The conventions that reproduce the recorded outputs.
    public var matches: [Attempt] { attempts.filter { $0.error <= tolerance } }
  }

  /// One convention.
  public struct Attempt: Sendable, Encodable, Equatable {
    /// The equations and the order of the gates.
    public let convention: String
    /// The order of the axes of the recording.
    public let axes: String
    /// The largest absolute difference from the recorded output, divided by its largest absolute
    /// value.
    public let error: Double
  }

  /// A network that was not run.
  public struct Skipped: Sendable, Encodable, Equatable {
    /// The name of the network.
    public let name: String
    /// The reason.
    public let reason: String
    /// Whether the recording has an input or an output for the network, which then does not fit.
    public let isRecorded: Bool

    private enum CodingKeys: String, CodingKey {
      case name, reason
      case isRecorded = "recorded"
    }
  }

  /// Whether some convention reproduces every recorded output. Networks without a recording do
  /// not count, but there must be one with a recording.
  public var isMatch: Bool {
    !networks.isEmpty && networks.allSatisfy { !$0.matches.isEmpty }
      && !skipped.contains(where: \.isRecorded)
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
      switch recorded {
      case .failure(let misfit): skipped.append(Skipped(weights, misfit))
      case .success(let sequences):
        do throws(RecurrentNetworkError) {
          networks.append(Network(weights, try weights.parameters(), sequences))
        } catch .unreadable(let error) {
          throw error
        } catch {
          skipped.append(Skipped(weights, RecordedSequence.Misfit(reason: error.description)))
        }
      }
    }
    (self.networks, self.skipped) = (networks, skipped)
  }
}

extension ReplayReport.Network {
  /// Runs a network under all conventions on all interpretations of a recording.
  fileprivate init(
    _ weights: RecurrentNetworkWeights, _ parameters: [[GateWeights<Double>]],
    _ sequences: [RecordedSequence]
  ) {
    var attempts: [ReplayReport.Attempt] = []
    for sequence in sequences {
      for convention in RecurrentConvention.all(of: weights.kind) {
        let output = convention.run(parameters, sequence.input, sequence.states)
        attempts.append(
          ReplayReport.Attempt(
            convention: convention.name, axes: sequence.axes, error: sequence.error(of: output)))
      }
    }
    let precision = max(weights.precision, sequences.map(\.precision).max() ?? 0)
    (name, kind, tolerance) = (weights.name, weights.kind, min(0.01, 1000 * precision))
    self.attempts = attempts.sorted { $0.error < $1.error }
  }
}

extension ReplayReport.Skipped {
  fileprivate init(_ weights: RecurrentNetworkWeights, _ misfit: RecordedSequence.Misfit) {
    self.init(name: weights.name, reason: misfit.reason, isRecorded: misfit.isRecorded)
  }
}
