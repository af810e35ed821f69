internal import BackflowCheckpoints
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import OrderedCollections

/// The weights of a recurrent network of one or more layers, in one or both directions, that belong
/// together by their names.
struct RecurrentNetworkWeights {
  /// The name of the network, which is empty if the names of its tensors start with `weight`.
  let name: String
  let kind: RecurrentWeights.Kind
  /// The layers, and their directions.
  let layers: [[RecurrentWeights]]
  /// Whether the numbers of the layers begin with 0 and none is missing or repeated.
  let isComplete: Bool

  /// Returns the networks in a checkpoint. Layers with PyTorch's suffixes `_l0`, `_l0_reverse`,
  /// `_l1` … form one network, in whatever order the file has them; a layer with another name is a
  /// network by itself.
  static func all(in checkpoint: Checkpoint) -> [RecurrentNetworkWeights] {
    var groups: OrderedDictionary<Key, [(place: LayerPlace, weights: RecurrentWeights)]> = [:]
    for weights in RecurrentWeights.all(in: checkpoint) {
      let place = LayerPlace(weights.suffix)
      let key = Key(
        network: weights.network, kind: weights.kind,
        name: place == nil ? weights.recurrent.name : nil)
      groups[key, default: []].append((place ?? LayerPlace(layer: 0, isReverse: false), weights))
    }
    return groups.map { key, members in
      var layers: [[RecurrentWeights]] = []
      var isComplete = true
      for (place, weights) in members.sorted(by: { $0.place < $1.place }) {
        if !place.isReverse {
          isComplete = isComplete && place.layer == layers.count
          layers.append([weights])
        } else if place.layer == layers.count - 1, layers[place.layer].count == 1 {
          layers[place.layer].append(weights)
        } else {
          isComplete = false
        }
      }
      return RecurrentNetworkWeights(
        name: key.network, kind: key.kind, layers: layers,
        isComplete: isComplete && !layers.isEmpty)
    }
  }

  /// What the layers of a network have in common. A layer without a number has a key of its own.
  private struct Key: Hashable {
    let network: String
    let kind: RecurrentWeights.Kind
    let name: String?
  }

  /// The position of a layer in a network by PyTorch's suffix.
  private struct LayerPlace: Comparable {
    let layer: Int
    let isReverse: Bool

    init(layer: Int, isReverse: Bool) { (self.layer, self.isReverse) = (layer, isReverse) }

    init?(_ suffix: String) {
      isReverse = suffix.hasSuffix("_reverse")
      let number = isReverse ? suffix.dropLast(8) : suffix[...]
      guard number.hasPrefix("_l"), let layer = Int(number.dropFirst(2)) else { return nil }
      self.layer = layer
    }

    static func < (left: LayerPlace, right: LayerPlace) -> Bool {
      (left.layer, left.isReverse ? 1 : 0) < (right.layer, right.isReverse ? 1 : 0)
    }
  }

  /// H.
  var hiddenSize: Int { layers.first?.first?.hiddenSize ?? 0 }
  /// I, or `nil` without W_ih.
  var inputSize: Int? { layers.first?.first?.input?.tensor.shape[1] }
  /// The number of cells: layers × directions.
  var cellCount: Int { layers.count * directionCount }
  /// D
  var directionCount: Int { layers.first?.count ?? 0 }

  /// The largest rounding error of the stored types.
  var precision: Double { layers.joined().map(\.recurrent.tensor.type.precision).max() ?? 0 }

  /// Returns the parameters by layer and direction, or the reason why they do not fit together.
  ///
  /// - Precondition: The network is complete.
  func parameters() throws(CheckpointError) -> Result<[[GateWeights<Double>]], Misfit> {
    var rows: [[GateWeights<Double>]] = []
    for (index, layer) in layers.enumerated() {
      let inputs = index == 0 ? inputSize : directionCount * hiddenSize
      var row: [GateWeights<Double>] = []
      for weights in layer {
        guard let input = weights.input else {
          return .failure(
            Misfit(reason: "the checkpoint has no W_ih beside \(weights.recurrent.name)"))
        }
        guard weights.hiddenSize == hiddenSize, layer.count == directionCount,
          input.tensor.shape[1] == inputs
        else {
          return .failure(
            Misfit(
              reason: "\(input.name) has shape \(input.tensor.shape), which does not fit the layers"
                + " before it"))
        }
        row.append(try weights.parameters(input))
      }
      rows.append(row)
    }
    return .success(rows)
  }

  /// The reason why a network cannot be run.
  struct Misfit: Error {
    let reason: String
    /// Whether the recording has an input or an output for the network.
    var isRecorded = true
  }
}

extension RecurrentWeights {
  /// The parameters in double precision. A missing bias beside an existing one counts as zero.
  fileprivate func parameters(_ input: Named) throws(CheckpointError) -> GateWeights<Double> {
    var first: Tensor<Double>? = try inputBias?.tensor.values()
    var second: Tensor<Double>? = try recurrentBias?.tensor.values()
    if let first, second == nil { second = .zeros(first.shape) }
    if let second, first == nil { first = .zeros(second.shape) }
    return GateWeights(
      input: try input.tensor.values(), recurrent: try recurrent.tensor.values(),
      inputBias: first, recurrentBias: second)
  }
}
