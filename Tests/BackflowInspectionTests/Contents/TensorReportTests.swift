import Backflow
import TestSupport
import Testing

@Suite struct `The report of a tensor` {
  @Test func `has the moments and limits of its elements`() throws {
    let tensor = try report(of: StoredTensor(Tensor<Double>([1, 2, 3, 4, 0, -4], shape: [6])))
    #expect(tensor.shape == [6] && tensor.count == 6 && tensor.byteCount == 48)
    #expect(tensor.type == "float64" && tensor.nonFinite == nil && tensor.matrix == nil)
    let statistics = try #require(tensor.statistics)
    #expect(statistics.minimum == -4 && statistics.maximum == 4)
    #expect(statistics.largestMagnitude == 4 && statistics.zeroCount == 1)
    // The mean is 1, and the deviations are 0, 1, 2, 3, −1 and −5.
    expectClose(
      [statistics.mean, statistics.standardDeviation], [1, (40.0 / 6).squareRoot()],
      Tolerance(Double.self, length: 6, scale: 1))
  }

  @Test func `does not lose deviations beside a large mean`() throws {
    let tensor = try report(of: StoredTensor(Tensor<Double>([1e9 + 1, 1e9 - 1, 1e9 + 1, 1e9 - 1])))
    #expect(tensor.statistics?.mean == 1e9)
    #expect(tensor.statistics?.standardDeviation == 1)
  }

  @Test func `counts NaN and infinite elements, and gives the indices of the first`() throws {
    var values = Tensor<Float>.ones([3, 4, 5])
    values[1, 2, 3] = .nan
    values[1, 2, 4] = -.infinity
    values[2, 0, 0] = .infinity
    let tensor = try report(of: StoredTensor(values))
    #expect(
      tensor.nonFinite.map { [$0.nanCount, $0.infiniteCount] + $0.first } == [1, 2, 1, 2, 3])
    #expect(tensor.statistics?.isConstant == true && tensor.statistics?.mean == 1)
    #expect(tensor.matrix?.scale == nil && tensor.matrix?.singularValues == nil)
  }

  @Test func `has no statistics without finite elements`() throws {
    let sick = try report(of: StoredTensor(Tensor<Double>([.nan, .infinity])))
    #expect(sick.statistics == nil && sick.nonFinite?.first == [0])
    let empty = try report(of: StoredTensor(Tensor<Double>.zeros([0, 3])))
    #expect(empty.statistics == nil && empty.nonFinite == nil && empty.matrix == nil)
    #expect(empty.findings.isEmpty)
  }

  @Test func `of a scalar has no matrix and no findings`() throws {
    let scalar = try report(of: StoredTensor(Tensor<Double>(scalar: 0)))
    #expect(scalar.shape == [] && scalar.statistics?.zeroCount == 1)
    #expect(scalar.matrix == nil && scalar.findings.isEmpty)
  }

  @Test func `examines both parts of complex elements`() throws {
    // 1 + 2i, 3 + ∞i
    let bits = [Float(1), 2, 3, .infinity].map(\.bitPattern)
    let bytes = bits.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    let tensor = try CheckpointReport(of: safetensors("C64", [("z", [2, 1], bytes)])).tensors[0]
    #expect(tensor.type == "complex64" && tensor.count == 2 && tensor.matrix == nil)
    #expect(tensor.nonFinite?.first == [1, 0, 1] && tensor.nonFinite?.infiniteCount == 1)
    #expect(tensor.statistics?.mean == 2 && tensor.statistics?.maximum == 3)
  }

  @Test func `of integers is not a matrix`() throws {
    let tensor = try report(of: StoredTensor([3, -5, 0, 2] as [Int64], shape: [2, 2]))
    #expect(tensor.type == "int64" && tensor.matrix == nil)
    #expect(tensor.statistics?.minimum == -5 && tensor.statistics?.mean == 0)
  }

  @Test func `has any number of axes`() throws {
    let shape = [2] + [Int](repeating: 1, count: 9) + [2]
    let values: [Float] = [1, 2, .nan, 4]
    let bytes = values.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
    let tensor = try CheckpointReport(of: safetensors("F32", [("deep", shape, bytes)])).tensors[0]
    #expect(tensor.nonFinite?.first == [1] + [Int](repeating: 0, count: 10))
    #expect(tensor.matrix?.rows == 2 && tensor.matrix?.columns == 2)
  }

  @Test func `has the values of half precision`() throws {
    // 1, −2, 0.5, NaN in IEEE half precision, and 1, −2, 0.5, ∞ in bfloat16.
    let half: [UInt8] = [0x00, 0x3C, 0x00, 0xC0, 0x00, 0x38, 0x00, 0x7E]
    let brain: [UInt8] = [0x80, 0x3F, 0x00, 0xC0, 0x00, 0x3F, 0x80, 0x7F]
    for (type, bytes) in [("F16", half), ("BF16", brain)] {
      let tensor = try CheckpointReport(of: safetensors(type, [("h", [2, 2], bytes)])).tensors[0]
      #expect(tensor.statistics?.minimum == -2 && tensor.statistics?.maximum == 1)
      #expect(tensor.nonFinite?.first == [1, 1] && tensor.byteCount == 8)
    }
  }

  @Test func `is that of a file, whose totals are sums`() throws {
    let checkpoint = Checkpoint([
      "a": StoredTensor(Tensor<Float>.ones([2, 3])), "b": StoredTensor(Tensor<Double>.zeros([4])),
    ])
    let report = try CheckpointReport(of: checkpoint)
    #expect(report.file == nil && report.tensors.map(\.name) == ["a", "b"])
    #expect(report.elementCount == 10 && report.byteCount == 56)
  }
}
