import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A matrix analysis` {
  @Test(arguments: MatrixAnalysis.Effort.allCases)
  func `combines all figures`(effort: MatrixAnalysis.Effort) throws {
    let matrix = triangular(0.9, 10)
    let analysis = try MatrixAnalysis(of: matrix, effort: effort, epsilons: [1e-3])
    #expect(analysis.spectrum == (try Spectrum(of: matrix)))
    #expect(analysis.growth.peakStep == 9)
    #expect(analysis.kreiss.lower <= 25.01 + 1e-9 && analysis.kreiss.upper >= 25.01 - 1e-9)
    #expect((analysis.nonnormality.numericalRadius == nil) == (effort == .quick))
    let reach = 0.9 + (1e-6 + 10 * 1e-3).squareRoot()
    expectClose(
      analysis.pseudospectra.flatMap { [$0.radius, $0.abscissa] }, [reach, reach],
      Tolerance(1e-8, scale: 1))
    #expect(try roundTrip(analysis) == analysis)
    #expect(analysis.description.contains("Kreiss constant"))
  }

  // K = b/(4d) + d/b with L = 1 − d. Neither its powers nor its numerical range give it to 0.1 %.
  @Test(arguments: [(0.9, 10), (0.5, 3)])
  func `with the most effort brackets the Kreiss constant within a thousandth`(
    eigenvalue: Double, coupling: Double
  ) throws {
    let matrix = triangular(eigenvalue, coupling)
    let exact = coupling / (4 * (1 - eigenvalue)) + (1 - eigenvalue) / coupling
    let thorough = try MatrixAnalysis(of: matrix, effort: .thorough)
    let bracket = thorough.kreiss
    #expect(bracket.lower <= exact * (1 + 1e-12) && exact <= bracket.upper * (1 + 1e-12))
    // The width is the tolerance, whose logarithm is rounded.
    #expect(bracket.upper <= bracket.lower * 1.001 * (1 + 1e-14))
    #expect(bracket.problemCount > 0)
    #expect(thorough.omissions.isEmpty && thorough.effort == .thorough)
    // The numerical range of a Jordan block of order 2 is the disk of radius b/2 about L.
    let radius = try #require(thorough.nonnormality.numericalRadius)
    expectClose(
      [radius.lowerBound, radius.upperBound],
      [eigenvalue + coupling / 2, eigenvalue + coupling / 2], Tolerance(1e-5, scale: 5))
    let quick = try MatrixAnalysis(of: matrix, effort: .quick).kreiss
    #expect(quick.upper > quick.lower * 1.02)
  }

  @Test func `says what it omits`() throws {
    let quick = try MatrixAnalysis(of: grcar(12) * 0.44, effort: .quick)
    #expect(quick.omissions.contains { $0.contains("numerical radius") })
    #expect(quick.description.contains(quick.omissions[0]))
    let growing = try MatrixAnalysis(of: triangular(1.1, 1), effort: .quick)
    #expect(growing.omissions.contains { $0.contains("none has a norm below 1") })
  }

  @Test func `has snake_case keys`() throws {
    let data = try JSONEncoder().encode(try MatrixAnalysis(of: jordan(3, 0.5)))
    let text = try #require(String(data: data, encoding: .utf8))
    for key in ["spectral_radius", "relative_henrici", "log_norms", "maximizer", "lower"] {
      #expect(text.contains("\"\(key)\""))
    }
  }
}
