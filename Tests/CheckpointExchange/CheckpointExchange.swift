import Backflow
import Foundation
import TestSupport

// The Swift part of scripts/compare-checkpoints. scripts/compare_checkpoints.py states what it
// reads and writes.
//
// Usage: checkpoint-exchange DIRECTORY

/// The arguments of a module as text by name, with lists as in `kernel_size.0`.
func text(_ value: Any, _ name: String, into options: inout [String: String]) {
  switch value {
  case let list as [Any]:
    for (index, element) in list.enumerated() { text(element, "\(name).\(index)", into: &options) }
  default: options[name] = "\(value)"
  }
}

@main struct CheckpointExchange {
  static func main() throws {
    let directory = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "."
    let list = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: directory + "/models.json")))
    guard let models = list as? [[String: Any]] else {
      throw TorchModel.Problem(description: "models.json is not a list of objects")
    }
    for description in models {
      guard let name = description["name"] as? String, let kind = description["kind"] as? String,
        let arguments = description["options"] as? [String: Any]
      else { throw TorchModel.Problem(description: "models.json lacks a name or kind") }
      var options: [String: String] = [:]
      for (option, value) in arguments { text(value, option, into: &options) }
      let model = TorchModel(kind: kind, options: options)
      let recording = try Checkpoint(contentsOf: "\(directory)/\(name).pt")
      let results =
        description["dtype"] as? String == "float32"
        ? try model.results(of: recording, as: Float.self)
        : try model.results(of: recording, as: Double.self)
      try results.write(to: "\(directory)/\(name).swift.safetensors")
    }
  }
}
