internal import RealModule

/// The kinds of diagonal recurrences, h_t = λ ⊙ h_{t−1} + …, that the names of tensors reveal.
public enum StateSpaceKind: String, Sendable, Codable, CaseIterable {
  /// Mamba: A = −exp(`A_log`), [channels, states], Δ = softplus(`dt_proj.bias` + …), λ = exp(A Δ).
  case mamba
  /// Mamba-2, and other layers with one decay for each head: the same equations with A, [heads],
  /// and `dt_bias`. In a gated delta network, which has these tensors too, λ multiplies a
  /// reflection or projection, whose norm is at most 1.
  case mamba2
  /// A linear recurrent unit (Orvieto et al., ICML 2023):
  /// λ = exp(−exp(`nu_log`) + i·exp(`theta_log`)).
  case lru
  /// A real-gated linear recurrent unit (De et al., "Griffin", 2024): λ = a^{c r}, with a = σ(Λ), c
  /// = 8, and a gate 0 < r < 1.
  case rgLRU = "rg_lru"
  /// S4D (Gu et al., NeurIPS 2022): λ = exp(Δ (−exp(`log_A_real`) + i·`A_imag`)), Δ =
  /// exp(`log_dt`), by zero-order hold.
  case s4d
  /// S5 (Smith et al., ICLR 2023): λ = exp(Δ (`Lambda_re` + i·`Lambda_im`)), Δ = exp(`log_step`).
  case s5

  /// The name of the architecture.
  public var title: String {
    switch self {
    case .mamba: "Mamba"
    case .mamba2: "Mamba-2"
    case .lru: "LRU"
    case .rgLRU: "RG-LRU"
    case .s4d: "S4D"
    case .s5: "S5"
    }
  }

  /// Whether λ depends on the input.
  public var dependsOnInput: Bool {
    switch self {
    case .mamba, .mamba2, .rgLRU: true
    case .lru, .s4d, .s5: false
    }
  }
}

/// How a tensor sets the rate A of a channel, where ln |λ| = A Δ.
enum RateParameter: Sendable {
  /// A = −exp(p)
  case logarithm
  /// A = p, whose sign nothing enforces.
  case value
  /// A = −c softplus(p) = c ln σ(−p), where c = 8 is the exponent of an RG-LRU.
  case negativeLogit
  /// A = −c softplus(−p) = c ln σ(p)
  case logit

  /// c of an RG-LRU.
  private static let exponent = 8.0

  /// Returns A.
  func rate(_ parameter: Double) -> Double {
    switch self {
    case .logarithm: -.exp(parameter)
    case .value: parameter
    case .negativeLogit: -RateParameter.exponent * softplus(parameter)
    case .logit: -RateParameter.exponent * softplus(-parameter)
    }
  }
}

/// How a tensor sets the step Δ of a channel.
enum StepParameter: Sendable {
  /// Δ = softplus(p), at zero input.
  case softplus
  /// Δ = exp(p)
  case logarithm

  /// Returns Δ.
  func step(_ parameter: Double) -> Double {
    switch self {
    case .softplus: BackflowInspection.softplus(parameter)
    case .logarithm: .exp(parameter)
    }
  }
}

/// ln(1 + eˣ), without overflow.
private func softplus(_ x: Double) -> Double { max(x, 0) + .log(onePlus: .exp(-x.magnitude)) }
