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
