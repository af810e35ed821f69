import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The JSON of a checkpoint's report` {
  private var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  private func object(_ checkpoint: Checkpoint) throws -> [String: Any] {
    let data = try encoder.encode(CheckpointReport(of: checkpoint))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test func `has all figures in full precision`() throws {
    var weight = Tensor<Double>(samples(16, seed: 3), shape: [8, 2])
    weight[0, 0] = 1.0 / 3
    let checkpoint = Checkpoint(
      [
        "weight_hh": StoredTensor(weight),
        "bias_hh": StoredTensor(Tensor<Double>([Double](repeating: .nan, count: 8))),
      ],
      metadata: ["epoch": "3"])
    let report = try CheckpointReport(of: checkpoint)
    let object = try object(checkpoint)
    #expect(
      Set(object.keys)
        == [
          "file", "tensors", "recurrent_layers", "state_space_layers", "findings", "metadata",
          "omissions",
        ])
    #expect(object["file"] is NSNull && object["metadata"] as? [String: String] == ["epoch": "3"])
    let tensors = try #require(object["tensors"] as? [[String: Any]])
    #expect(
      Set(tensors[0].keys) == [
        "name", "shape", "type", "count", "byte_count", "non_finite", "statistics", "matrix",
      ])
    #expect(tensors[0]["byte_count"] as? Int == 128 && tensors[0]["non_finite"] is NSNull)
    let statistics = try #require(tensors[0]["statistics"] as? [String: Any])
    #expect(
      Set(statistics.keys) == ["minimum", "maximum", "mean", "standard_deviation", "zero_count"])
    let matrix = try #require(tensors[0]["matrix"] as? [String: Any])
    #expect(
      Set(matrix.keys)
        == [
          "rows", "columns", "zero_rows", "zero_columns", "equal_rows", "scale", "singular_values",
        ])
    let singular = try #require(matrix["singular_values"] as? [String: Any])
    #expect(Set(singular.keys) == ["largest", "median", "smallest", "rank", "effective_rank"])
    #expect(singular["rank"] as? Int == 2)

    // The digits of a number in Swift identify it.
    let text = String(decoding: try encoder.encode(report), as: UTF8.self)
    let expected = try #require(report.tensors[0].statistics)
    let summary = try #require(report.tensors[0].matrix?.singularValues)
    for (key, value) in [
      ("mean", expected.mean), ("standard_deviation", expected.standardDeviation),
      ("minimum", expected.minimum), ("maximum", expected.maximum), ("largest", summary.largest),
      ("median", summary.median), ("smallest", summary.smallest),
      ("effective_rank", summary.effectiveRank),
    ] {
      #expect(text.contains("\"\(key)\":\(value)"), "\(key) \(value)")
    }
  }

  @Test func `has null for what does not exist and text for NaN`() throws {
    let nan = Tensor<Double>([Double](repeating: .nan, count: 8))
    let object = try object(
      Checkpoint([
        "weight_hh": StoredTensor(Tensor<Double>.ones([8, 2])), "bias_hh": StoredTensor(nan),
      ]))
    let bias = try #require((object["tensors"] as? [[String: Any]])?.last)
    #expect(bias["statistics"] is NSNull && bias["matrix"] is NSNull)
    let nonFinite = try #require(bias["non_finite"] as? [String: Any])
    #expect(nonFinite["nan_count"] as? Int == 8 && nonFinite["infinite_count"] as? Int == 0)
    #expect(nonFinite["first"] as? [Int] == [0])
    let layer = try #require((object["recurrent_layers"] as? [[String: Any]])?.first)
    #expect(layer["name"] as? String == "weight_hh" && layer["kind"] as? String == "lstm")
    #expect(layer["input_size"] is NSNull && layer["hidden_size"] as? Int == 2)
    #expect(layer["has_bias"] as? Bool == true)
    let gate = try #require((layer["gates"] as? [[String: Any]])?.first)
    #expect(gate["mean_bias"] as? String == "nan" && gate["name"] as? String == "i")
    #expect(gate["largest_singular_value"] is Double && gate["spectral_radius"] is Double)
    let findings = try #require(object["findings"] as? [[String: String]])
    #expect(findings.map { $0["kind"] } == ["constant", "non_finite"])
    #expect(findings.map { $0["tensor"] } == ["weight_hh", "bias_hh"])
    #expect(findings[0]["message"] == "all 16 elements are 1")
  }
}
