internal import BackflowLinearAlgebra
internal import BackflowStability

/// A matrix of a layer with its title and its analysis.
struct AnalyzedBlock {
  let title: String
  let analysis: MatrixAnalysis
  /// The matrix, or `nil` if the report was decoded.
  let matrix: Tensor<Double>?

  init(_ title: String, _ analysis: MatrixAnalysis, _ matrix: Tensor<Double>?) {
    (self.title, self.analysis, self.matrix) = (title, analysis, matrix)
  }
}
