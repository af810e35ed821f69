internal import Backflow

/// Returns a convolutional network: two convolutions of 3 × 3, each followed by a pooling layer
/// that halves height and width, and a readout.
///
/// Shapes: images [N, 1, 8, 8] → [N, 16, 4, 4] → [N, 32, 2, 2] → logits [N, classes].
func digitConvolution(using random: inout RandomSource) -> Sequential<Float> {
  Sequential {
    Conv2D(inputChannels: 1, outputChannels: 16, kernelSize: 3, padding: 1, using: &random)
    ReLU()
    MaxPool2D(kernelSize: 2)
    Conv2D(inputChannels: 16, outputChannels: 32, kernelSize: 3, padding: 1, using: &random)
    ReLU()
    MaxPool2D(kernelSize: 2)
    Flatten()
    Dense(inputSize: 32 * 2 * 2, outputSize: Digits.classCount, using: &random)
  }
}
