public import BackflowStability

/// The figures of a stability report. Each layer has
///
/// - `…-spectrum.svg`: the eigenvalues of each block of W_hh and of the last Jacobian, with the
///   unit circle, the circle of radius 1/γ, and the boundaries of ε-pseudospectra;
/// - `…-powers.svg`: the norms of the powers of these matrices, beside ρ^k and the bounds by the
///   Kreiss constant;
/// - `…-exponents.svg`: the Lyapunov exponents with their standard errors, and the running mean of
///   λ₁;
/// - `…-horizon.svg`: the norm of a gradient against the number of steps back, and its prediction
///   from λ₁;
/// - `…-paths.svg`: the paths of a gradient within each step, for a cell that states them.
///
/// The names start with that of the layer, and with a number if two layers would have the same. A
/// decoded report does not contain the matrices, and its figures have no pseudospectra.
public struct StabilityFigures: Sendable {
  /// The figures with their file names.
  public var all: [(name: String, svg: String)] { drawn.map { ($0.name, $0.figure.svg) } }
  /// The same with the kind of each, before they are documents.
  let drawn: [(kind: Kind, name: String, figure: ChartFigure)]

  enum Kind: String {
    case spectrum, powers, exponents, horizon, paths
  }

  /// Draws the figures of a report.
  ///
  /// - Throws: `StabilityError` if LAPACK does not converge for a pseudospectrum.
  /// - Complexity: About 1.5·10⁹ flops for the pseudospectra of each matrix, up to 3·10⁹ for 256
  ///   rows. Those of matrices with more rows are omitted.
  public init(report: StabilityReport) throws(StabilityError) {
    var figures: [(kind: Kind, name: String, figure: ChartFigure)] = []
    for (layer, fileName) in zip(report.layers, fileNames(of: report.layers.map(\.name))) {
      let drawn: [(kind: Kind, figure: ChartFigure?)] = [
        (.spectrum, try .spectrum(of: layer)),
        (.powers, .powers(of: layer)),
        (.exponents, .exponents(of: layer)),
        (.horizon, .horizon(of: layer)),
        (.paths, .paths(of: layer)),
      ]
      for (kind, figure) in drawn {
        guard let figure else { continue }
        figures.append((kind, "\(fileName)-\(kind.rawValue).svg", figure))
      }
    }
    drawn = figures
  }
}

extension LayerStability {
  /// The matrices of the layer with their titles: the blocks of W_hh, and the last Jacobian.
  var matrices: [AnalyzedBlock] {
    var blocks: [AnalyzedBlock] = []
    if let weights {
      blocks.append(AnalyzedBlock("W_hh", weights, recurrentBlocks.first))
    }
    for (index, gate) in (gates ?? []).enumerated() {
      let matrix = recurrentBlocks.indices.contains(index) ? recurrentBlocks[index] : nil
      blocks.append(AnalyzedBlock("gate \(gate.name)", gate.weights, matrix))
    }
    if let jacobian {
      blocks.append(AnalyzedBlock("last Jacobian", jacobian, lastJacobian))
    }
    return blocks
  }
}
