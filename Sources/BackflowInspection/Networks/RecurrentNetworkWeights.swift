public import BackflowCheckpoints
internal import OrderedCollections

/// The weights of a recurrent network of one or more layers, in one or both directions, that belong
/// together by their names.
///
///     for network in RecurrentNetworkWeights.all(in: checkpoint) where network.kind == .lstm {
///       let weights = try network.parameters()
///       let lstm = LSTM<Double>(cells: weights.map { $0.map { LSTMCell($0) } })
///     }
public struct RecurrentNetworkWeights: Sendable {
  /// The name of the network, which is empty if the names of its tensors start with `weight`.
  public let name: String
  /// The kind of all cells.
  public let kind: RecurrentWeights.Kind
  /// The layers, and their directions: forward, then backward.
  public let layers: [[RecurrentWeights]]
  /// A Boolean value that indicates whether the numbers of the layers begin with 0 and none is
  /// missing or repeated.
  public let isComplete: Bool
  /// The names of all W_hh, in the order of the file's layers.
  let recurrentNames: [String]

  /// Returns the networks in a checkpoint. Layers with PyTorch's suffixes `_l0`, `_l0_reverse`,
  /// `_l1` … form one network, in whatever order the file has them; a layer with another name is a
  /// network by itself.
  public static func all(in checkpoint: Checkpoint) -> [RecurrentNetworkWeights] {
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
        isComplete: isComplete && !layers.isEmpty,
        recurrentNames: members.sorted { $0.place < $1.place }.map(\.weights.recurrent.name))
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
  public var hiddenSize: Int { layers.first?.first?.hiddenSize ?? 0 }
  /// I, or `nil` without W_ih.
  public var inputSize: Int? { layers.first?.first?.input?.tensor.shape[1] }
  /// The number of directions, 1 or 2.
  public var directionCount: Int { layers.first?.count ?? 0 }
  /// The number of cells: layers × directions.
  public var cellCount: Int { layers.count * directionCount }

  /// The machine epsilon of the least precise type of the recurrent weights.
  public var precision: Double { layers.joined().map(\.recurrent.tensor.type.precision).max() ?? 0 }
}
