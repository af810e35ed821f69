import Backflow
import Foundation
import Testing

// The lists are those of scripts/fixtures/npy.py, with which NumPy wrote the files.
@Suite struct `A file that NumPy wrote` {
  static let matrix: [Double] = [0, 1.5, -2.25, 0.1, 1e30, -1e-30]
  static let cube = (0..<24).map { Double($0) / 2 }

  @Test(arguments: ["f4", "f4_big", "version2", "version3"])
  func `of single precision is read exactly`(name: String) throws {
    let expected = Tensor(Self.matrix.map(Float.init), shape: [2, 3])
    let floats: Tensor<Float> = try NPY.read(fixture(name))
    #expect(floats == expected)
    #expect(try NPY.read(fixture(name), as: Double.self) == Tensor<Double>(expected))
  }

  @Test(arguments: ["f8", "f8_big", "fortran_matrix"])
  func `of double precision is read exactly, or rounded to floats`(name: String) throws {
    let expected = Tensor(Self.matrix, shape: [2, 3])
    #expect(try NPY.read(fixture(name), as: Double.self) == expected)
    #expect(try NPY.read(fixture(name), as: Float.self) == Tensor<Float>(expected))
  }

  @Test func `of half precision is read exactly`() throws {
    let halves = try NPY.read(fixture("f2"), as: Double.self).elements
    // The half-precision number nearest to ⅓ is 1365·2⁻¹².
    let expected = [
      0, -0.0, 1, -2, 65504, 0x1p-14, 0x1p-24, 0x1.554p-2, .infinity, -.infinity,
    ]
    #expect(halves.count == 11 && Array(halves[..<10]) == expected)
    #expect(halves[1].sign == .minus && halves[10].isNaN)
  }

  @Test func `keeps NaN, infinities, the sign of zero and the extremes`() throws {
    let numbers = try NPY.read(fixture("f8_special"), as: Double.self).elements
    #expect(numbers.count == 6 && numbers[0].isNaN)
    #expect(
      numbers[1...].map(\.bitPattern)
        == [.infinity, -.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
        .map(\Double.bitPattern))
  }

  static let integers: [(String, [Double])] = [
    ("i1", [-128, -1, 0, 127]),
    ("i2", [-32768, -1, 258, 32767]),
    ("i4", [-2_147_483_648, -1, 16_909_060, 2_147_483_647]),
    ("i4_big", [-2_147_483_648, -1, 16_909_060, 2_147_483_647]),
    // The third is 0x0102030405060708, …856, which is not exact in double precision.
    ("i8", [-9_007_199_254_740_992, -1, 72_623_859_790_382_848, 9_007_199_254_740_992]),
    ("u1", [0, 1, 128, 255]),
    ("u2", [0, 258, 65535]),
    ("u8", [0, 9_223_372_036_854_775_808, 18_446_744_073_709_549_568]),
  ]

  @Test(arguments: integers)
  func `of integers is read as their values`(name: String, expected: [Double]) throws {
    #expect(try NPY.read(fixture(name), as: Double.self) == Tensor(expected))
    #expect(try NPY.read(fixture(name), as: Float.self) == Tensor(expected.map(Float.init)))
  }

  @Test func `of booleans is read as zeros and ones`() throws {
    #expect(try NPY.read(fixture("bool"), as: Float.self) == .identity(2))
  }

  @Test(arguments: ["cube", "fortran_cube"])
  func `has its axes in order, in C and in Fortran order`(name: String) throws {
    let cube = try NPY.read(fixture(name), as: Double.self)
    #expect(cube == Tensor(Self.cube, shape: [2, 3, 4]))
  }

  @Test func `may have no axes, one, or no elements`() throws {
    #expect(try NPY.read(fixture("scalar"), as: Double.self) == Tensor(scalar: -2.5))
    #expect(try NPY.read(fixture("vector"), as: Float.self) == Tensor([3]))
    #expect(try NPY.read(fixture("empty"), as: Float.self) == .zeros([0, 3]))
  }

  @Test(arguments: [
    ("f4", Tensor(matrix.map(Float.init), shape: [2, 3])), ("vector", Tensor([3])),
    ("empty", .zeros([0, 3])), ("cube", Tensor(cube.map(Float.init), shape: [2, 3, 4])),
  ])
  func `has the same bytes as ours`(name: String, tensor: Tensor<Float>) throws {
    #expect(try NPY.encode(tensor) == bytes(of: fixture(name)))
  }

  @Test func `has the same bytes as ours, in double precision and without axes`() throws {
    let matrix = Tensor(Self.matrix, shape: [2, 3])
    #expect(try NPY.encode(matrix) == bytes(of: fixture("f8")))
    #expect(try NPY.encode(Tensor(scalar: -2.5)) == bytes(of: fixture("scalar")))
  }

  @Test(arguments: [
    ("complex", "<c8"), ("string", "<U2"), ("bytes", "|S2"), ("date", "<M8[D]"), ("object", "|O"),
  ])
  func `without real numbers is rejected, with its type`(name: String, type: String) {
    let path = fixture(name)
    let error = #expect(throws: CheckpointError.self) {
      try NPY.read(path, as: Float.self)
    }
    #expect(error?.file == path && error?.offset == 10)
    #expect(error?.problem.hasPrefix("expected real numbers") == true)
    #expect(error?.problem.contains("found '\(type)'") == true)
  }

  @Test func `of records is rejected`() {
    let error = #expect(throws: CheckpointError.self) {
      try NPY.read(fixture("structure"), as: Float.self)
    }
    #expect(error?.file == fixture("structure") && error?.offset == 10)
    #expect(error?.problem.contains("'descr' with the name of an element type") == true)
  }
}
