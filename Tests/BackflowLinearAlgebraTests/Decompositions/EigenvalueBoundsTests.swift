import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import TestSupport
import Testing

@Suite struct `The bounds of eigenvalues` {
  // geevx has the same condition numbers from the eigenvectors of the matrix itself.
  @Test(arguments: [1, 2, 3, 8, 33, 130], [1e-100, 1, 1e100])
  func `have the condition numbers of the eigenvectors`(size: Int, scale: Double) throws {
    var random = RandomSource(seed: UInt64(size))
    let matrix = (random.normal([size, size]) as Tensor<Double>) * scale
    let bounds = try EigenvalueBounds(of: matrix)
    let reference = try LAPACK.geevx(valuesOf: matrix.span, order: size)
    func sorted(_ values: [Complex<Double>], _ conditions: [Double]) -> [(Complex<Double>, Double)]
    {
      zip(values, conditions).sorted { ($0.0.real, $0.0.imaginary) < ($1.0.real, $1.0.imaginary) }
    }
    let pairs = zip(
      sorted(bounds.values, bounds.conditions), sorted(reference.values, reference.conditions))
    for ((value, condition), (known, expected)) in pairs {
      let rounding = 64 * Double(size) * Double.ulpOfOne * expected
      #expect((value - known).length <= rounding * matrix.norm())
      // The eigenvectors move by rounding times the inverse distance of the eigenvalues.
      #expect((condition / expected - 1).magnitude <= 1e-8)
    }
    let form = try #require(bounds.schurForm)
    expectClose([form.norm()], [matrix.norm()], Tolerance(1e-13 * matrix.norm(), scale: scale))
    for row in 2..<max(2, size) {
      for column in 0..<row - 1 { #expect(form[row, column] == 0) }
    }
  }

  @Test func `of an unbalanced matrix come from the balanced one`() throws {
    let matrix = Tensor<Double>(rows: [[1, 1e8, 1], [1e-8, 2, 1e-9], [1, 1e9, 3]])
    let bounds = try EigenvalueBounds(of: matrix)
    #expect(bounds.schurForm == nil)
    let radius = bounds.spectralRadius(perturbedBy: 1e-15)
    #expect(radius.upperBound - radius.lowerBound < 1e-12)
  }

  @Test(arguments: [1e-12, 1e-6, 1e-3]) func `contain the eigenvalues of nearby matrices`(
    share: Double
  ) throws {
    var random = RandomSource(seed: 3)
    for size in [1, 2, 5, 20] {
      let matrix: Tensor<Double> = random.normal([size, size])
      let locations = try EigenvalueBounds(of: matrix).locations(perturbedBy: share)
      let change: Tensor<Double> = random.normal([size, size])
      let moved = try eigenvalues(of: matrix + change * (share * matrix.norm() / change.norm()))
      let moduli = moved.map(\.length)
      for bound in [0.1, 0.5, 1, 1.5, 3] {
        let outside = locations.count { $0.leastModulus > bound }
        let inside = locations.count { $0.largestModulus < bound }
        #expect(moduli.count { $0 > bound } >= outside && moduli.count { $0 < bound } >= inside)
      }
    }
  }

  // Two disks of radius 2√2·s whose centers are less than 4√2·s apart are one group.
  @Test func `are those of a connected group`() throws {
    let share = 1e-6
    let matrix = Tensor<Double>.diagonal(Tensor([1, 1 - 5 * share]))
    let locations = try EigenvalueBounds(of: matrix).locations(perturbedBy: share)
    let radius = 2 * share * matrix.norm()
    for location in locations {
      expectClose(
        [location.leastModulus, location.largestModulus, location.distance],
        [1 - 5 * share - radius, 1 + radius, 5 * share + radius], Tolerance(1e-14, scale: 1))
    }
  }
}
