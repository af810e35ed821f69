import Backflow
import BackflowKernels

/// The rules of other tools, replayed on the same observation, to compare them with Backflow's and
/// with each other.
///
///     for verdict in PeerProfile.allCases.flatMap({ $0.verdicts(on: observation) }) {
///       print(verdict)
///     }
///
/// The rules are those of the sources named at each profile, as far as one step decides them, with
/// their faults: they count the padding of a batch as samples. A rule that needs what the
/// observation does not hold, such as pre-activations, gives no verdict. SageMaker Debugger's
/// PoorWeightInitialization, which compares the variances of weights over layers and steps, is not
/// replayed.
enum PeerProfile: String, Sendable, Codable, CaseIterable {
  /// Amazon SageMaker Debugger's built-in rules (developer guide, "List of Debugger built-in
  /// rules").
  case sageMakerDebugger = "SageMaker Debugger"
  /// AUTOTRAINER (Zhang et al., ICSE 2021; utils/monitor.py).
  case autotrainer = "AUTOTRAINER"
  /// DeepDiagnosis (Wardat et al., ICSE 2022; callback/callbacks.py).
  case deepDiagnosis = "DeepDiagnosis"
  /// The figures that makemore, part 3, prints. It leaves the judgement to the reader.
  case makemore

  /// What the tool would say about this step.
  func verdicts<Scalar: RealScalar>(
    on observation: StepObservation<Scalar>
  ) -> [PeerVerdict] {
    switch self {
    case .sageMakerDebugger: sageMakerDebuggerVerdicts(on: observation)
    case .autotrainer: autotrainerVerdicts(on: observation)
    case .deepDiagnosis: deepDiagnosisVerdicts(on: observation)
    case .makemore: makemoreVerdicts(on: observation)
    }
  }

  func verdict(
    _ rule: String, _ layer: String, fires: Bool?, _ measured: Double, limit: String
  ) -> PeerVerdict {
    PeerVerdict(
      tool: self, rule: rule, layer: layer, fires: fires, measured: measured, limit: limit)
  }
}

/// What a rule of another tool says about a layer.
struct PeerVerdict: Sendable, Equatable, Codable, CustomStringConvertible {
  /// The tool.
  let tool: PeerProfile
  /// The rule's name.
  let rule: String
  /// The layer or parameter.
  let layer: String
  /// Whether the rule fires; `nil` if the tool only shows the figure.
  let fires: Bool?
  /// The figure that it measures.
  let measured: Double
  /// Its limit, in words.
  let limit: String

  /// "DeepDiagnosis, dead ReLU, fc1: fires, 0.82 (at least 0.7 of the entries ≤ 0)"
  var description: String {
    let outcome = fires.map { $0 ? "fires, " : "silent, " } ?? ""
    return
      "\(tool.rawValue), \(rule), \(layer): \(outcome)\(measured.text(significantDigits: 3)) (\(limit))"
  }
}
