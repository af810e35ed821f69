internal import Backflow

/// One line of the metrics of a run. It has no times, so that a training that was interrupted has
/// the lines of one that was not.
struct RunRecord: Codable, Equatable {
  enum Kind: String, Codable {
    /// An update of the parameters.
    case update
    /// The end of an epoch, with the measurements of the validation.
    case epoch
    /// A finding of the monitor that is new, more severe, present again, or healed.
    case finding
    /// Where the gradient of one batch was large and small, at the end of an epoch.
    case profile
  }

  var type: Kind
  /// The number of updates so far.
  var step: Int
  /// The epoch, from 1.
  var epoch: Int
  /// The mean loss of the batches of an update, or of the samples of an epoch.
  var loss: Double?
  /// The global norm of the gradient before clipping.
  var gradientNorm: Double?
  var learningRate: Double?
  /// The measurements of the samples that are held out.
  var validation: [String: Double]?
  /// Whether the validation is better than all before, if early stopping compares them.
  var isBest: Bool?
  var finding: Finding?
  var profile: GradientProfile?

  enum CodingKeys: String, CodingKey {
    case type, step, epoch, loss, validation, finding, profile
    case gradientNorm = "gradient_norm"
    case learningRate = "learning_rate"
    case isBest = "is_best"
  }
}

extension RunRecord {
  init(_ report: UpdateReport) {
    self.init(
      type: .update, step: report.step, epoch: report.epoch + 1, loss: report.loss,
      gradientNorm: report.gradientNorm, learningRate: report.learningRate)
  }

  /// - Parameter knowsBest: Whether the training compares the validations of its epochs.
  init(_ report: EpochReport, _ measurement: Measurement?, knowsBest: Bool) {
    self.init(
      type: .epoch, step: report.step, epoch: report.epoch + 1, loss: report.loss,
      validation: measurement.map { Dictionary($0.all) { first, _ in first } },
      isBest: knowsBest ? report.isBest : nil)
  }

  init(_ finding: Finding, in report: UpdateReport) {
    self.init(type: .finding, step: report.step, epoch: report.epoch + 1, finding: finding)
  }

  init(_ profile: GradientProfile, at report: EpochReport) {
    self.init(type: .profile, step: report.step, epoch: report.epoch + 1, profile: profile)
  }
}
