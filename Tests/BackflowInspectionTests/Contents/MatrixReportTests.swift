import Backflow
import TestSupport
import Testing

@Suite struct `The report of a matrix` {
  @Test func `lists rows and columns of zeros`() throws {
    let report = try matrixReport(
      of: Tensor(rows: [[0, 1, 0, 2], [0, 0, 0, -0.0], [0, 3, 0, 0], [0, 0, 0, 0]]))
    #expect(report.rows == 4 && report.columns == 4)
    #expect(report.zeroRows == [1, 3] && report.zeroColumns == [0, 2])
  }

  @Test func `of zeros has no columns of zeros besides its rows`() throws {
    let report = try matrixReport(of: .zeros([2, 3]))
    #expect(report.zeroRows == [0, 1] && report.zeroColumns == [] && report.equalRows == [])
    let singular = try #require(report.singularValues)
    #expect(singular.rank == 0 && singular.effectiveRank == 0 && singular.largest == 0)
  }

  @Test func `lists groups of equal rows`() throws {
    let report = try matrixReport(
      of: Tensor(rows: [[1, 2], [3, 4], [1, 2], [0, 0], [3, 4], [1, 2], [2, 1], [0, 0]]))
    #expect(report.equalRows == [[0, 2, 5], [1, 4]])
    // In a column, equal elements mean nothing.
    #expect(try matrixReport(of: .ones([4, 1])).equalRows == [])
  }

  @Test func `has the outputs of a convolution as its rows`() throws {
    var kernel = Tensor<Double>(samples(36), shape: [4, 1, 3, 3])
    kernel.replaceSlice(2..<3, with: .zeros([1, 1, 3, 3]))
    let report = try matrixReport(of: kernel)
    #expect(report.rows == 4 && report.columns == 9 && report.zeroRows == [2])
  }

  @Test func `has the scale of an initialized layer`() throws {
    // Uniform on ±√(6/(I + O)), with standard deviation 1/√256 and a scale of √3. The relative
    // standard error of the estimate is √(1/5/65536) = 0.0017.
    var random = RandomSource(seed: 5)
    let layer = Dense<Float>(inputSize: 256, outputSize: 256, using: &random)
    let report = try CheckpointReport(of: Checkpoint(layer))
    let scale = try #require(report.tensors.first { $0.name == "weight" }?.matrix?.scale)
    expectClose([scale], [Double(3).squareRoot()], Tolerance(0.01, scale: 1))
    #expect(report.findings.map(\.kind) == [.allZero])
  }

  @Test func `has the scale of two values`() throws {
    // The standard deviation is 2, and 1/√(3·4) that of the default initialization.
    let report = try matrixReport(of: Tensor(rows: [[2, -2, 2, -2], [-2, 2, 2, -2]]))
    expectClose(
      [report.scale ?? .nan], [2 * Double(12).squareRoot()],
      Tolerance(Double.self, length: 8, scale: 7))
  }
}

@Suite struct `The summary of singular values` {
  private func summary(_ matrix: Tensor<Double>) throws -> SingularValueSummary {
    try #require(try matrixReport(of: matrix).singularValues)
  }

  @Test(arguments: [(6, 6), (9, 6), (6, 9)])
  func `is that of a matrix with known ones`(rows: Int, columns: Int) throws {
    let values: [Double] = [8, 4, 2, 1, 0.5, 0.25]
    let summary = try summary(matrix(rows, columns, singularValues: values))
    expectClose(
      [summary.largest, summary.median, summary.smallest], [8, 1.5, 0.25],
      Tolerance(Double.self, length: 9, scale: 8))
    #expect(summary.rank == 6)
  }

  @Test func `has the middle one of an odd number as its median`() throws {
    let summary = try summary(matrix(5, 5, singularValues: [9, 7, 3, 2, 1]))
    expectClose([summary.median], [3], Tolerance(Double.self, length: 5, scale: 9))
  }

  @Test func `has the rank of a product`() throws {
    let summary = try summary(
      matmul(Tensor(samples(24), shape: [8, 3]), Tensor(samples(30, seed: 4), shape: [3, 10])))
    #expect(summary.rank == 3)
    #expect(summary.smallest < 1e-14 * summary.largest)
  }

  @Test func `has the rank in the precision of the type`() throws {
    let matrix = try matrix(5, 5, singularValues: [1, 1, 1, 1, 1e-9])
    #expect(try report(of: StoredTensor(matrix)).matrix?.singularValues?.rank == 5)
    #expect(try report(of: StoredTensor(Tensor<Float>(matrix))).matrix?.singularValues?.rank == 4)
  }

  @Test func `has the rank of a product that is rounded to single precision`() throws {
    // The factors have columns and rows of very different lengths.
    let (left, right) = (
      Tensor<Double>(samples(200), shape: [50, 4]),
      Tensor<Double>(samples(160, seed: 4), shape: [4, 40])
    )
    let lengths = Tensor<Double>.diagonal(Tensor((0..<50).map { Double(1 << ($0 / 5)) }))
    let product = matmul(matmul(lengths, left), right)
    #expect(try report(of: StoredTensor(Tensor<Float>(product))).matrix?.singularValues?.rank == 4)
  }

  @Test func `has the full rank of a random square matrix`() throws {
    // The limit max(m, n) · ε · σ_max with the ε of single precision would reject this one: σ_min
    // is about 1/√n, and σ_max is 2·√n.
    var random = RandomSource(seed: 40)
    let tensor: Tensor<Float> = random.normal([256, 256])
    let summary = try #require(try report(of: StoredTensor(tensor)).matrix?.singularValues)
    #expect(summary.rank == 256)
  }

  @Test func `has the rank of a matrix in half precision`() throws {
    // A diagonal of ones and one 2⁻⁴ in bfloat16, whose epsilon, 2⁻⁷, times 16 rows is larger. The
    // smallest singular value is not attributed to rounding.
    var bytes = [UInt8](repeating: 0, count: 512)
    for index in 0..<16 {
      (bytes[34 * index], bytes[34 * index + 1]) = index == 3 ? (0x80, 0x3D) : (0x80, 0x3F)
    }
    let tensor = try CheckpointReport(of: safetensors("BF16", [("h", [16, 16], bytes)])).tensors[0]
    let singular = try #require(tensor.matrix?.singularValues)
    #expect(singular.rank == 16 && singular.smallest == 0.0625 && tensor.findings.isEmpty)
  }

  @Test func `has the effective rank of equal and of unequal ones`() throws {
    expectClose(
      [
        try summary(matrix(7, 7, singularValues: [Double](repeating: 3, count: 7))).effectiveRank,
        try summary(matrix(7, 4, singularValues: [2, 2, 0, 0])).effectiveRank,
        // p = 1/2, 1/4, 1/4: exp(½ log 2 + ½ log 4)
        try summary(matrix(3, 3, singularValues: [2, 1, 1])).effectiveRank,
      ], [7, 2, Double(8).squareRoot()], Tolerance(1e-11, scale: 1))
  }

  @Test func `does not overflow before its values do`() throws {
    for size in [1e308, Double.leastNonzeroMagnitude] {
      let summary = try summary(.diagonal(Tensor([size, size, size])))
      #expect(summary.largest == size && summary.median == size && summary.rank == 3)
      expectClose([summary.effectiveRank], [3], Tolerance(1e-12, scale: 1))
    }
    // σ_max = 3 · 1e308
    let report = try matrixReport(of: Tensor(repeating: 1e308, shape: [3, 3]))
    #expect(report.singularValues == nil && report.columns == 3)
  }

  @Test func `is left out for a large matrix`() throws {
    #expect(SingularValueSummary.maximumCost == 2048 * 2048 * 2048)
    let report = try matrixReport(of: .ones([2049, 2049]))
    #expect(report.singularValues == nil && report.scale == 0)
    #expect(report.equalRows.map(\.count) == [2049])
  }
}
