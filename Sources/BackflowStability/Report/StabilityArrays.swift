public import BackflowKernels
public import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

/// The arrays of a stability report for a notebook, such as the tensors of an `.npz` file.
///
/// A name consists of the name of the layer, a point, and one of the following. Complex numbers
/// have a last axis of 2, the real and the imaginary part. Arrays that a report lacks are omitted.
///
/// - `jacobian`, [S, S]: the last Jacobian J of the first sample;
/// - `eigenvalues`, [S, 2]: its eigenvalues, in the order of LAPACK;
/// - `right_eigenvectors` and `left_eigenvectors`, [S, S, 2]: R and L with J·R = R·Λ and Lᴴ·J =
///   Λ·Lᴴ; column j belongs to eigenvalue j;
/// - `power_log_norms` and `power_norms`, [k + 1]: ln ‖J^k‖ and ‖J^k‖ for k = 0, 1, …;
/// - `exponents` and `standard_errors`, [k]: the Lyapunov exponents over all samples, in nats per
///   step;
/// - `running_steps`, [r], and `running_exponents`, [r, k]: numbers of steps, and the exponents of
///   the first sample over them;
/// - `horizon_log_norms`, [lags]: the logarithm of the root mean square of ‖δ‖ after
///   k = 0, 1, … steps back;
/// - `path_budget`, [lags, paths]: ‖part‖/‖δ‖ of the whole step, of the carried part, and of each
///   gate;
/// - `fixed_points`, [n, S]: the fixed points.
///
/// The names `weight.matrix`, `weight.eigenvalues` and so on, or `gate_i.matrix` and so on for each
/// gate, are those of the blocks of W_hh, [H, H]. A decoded report contains no matrices, and their
/// eigenvectors are omitted with them.
public struct StabilityArrays: Sendable {
  /// The arrays with their names.
  public private(set) var tensors: [(name: String, tensor: Tensor<Double>)] = []

  /// Collects the arrays of a report.
  ///
  /// - Throws: `StabilityError` if LAPACK does not converge.
  /// - Complexity: About 27·n³ flops for each matrix.
  public init(report: StabilityReport) throws(StabilityError) {
    for layer in report.layers {
      let prefix = layer.name + "."
      if let analysis = layer.jacobian {
        if let jacobian = layer.lastJacobian { add(prefix + "jacobian", jacobian) }
        try add(prefix, analysis, of: layer.lastJacobian)
      }
      var blocks = layer.weights.map { [("weight", $0)] } ?? []
      blocks += (layer.gates ?? []).map { ("gate_" + $0.name, $0.weights) }
      for (index, (name, analysis)) in blocks.enumerated() {
        let matrix = layer.recurrentBlocks.dropFirst(index).first
        if let matrix { add(prefix + name + ".matrix", matrix) }
        try add(prefix + name + ".", analysis, of: matrix)
      }
      addTrajectory(of: layer, prefix)
    }
  }

  private mutating func add(_ name: String, _ tensor: Tensor<Double>) {
    tensors.append((name, tensor))
  }

  /// Adds the eigenvalues, the eigenvectors and the norms of the powers of a matrix.
  private mutating func add(
    _ prefix: String, _ analysis: MatrixAnalysis, of matrix: Tensor<Double>?
  ) throws(StabilityError) {
    if let matrix {
      let system = try analyzing { () throws(LAPACKError) in try EigenDecomposition(of: matrix) }
      let order = matrix.shape[0]
      add(prefix + "eigenvalues", Tensor(parts: system.values, shape: [order]))
      add(
        prefix + "right_eigenvectors",
        Tensor(parts: system.rightVectors.elements, shape: [order, order]))
      add(
        prefix + "left_eigenvectors",
        Tensor(parts: system.leftVectors.elements, shape: [order, order]))
    } else {
      let values = analysis.spectrum.eigenvalues
      add(prefix + "eigenvalues", Tensor(parts: values, shape: [values.count]))
    }
    add(prefix + "power_log_norms", Tensor(analysis.growth.logNorms))
    add(prefix + "power_norms", Tensor(analysis.growth.norms))
  }

  private mutating func addTrajectory(of layer: LayerStability, _ prefix: String) {
    if let trajectory = layer.trajectory {
      add(prefix + "exponents", Tensor(trajectory.exponents))
      add(prefix + "standard_errors", Tensor(trajectory.standardErrors))
      let first = trajectory.first
      if !first.runningSteps.isEmpty {
        add(prefix + "running_steps", Tensor(first.runningSteps.map { Double($0) }))
        add(prefix + "running_exponents", Tensor(rows: first.runningMeans))
      }
    }
    if let horizon = layer.horizon {
      add(prefix + "horizon_log_norms", Tensor(horizon.logNorms))
      if let paths = horizon.paths { add(prefix + "path_budget", Tensor(rows: paths.byLag)) }
    }
    if let points = layer.fixedPoints?.points, !points.isEmpty {
      add(prefix + "fixed_points", Tensor(rows: points.map(\.state)))
    }
  }
}

extension Tensor<Double> {
  /// The real and imaginary parts along a last axis of 2.
  fileprivate init(parts numbers: [Complex<Double>], shape: [Int]) {
    self.init(numbers.flatMap { [$0.real, $0.imaginary] }, shape: Shape(shape + [2]))
  }
}
