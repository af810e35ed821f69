import Backflow

let feedForwardRows: [GradientCheckRow] =
  units + softmaxes + shaping + normalizations + bareNormalizations + embeddings + compositions
  + attentions
  + convolutionRows

// MARK: - Units

private let units: [GradientCheckRow] = [[1], [3, 5], [2, 3, 1]].flatMap { (shape: [Int]) in
  [
    unit("LeakyReLU", "slope 0.01", LeakyReLU(), shape),
    unit("LeakyReLU", "slope 0.3", LeakyReLU(slope: 0.3), shape),
    unit("LeakyReLU", "slope −0.5", LeakyReLU(slope: -0.5), shape),
    unit("ELU", "α 1", ELU(), shape),
    unit("ELU", "α 0.4", ELU(alpha: 0.4), shape),
    unit("GELU", "exact", GELU(), shape),
    unit("GELU", "tanh", GELU(.tanh), shape),
    unit("SiLU", "", SiLU(), shape),
    unit("Softplus", "", Softplus(), shape),
  ]
}

private func unit<L: Layer<Double>>(
  _ subject: String, _ kind: String, _ layer: L, _ shape: [Int]
) -> GradientCheckRow {
  GradientCheckRow(subject, "\(kind) \(shape)") { random in
    DifferentiableFunction(layer, input: random.awayFromKink(Shape(shape)))
  }
}

private let softmaxes: [GradientCheckRow] = [[2], [1, 3], [3, 5], [2, 2, 4]].flatMap {
  (shape: [Int]) in
  [
    GradientCheckRow("Softmax", "\(shape)") { random in
      DifferentiableFunction(Softmax(), input: random.normal(Shape(shape)))
    },
    GradientCheckRow("LogSoftmax", "\(shape)") { random in
      DifferentiableFunction(LogSoftmax(), input: random.normal(Shape(shape)))
    },
  ]
}

// MARK: - Shape and noise

private let shaping: [GradientCheckRow] = [[1, 1], [2, 3, 5], [1, 2, 3, 2]].flatMap {
  (shape: [Int]) in
  [
    GradientCheckRow("Flatten", "\(shape)") { random in
      DifferentiableFunction(Flatten(), input: random.normal(Shape(shape)))
    },
    GradientCheckRow("LastStep", "\(shape)") { random in
      DifferentiableFunction(LastStep(), input: random.normal(Shape(shape)))
    },
    GradientCheckRow("Dropout", "evaluation \(shape)") { random in
      DifferentiableFunction(Dropout(), input: random.normal(Shape(shape)))
    },
    GradientCheckRow("Dropout", "training \(shape)") { random in
      DifferentiableFunction(
        Dropout(probability: 0.3), input: random.normal(Shape(shape)), mode: .training(seed: 5))
    },
  ]
}

// MARK: - Normalization

private let normalizations: [GradientCheckRow] =
  [[3], [1, 4], [3, 5], [2, 3, 7]].map { (shape: [Int]) in
    GradientCheckRow("LayerNorm", "\(shape)") { random in
      let size = shape[shape.count - 1]
      let layer = LayerNorm<Double>(
        weight: random.normal([size]), bias: random.normal([size]), epsilon: 1e-3)
      return DifferentiableFunction(layer, input: random.normal(Shape(shape)))
    }
  }
  + [[4, 1], [5, 3], [3, 2, 4], [1, 2, 3, 3], [3, 2, 2, 5]].flatMap { (shape: [Int]) in
    [
      GradientCheckRow("BatchNorm", "training \(shape)") { random in
        DifferentiableFunction(
          BatchNorm.drawn(channels: shape[1], using: &random), input: random.normal(Shape(shape)),
          mode: .training(seed: 1))
      },
      GradientCheckRow("BatchNorm", "evaluation \(shape)") { random in
        DifferentiableFunction(
          BatchNorm.drawn(channels: shape[1], using: &random), input: random.normal(Shape(shape)))
      },
      GradientCheckRow("StagedBatchNorm", "\(shape)") { random in
        DifferentiableFunction(
          StagedBatchNorm(.drawn(channels: shape[1], using: &random)),
          input: random.normal(Shape(shape)))
      },
    ]
  }

private let bareNormalizations: [GradientCheckRow] =
  [[3], [3, 5], [2, 3, 7]].flatMap { (shape: [Int]) in
    let size = shape[shape.count - 1]
    return [
      GradientCheckRow("LayerNorm", "\(shape), not affine") { random in
        let layer = LayerNorm<Double>(size: size, isAffine: false, epsilon: 1e-3)
        return DifferentiableFunction(layer, input: random.normal(Shape(shape)))
      },
      GradientCheckRow("LayerNorm", "\(shape), no bias") { random in
        let layer = LayerNorm<Double>(weight: random.normal([size]), epsilon: 1e-3)
        return DifferentiableFunction(layer, input: random.normal(Shape(shape)))
      },
    ]
  }
  + [[5, 3], [3, 2, 4], [3, 2, 2, 5]].flatMap { (shape: [Int]) in
    [
      GradientCheckRow("BatchNorm", "training \(shape), not affine") { random in
        DifferentiableFunction(
          BatchNorm.drawn(channels: shape[1], isAffine: false, using: &random),
          input: random.normal(Shape(shape)), mode: .training(seed: 1))
      },
      GradientCheckRow("BatchNorm", "evaluation \(shape), not affine") { random in
        DifferentiableFunction(
          BatchNorm.drawn(channels: shape[1], isAffine: false, using: &random),
          input: random.normal(Shape(shape)))
      },
      GradientCheckRow("StagedBatchNorm", "\(shape), not affine") { random in
        DifferentiableFunction(
          StagedBatchNorm(.drawn(channels: shape[1], isAffine: false, using: &random)),
          input: random.normal(Shape(shape)))
      },
    ]
  }

extension BatchNorm<Double> {
  /// Returns a layer whose parameters and statistics differ from their initial values.
  static func drawn(
    channels: Int, isAffine: Bool = true, using random: inout RandomSource
  ) -> BatchNorm {
    BatchNorm(
      weight: isAffine ? random.normal([channels]) : nil,
      bias: isAffine ? random.normal([channels]) : nil,
      runningMean: random.normal([channels]),
      runningVariance: random.uniform([channels], in: 0.5..<2), epsilon: 1e-3)
  }
}

// MARK: - Embedding

private let embeddings: [GradientCheckRow] = [
  ([0], [1], 1, 1), ([2, 0, 2, 2, 1], [5], 4, 3), ([1, 1, 3, 0, 1, 3], [2, 3], 4, 2),
].map { (indices: [Int], shape: [Int], count: Int, size: Int) in
  GradientCheckRow("Embedding", "\(indices) of [\(count), \(size)]") { random in
    DifferentiableFunction(
      of: [.init("weight", random.normal([count, size]))],
      forward: { Embedding(weight: $0[0]).forward(indices, shape: Shape(shape)).output },
      backward: { arguments, outputGradient in
        let layer = Embedding(weight: arguments[0])
        let cache = layer.forward(indices, shape: Shape(shape)).cache
        return [layer.backward(outputGradient, cache).gradients.weight]
      })
  }
}

// MARK: - Composition

private let compositions: [GradientCheckRow] = [1, 3].flatMap { batch in
  [
    GradientCheckRow("Frozen", "dense, batch \(batch)") { random in
      let model = Sequential<Double> {
        Dense(inputSize: 4, outputSize: 6, using: &random)
        Frozen(
          Sequential<Double> {
            Tanh()
            Dense(inputSize: 6, outputSize: 3, using: &random)
          })
      }
      return DifferentiableFunction(model, input: random.normal([batch, 4]))
    },
    GradientCheckRow("Sequential", "dense, batch \(batch)") { random in
      let model = Sequential<Double> {
        Dense(inputSize: 4, outputSize: 6, using: &random)
        LayerNorm(size: 6, epsilon: 1e-2)
        Tanh()
        Dropout(probability: 0.4)
        Dense(inputSize: 6, outputSize: 3, using: &random)
      }
      return DifferentiableFunction(
        model, input: random.normal([batch, 4]), mode: .training(seed: 3))
    },
    GradientCheckRow("Sequential", "images, batch \(batch)") { random in
      let model = Sequential<Double> {
        Conv2D(inputChannels: 2, outputChannels: 4, kernelSize: 3, padding: 1, using: &random)
        SiLU()
        BatchNorm(channels: 4, epsilon: 1e-2)
        AvgPool2D(kernelSize: 2)
        Flatten()
        Dense(inputSize: 24, outputSize: 2, using: &random)
      }
      return DifferentiableFunction(
        model, input: random.normal([batch, 2, 5, 6]), mode: .training(seed: 3))
    },
    GradientCheckRow("Residual", "batch \(batch)") { random in
      let body = Sequential<Double> {
        Dense(inputSize: 5, outputSize: 5, using: &random)
        Tanh()
      }
      return DifferentiableFunction(Residual(body), input: random.normal([batch, 5]))
    },
  ]
}

// MARK: - Attention

private let attentions: [GradientCheckRow] = [false, true].flatMap { isCausal in
  let mask = isCausal ? "causal, " : ""
  return [([1], 1, 2, 1, 1), ([2], 3, 5, 4, 3), ([2, 3], 4, 2, 3, 2)].map {
    (lead: [Int], queries: Int, keys: Int, size: Int, width: Int) in
    GradientCheckRow(
      "ScaledDotProductAttention", "\(mask)\(lead), T \(queries), S \(keys), E \(size), F \(width)"
    ) { random in
      let attention = ScaledDotProductAttention<Double>(isCausal: isCausal)
      return DifferentiableFunction(
        of: [
          .init("query", random.normal(Shape(lead + [queries, size]))),
          .init("key", random.normal(Shape(lead + [keys, size]))),
          .init("value", random.normal(Shape(lead + [keys, width]))),
        ],
        forward: { attention.forward(query: $0[0], key: $0[1], value: $0[2]).output },
        backward: { arguments, outputGradient in
          let cache = attention.forward(
            query: arguments[0], key: arguments[1], value: arguments[2]
          ).cache
          let (query, key, value) = attention.backward(outputGradient, cache)
          return [query, key, value]
        })
    }
  }
    + [(1, 1, 2, 1), (1, 3, 4, 2), (3, 4, 6, 3)].map { batch, time, size, heads in
      GradientCheckRow(
        "MultiHeadAttention", "\(mask)N \(batch), T \(time), E \(size), H \(heads)"
      ) { random in
        var layer = MultiHeadAttention<Double>(
          size: size, heads: heads, isCausal: isCausal, using: &random)
        layer.inputProjection.bias = random.normal([3 * size])
        layer.outputProjection.bias = random.normal([size])
        return DifferentiableFunction(layer, input: random.normal([batch, time, size]))
      }
    }
    + [
      GradientCheckRow("MultiHeadAttention", "\(mask)N 3, T 4, E 6, H 3, no bias") { random in
        let layer = MultiHeadAttention<Double>(
          size: 6, heads: 3, isCausal: isCausal, bias: false, using: &random)
        return DifferentiableFunction(layer, input: random.normal([3, 4, 6]))
      }
    ]
}
