import Backflow
import Foundation

/// A loss of a batch and its gradient with respect to the output.
typealias BatchLoss = (Tensor<Float>, TrainingBatch) -> (loss: Float, gradient: Tensor<Float>)

/// Losses as users write them, with their gradients.
enum SecondLosses {
  /// The mean of a loss of each output z and its target y, given with its slope in z.
  static func each(_ loss: @escaping (_ z: Float, _ y: Float) -> (Float, Float)) -> BatchLoss {
    { output, batch in
      let pairs = zip(output.elements, batch.targets.elements).map { loss($0, $1) }
      let count = Float(pairs.count)
      return (
        pairs.reduce(0) { $0 + $1.0 } / count,
        Tensor(pairs.map { $0.1 / count }, shape: output.shape)
      )
    }
  }

  /// −ln p(y) up to a constant, of Poisson's distribution with rate exp(z).
  static func poisson(_ z: Float, _ y: Float) -> (Float, Float) { (exp(z) - y * z, exp(z) - y) }

  /// −ln p(y) of the exponential distribution with mean exp(z).
  static func exponential(_ z: Float, _ y: Float) -> (Float, Float) {
    (z + y * exp(-z), 1 - y * exp(-z))
  }

  /// The loss whose minimum is a quantile (Koenker and Bassett 1978).
  static func quantile(_ share: Float) -> (Float, Float) -> (Float, Float) {
    { z, y in y > z ? (share * (y - z), -share) : ((1 - share) * (z - y), 1 - share) }
  }

  /// Zero up to an error of `width`, linear beyond.
  static func insensitive(_ width: Float) -> (Float, Float) -> (Float, Float) {
    { z, y in
      let error = z - y
      return error.magnitude <= width
        ? (0, 0) : (error.magnitude - width, error > 0 ? 1 : -1)
    }
  }

  /// ln cosh of the error.
  static func logCosh(_ z: Float, _ y: Float) -> (Float, Float) {
    let size = (z - y).magnitude
    return (size + log1p(exp(-2 * size)) - log(2), tanh(z - y))
  }

  /// The hinge of a label −1 or 1.
  static func hinge(_ z: Float, _ y: Float) -> (Float, Float) {
    let margin = z * y
    return margin >= 1 ? (0, 0) : (1 - margin, -y)
  }

  /// −ln p(y) of a normal distribution whose mean and logarithm of the variance are the outputs.
  static func gaussian(_ output: Tensor<Float>, _ batch: TrainingBatch) -> (Float, Tensor<Float>) {
    let (z, y) = (output.elements, batch.targets.elements)
    let count = Float(y.count)
    var loss: Float = 0
    var gradient = [Float](repeating: 0, count: z.count)
    for sample in y.indices {
      let (error, spread) = (z[2 * sample] - y[sample], z[2 * sample + 1])
      let scaled = error * error * exp(-spread)
      loss += 0.5 * (scaled + spread) / count
      gradient[2 * sample] = error * exp(-spread) / count
      gradient[2 * sample + 1] = 0.5 * (1 - scaled) / count
    }
    return (loss, Tensor(gradient, shape: output.shape))
  }

  /// Softmax cross-entropy, each sample weighted by its class.
  static func weighted(_ weights: [Float]) -> BatchLoss {
    { output, batch in
      let own = batch.labels.map { weights[$0] }
      let factors = Tensor<Float>(own) / own.reduce(0, +)
      let each = softmaxCrossEntropy(output, batch.labels, reduction: .perSample)
      return ((each.losses * factors).sum(), each.gradient(weightedBy: factors))
    }
  }

  /// −(1 − p)^γ ln p, with the probability p of the label (Lin and others 2017).
  static func focal(_ gamma: Float) -> BatchLoss {
    { output, batch in
      let (rows, classes) = (batch.labels.count, output.shape[1])
      let p = softmax(output).elements
      var loss: Float = 0
      var gradient = [Float](repeating: 0, count: p.count)
      for (row, label) in batch.labels.enumerated() {
        let own = max(p[row * classes + label], 1e-7)
        let rest = max(1 - own, 0)
        loss -= pow(rest, gamma) * log(own) / Float(rows)
        let slope = gamma * pow(rest, gamma - 1) * log(own) * own - pow(rest, gamma)
        for c in 0..<classes {
          let change: Float = (c == label ? 1 : 0) - p[row * classes + c]
          gradient[row * classes + c] = slope * change / Float(rows)
        }
      }
      return (loss, Tensor(gradient, shape: output.shape))
    }
  }

  /// Softmax cross-entropy weighted by the advantages in `targets`, as REINFORCE has it.
  static func policyGradient(
    _ output: Tensor<Float>, _ batch: TrainingBatch
  ) -> (Float, Tensor<Float>) {
    let factors = batch.targets.reshaped(to: [batch.labels.count]) / Float(batch.labels.count)
    let each = softmaxCrossEntropy(output, batch.labels, reduction: .perSample)
    return ((each.losses * factors).sum(), each.gradient(weightedBy: factors))
  }

  /// The contrastive loss of pairs (Hadsell and others 2006). The second half of the rows are the
  /// partners of the first; the label of a pair is 1 if both are alike.
  static func contrastive(margin: Float) -> BatchLoss {
    { output, batch in
      let (pairs, width) = (output.shape[0] / 2, output.shape[1])
      let difference = output[0..<pairs] - output[pairs..<2 * pairs]
      let d = difference.elements
      var loss: Float = 0
      var gradient = [Float](repeating: 0, count: d.count)
      for pair in 0..<pairs {
        let row = pair * width..<(pair + 1) * width
        let distance = max(row.reduce(Float(0)) { $0 + d[$1] * d[$1] }.squareRoot(), 1e-6)
        let isAlike = batch.labels[pair] == 1
        let gap = max(margin - distance, 0)
        loss += (isAlike ? distance * distance : gap * gap) / Float(2 * pairs)
        let factor: Float = isAlike ? 1 : -gap / distance
        for k in row { gradient[k] = factor * d[k] / Float(pairs) }
      }
      let half = Tensor(gradient, shape: difference.shape)
      return (loss, .concatenate([half, -half]))
    }
  }

  /// The triplet loss of squared distances (Schroff and others 2015): a third of the rows each are
  /// anchors, samples of the same class, and samples of another one.
  static func triplet(margin: Float) -> BatchLoss {
    { output, _ in
      let (count, width) = (output.shape[0] / 3, output.shape[1])
      let near = output[0..<count] - output[count..<2 * count]
      let far = output[0..<count] - output[2 * count..<3 * count]
      let gaps = near.squared().sum(axis: 1) - far.squared().sum(axis: 1) + margin
      let active = gaps.elements.map { (gap: Float) -> Float in gap > 0 ? 2 / Float(count) : 0 }
      let mask = Tensor(active, shape: [count, 1]).broadcast(to: [count, width])
      return (
        relu(gaps).mean(), .concatenate([(near - far) * mask, -(near * mask), far * mask])
      )
    }
  }

  /// The sum of a loss of the first outputs and another one of the others.
  static func split(
    at place: Int, _ first: @escaping BatchLoss, _ second: @escaping BatchLoss
  ) -> BatchLoss {
    { output, batch in
      let width = output.shape[1]
      let one = first(output.slice(0..<place, axis: 1), batch)
      let other = second(output.slice(place..<width, axis: 1), batch)
      return (one.loss + other.loss, .concatenate([one.gradient, other.gradient], axis: 1))
    }
  }
}
