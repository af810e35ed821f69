public import BackflowCheckpoints
internal import OrderedCollections

/// What can be said of a checkpoint without running or training the model.
///
///     let report = try CheckpointReport(of: Checkpoint(contentsOf: "model.pt"))
///     print(report)
///
/// The report is `Encodable`, with all figures in full precision.
public struct CheckpointReport: Sendable, Equatable {
  /// The path of the file, as given by the caller.
  public let file: String?
  /// The tensors in the order of the file.
  public let tensors: [TensorReport]
  /// The recurrent layers that the names and shapes of the tensors reveal.
  public let recurrentLayers: [RecurrentLayerReport]
  /// The diagonal recurrences that the names and shapes of the tensors reveal.
  public let stateSpaceLayers: [StateSpaceLayerReport]
  /// The findings about those recurrences that are not findings about one tensor by itself.
  let stateSpaceFindings: [CheckpointFinding]
  /// The metadata of the file.
  public let metadata: [String: String]
  /// What the file has besides tensors and metadata.
  public let omissions: [Omission]

  /// An entry of the file that is not part of the checkpoint.
  public struct Omission: Sendable, Encodable, Equatable {
    /// The name of the entry.
    public let name: String
    /// What the entry is.
    public let reason: String
  }

  /// Reads and examines all tensors, one at a time.
  ///
  /// - Complexity: That of reading the file, and of the singular values of each matrix and the
  ///   eigenvalues of each gate, up to a limit; see `SingularValueSummary.maximumCost` and
  ///   `RecurrentLayerReport.maximumDecomposed`.
  /// - Throws: `CheckpointError` if a tensor cannot be read.
  public init(of checkpoint: Checkpoint) throws(CheckpointError) {
    file = checkpoint.path
    metadata = Dictionary(checkpoint.metadata.map { ($0.key, $0.value) }) { first, _ in first }
    omissions = checkpoint.omissions.map { Omission(name: $0.name, reason: $0.reason) }
    var tensors: [TensorReport] = []
    for (name, tensor) in checkpoint.tensors {
      do { tensors.append(try TensorReport(name, of: tensor)) } catch { throw error.reading(name) }
    }
    self.tensors = tensors
    var layers: [RecurrentLayerReport] = []
    for weights in RecurrentWeights.all(in: checkpoint) {
      layers.append(try RecurrentLayerReport(of: weights))
    }
    recurrentLayers = layers
    (stateSpaceLayers, stateSpaceFindings) = try CheckpointReport.stateSpace(in: checkpoint)
  }

  /// Examines the diagonal recurrences, one at a time.
  private static func stateSpace(
    in checkpoint: Checkpoint
  ) throws(CheckpointError) -> ([StateSpaceLayerReport], [CheckpointFinding]) {
    var (reports, findings) = ([StateSpaceLayerReport](), [CheckpointFinding]())
    for parameters in StateSpaceParameters.all(in: checkpoint) {
      let layer = try StateSpaceLayer(parameters)
      reports.append(StateSpaceLayerReport(of: layer))
      findings += layer.findings.filter { $0.kind != .nonFinite }
    }
    return (reports, findings)
  }

  /// The number of elements of all tensors.
  public var elementCount: Int { tensors.reduce(0) { $0 + $1.count } }

  /// The number of bytes of all tensors.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
}
