internal import BackflowCheckpoints
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// The weights of a recurrent network of one or more layers, in one or both directions, that belong
/// together by their names.
struct RecurrentNetworkWeights {
  /// The name of the network, which is empty if the names of its tensors start with `weight`.
  let name: String
  let kind: RecurrentWeights.Kind
  /// The layers, and their directions.
  let layers: [[RecurrentWeights]]

  /// Returns the networks in a checkpoint. Layers with PyTorch's suffixes `_l0`, `_l0_reverse`,
  /// `_l1` … form one network; a layer with another name is a network by itself.
  static func all(in checkpoint: Checkpoint) -> [RecurrentNetworkWeights] {
    var networks: [RecurrentNetworkWeights] = []
    for weights in RecurrentWeights.all(in: checkpoint) {
      let (network, place) = (weights.network, LayerPlace(weights.suffix))
      if let place, place != LayerPlace(layer: 0, isReverse: false),
        let last = networks.last, last.name == network, last.kind == weights.kind
      {
        var layers = last.layers
        if place.isReverse, place.layer == layers.count - 1, layers[place.layer].count == 1 {
          layers[place.layer].append(weights)
        } else if !place.isReverse, place.layer == layers.count {
          layers.append([weights])
        } else {
          continue
        }
        networks[networks.count - 1] = RecurrentNetworkWeights(
          name: network, kind: last.kind, layers: layers)
      } else {
        networks.append(
          RecurrentNetworkWeights(name: network, kind: weights.kind, layers: [[weights]]))
      }
    }
    return networks
  }

  /// The position of a layer in a network by PyTorch's suffix.
  private struct LayerPlace: Equatable {
    let layer: Int
    let isReverse: Bool

    init(layer: Int, isReverse: Bool) { (self.layer, self.isReverse) = (layer, isReverse) }

    init?(_ suffix: String) {
      isReverse = suffix.hasSuffix("_reverse")
      let number = isReverse ? suffix.dropLast(8) : suffix[...]
      guard number.hasPrefix("_l"), let layer = Int(number.dropFirst(2)) else { return nil }
      self.layer = layer
    }
  }

  /// H.
  var hiddenSize: Int { layers[0][0].hiddenSize }
  /// I, or `nil` without W_ih.
  var inputSize: Int? { layers[0][0].input?.tensor.shape[1] }

  /// The largest rounding error of the stored types.
  var precision: Double { layers.joined().map(\.recurrent.tensor.type.precision).max() ?? 0 }

  /// Returns the parameters by layer and direction, or the reason why they do not fit together.
  func parameters() throws(CheckpointError) -> Result<[[GateWeights<Double>]], Misfit> {
    var rows: [[GateWeights<Double>]] = []
    for (index, layer) in layers.enumerated() {
      let inputs = index == 0 ? inputSize : layers[0].count * hiddenSize
      var row: [GateWeights<Double>] = []
      for weights in layer {
        guard let input = weights.input else {
          return .failure(
            Misfit(reason: "the checkpoint has no W_ih beside \(weights.recurrent.name)"))
        }
        guard weights.hiddenSize == hiddenSize, layer.count == layers[0].count,
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

  struct Misfit: Error {
    let reason: String
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
      inputBias: first,
      recurrentBias: second)
  }
}
