#if !DEBUG
  import Backflow
  import Testing

  /// Networks of five layers with parameters, in which one gradient is wrong: the Taylor test of
  /// the update must name the layer with each of twenty seeds.
  @Suite struct `A wrong gradient` {
    enum Network: String, CaseIterable {
      case dense, convolution, lstm

      /// The network, and the places of its layers with parameters.
      func model(using random: inout RandomSource) -> Sequential<Float> {
        func dense(_ input: Int, _ output: Int) -> Dense<Float> {
          Dense(inputSize: input, outputSize: output, using: &random)
        }
        func convolution(_ input: Int, _ output: Int) -> Conv2D<Float> {
          Conv2D(
            inputChannels: input, outputChannels: output, kernelSize: 3, padding: 1,
            using: &random)
        }
        let layers: [any Layer<Float>] =
          switch self {
          case .dense:
            [
              dense(64, 48), Tanh<Float>(), dense(48, 48), Tanh<Float>(), dense(48, 48),
              Tanh<Float>(), dense(48, 48), Tanh<Float>(), dense(48, 10),
            ]
          case .convolution:
            [
              convolution(1, 6), Tanh<Float>(), convolution(6, 8), Tanh<Float>(),
              convolution(8, 8), Tanh<Float>(), MaxPool2D<Float>(kernelSize: 2),
              Flatten<Float>(), dense(128, 32), Tanh<Float>(), dense(32, 10),
            ]
          case .lstm:
            [
              LSTM<Float>(inputSize: 8, hiddenSize: 24, using: &random),
              LSTM<Float>(inputSize: 24, hiddenSize: 24, using: &random), LastStep<Float>(),
              dense(24, 24), Tanh<Float>(), dense(24, 24), Tanh<Float>(), dense(24, 10),
            ]
          }
        return Sequential(layers)
      }

      var task: LearningTask {
        switch self {
        case .dense: .digits()
        case .convolution: .digits(.channel)
        case .lstm: .digits(.pixels(8))
        }
      }
    }

    /// What a network of a seed is told to do wrong, and where that is to be found.
    private typealias Fault = (
      place: String, plant: (inout WatchedTraining<Sequential<Float>>) -> Void
    )

    private func expectNamed(
      _ network: Network, _ fault: (UInt64, Sequential<Float>) -> Fault
    ) {
      for seed in 1...20 as ClosedRange<UInt64> {
        var random = RandomSource(seed: seed)
        let model = network.model(using: &random)
        var training = WatchedTraining(model, network.task, steps: 240) { Adam(for: $0) }
        let fault = fault(seed, model)
        fault.plant(&training)
        let outcome = training.run(every: 10, using: &random)
        // What was accused before the fault was known must have healed.
        let found = outcome.monitor.alarms.filter {
          $0.kind == .wrongGradient && $0.isPresent
        }.map(\.layer)
        #expect(
          !found.isEmpty
            && found.allSatisfy { $0 == fault.place || $0.hasPrefix(fault.place + ".") },
          "\(network), seed \(seed), \(fault.place): \(outcome.monitor)")
        #expect(outcome.monitor.diagnoses.first?.cause.kind == .wrongGradient)
      }
    }

    /// The place of one of the layers with parameters.
    private func place(_ seed: UInt64, in model: Sequential<Float>) -> String {
      let places = model.namedParameters.map { String($0.name.prefix { $0 != "." }) }
      let distinct = places.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
      return distinct[Int(seed) % distinct.count]
    }

    @Test(arguments: Network.allCases) func `of the opposite sign is found`(_ network: Network) {
      expectScaled(network, by: -1)
    }

    @Test(arguments: Network.allCases) func `without a factor of 2 is found`(_ network: Network) {
      expectScaled(network, by: 0.5)
    }

    private func expectScaled(_ network: Network, by factor: Float) {
      expectNamed(network) { seed, model in
        let place = place(seed, in: model)
        return (
          place,
          { training in
            training.hooks.gradients = { _, gradients in
              gradients.change(place + ".") { $0 *= factor }
            }
          }
        )
      }
    }

    @Test(arguments: Network.allCases)
    func `of a tanh without its derivative is found`(_ network: Network) {
      expectNamed(network) { seed, model in
        let tanhs = model.layers.indices.filter { model.layers[$0] is Tanh<Float> }
        let index = tanhs[Int(seed) % tanhs.count]
        return (
          "\(index - 1)",
          { training in
            training.model.layers[index] = Miswired(Tanh<Float>()) { outputGradient, _, _ in
              outputGradient
            }
          }
        )
      }
    }

    @Test(arguments: Network.allCases) func `is not seen in a right one`(_ network: Network) {
      for seed in 1...20 as ClosedRange<UInt64> {
        var random = RandomSource(seed: seed)
        var training = WatchedTraining(
          network.model(using: &random), network.task, steps: 240
        ) { Adam(for: $0) }
        let outcome = training.run(every: 10, using: &random)
        #expect(outcome.monitor.alarms.isEmpty, "\(network), seed \(seed): \(outcome.monitor)")
      }
    }
  }
#endif
