internal import Backflow

extension TaskSettings {
  /// The digits, as rows of pixels for a recurrent network or as images for a convolution.
  func digits(batch: Int, seed: UInt64, asImages: Bool) throws -> TaskData {
    let (training, heldOut) = try Digits.load().split
    let input: @Sendable (Digits) -> Tensor<Float> = {
      asImages ? $0.imagesWithChannel : $0.rowsAsSequence
    }
    func batches(of digits: Digits, shuffles: Bool) -> SampleBatches {
      SampleBatches(
        Batches(count: digits.labels.count, size: batch, shuffles: shuffles, seed: seed)
      ) { indices in
        let part = digits.samples(at: indices)
        return (input(part), .labels(part.labels))
      }
    }
    return TaskData(
      training: batches(of: training, shuffles: true),
      validation: batches(of: heldOut, shuffles: false),
      summary: "\(training.labels.count) images to train on, \(heldOut.labels.count) held out",
      inputs: 8, areTokens: false, outputs: Digits.classCount, preprocessing: Preprocessing(),
      unit: ("images", 1))
  }
}
