package import Backflow

/// The recurrence of the essay: no input, the same matrix W at every step, and a nonlinearity φ
/// between.
///
///     h_t = φ(W h_{t−1}),   h̄_{t−1} = Wᵀ (φ′ ⊙ h̄_t)
///
/// |φ′| ≤ 1 for each of the three, so that ‖h̄‖ grows by at most ‖W‖₂ at each step back, and by
/// exactly this factor if φ is linear and W a multiple of an orthogonal matrix.
package struct InterspersedRecurrence: Sendable {
  /// φ
  package enum Nonlinearity: String, Sendable, CaseIterable {
    case none = "nothing between", relu = "ReLU between", tanh = "tanh between"
  }

  package let w: Tensor<Double>
  package let nonlinearity: Nonlinearity

  package init(_ w: Tensor<Double>, _ nonlinearity: Nonlinearity) {
    (self.w, self.nonlinearity) = (w, nonlinearity)
  }

  /// Computes the states h_0 … h_T, each [H].
  package func forward(from start: Tensor<Double>, steps: Int) -> [Tensor<Double>] {
    var h = [start]
    for t in 1...steps {
      h.append(output(at: matvec(w, h[t - 1])))
    }
    return h
  }

  /// Computes the gradients with respect to h_T, …, h_0, in this order, from the one with respect
  /// to h_T.
  package func backward(_ gradient: Tensor<Double>, _ h: [Tensor<Double>]) -> [Tensor<Double>] {
    var hGradients = [gradient]
    for t in (1..<h.count).reversed() {
      let sumGradient = slope(where: h[t]) * hGradients[h.count - 1 - t]  // the nonlinearity
      hGradients.append(matvec(w.transposed, sumGradient))  // the same matrix at every step
    }
    return hGradients
  }

  private func output(at a: Tensor<Double>) -> Tensor<Double> {
    switch nonlinearity {
    case .none: a
    case .relu: Backflow.relu(a)
    case .tanh: Backflow.tanh(a)
    }
  }

  private func slope(where h: Tensor<Double>) -> Tensor<Double> {
    switch nonlinearity {
    case .none: .ones(h.shape)
    case .relu: Tensor(h.elements.map { $0 > 0 ? 1.0 : 0 }, shape: h.shape)
    case .tanh: 1 - h * h
    }
  }
}
