internal import BackflowCheckpoints
internal import OrderedCollections

/// The tensors that set one diagonal recurrence, as a checkpoint has them. No values are read.
struct StateSpaceParameters {
  /// A tensor and its name.
  struct Named {
    let name: String
    let tensor: StoredTensor
  }

  /// The start that the names of the tensors have in common, without punctuation at its end.
  let network: String
  let kind: StateSpaceKind
  let rateParameter: RateParameter
  let stepParameter: StepParameter?
  /// The tensor of the rates A, [channels] or [channels, states] apart from axes of extent 1.
  let rate: Named
  /// The tensor of the steps Δ, if the kind has steps and the file has the tensor.
  let step: Named?
  /// The tensor of the imaginary parts or phases.
  let phase: Named?

  /// The extents of the tensor of rates. Of more than two axes, those of extent 1 do not count.
  var shape: [Int] {
    let shape = rate.tensor.shape
    return shape.count <= 2 ? shape : shape.filter { $0 != 1 }
  }

  /// Returns the recurrences of a checkpoint, in the order of the file. Gradients and moments
  /// beside a parameter are left out.
  static func all(in checkpoint: Checkpoint) -> [StateSpaceParameters] {
    let found = checkpoint.tensors.keys.compactMap { StateSpaceParameters($0, in: checkpoint) }
    let names = found.map(\.rate.name)
    let parameters = Set(ParameterCompanions.parameters(among: names))
    return found.filter { parameters.contains($0.rate.name) }
  }

  /// The recurrence whose rates have this name, or `nil` if the tensor does not set one.
  private init?(_ name: String, in checkpoint: Checkpoint) {
    for form in StateSpaceForm.all {
      guard let stem = form.stem(of: name) else { continue }
      if let parameters = StateSpaceParameters(name, stem: stem, form, in: checkpoint) {
        self = parameters
        return
      }
    }
    return nil
  }

  private init?(_ name: String, stem: String, _ form: StateSpaceForm, in checkpoint: Checkpoint) {
    func real(_ name: String) -> Named? {
      guard let tensor = checkpoint[name], tensor.type.isFloatingPoint,
        tensor.type.realType == nil, tensor.count > 0
      else { return nil }
      return Named(name: name, tensor: tensor)
    }
    // Flax separates components with slashes.
    let separator = stem.hasSuffix("/") ? "/" : "."
    func beside(_ names: [String]) -> Named? {
      names.lazy.map { stem + $0.split(separator: ".").joined(separator: separator) }
        .compactMap(real).first
    }
    guard let rate = real(name) else { return nil }
    (self.rate, step, phase) = (rate, beside(form.steps), beside(form.phases))
    (rateParameter, stepParameter) = (form.rateParameter, form.stepParameter)
    network = String(stem.reversed().drop { "._/".contains($0) }.reversed())
    kind = form.kind == .mamba && rate.tensor.shape.count != 2 ? .mamba2 : form.kind
    guard (1...2).contains(shape.count) || rate.tensor.count == 1,
      form.phases.isEmpty || phase != nil, step != nil || !form.requiresStep,
      kind != .rgLRU
        || stem.lowercased().contains("lru")
        || StateSpaceForm.gates.contains(where: { checkpoint[stem + $0] != nil })
    else { return nil }
  }
}

/// One form of the names of the tensors of a recurrence. The names are those of the public
/// implementations of each architecture.
struct StateSpaceForm {
  let kind: StateSpaceKind
  /// The end of the name of the rates.
  let rate: String
  let rateParameter: RateParameter
  /// The possible names of the steps, if the kind has steps.
  var steps: [String] = []
  var stepParameter: StepParameter?
  /// Whether the name of the rates says too little without a tensor of steps.
  var requiresStep = false
  /// The possible names of the imaginary parts, one of which must be there.
  var phases: [String] = []

  /// Returns what precedes the name of the rates, or `nil` if a name is not of this form.
  func stem(of name: String) -> String? {
    guard name.hasSuffix(rate) else { return nil }
    let stem = name.dropLast(rate.count)
    return stem.last.map { "._/".contains($0) } ?? true ? String(stem) : nil
  }

  /// What follows the stem in the names of the gates of an RG-LRU.
  static let gates = [
    "a_gate.w", "a_gate.weight", "a_gate/w", "input_gate.w", "input_gate.weight", "input_gate/w",
    "recurrent_gate_weight", "recurrent_gate.weight", "recurrence_gate.weight", "gates.weight",
  ]

  static let all: [StateSpaceForm] =
    [
      ("A_log", ["dt_bias", "dt_proj.bias"]), ("A_logs", ["dt_projs_bias"]),
      ("A_b_log", ["dt_proj_b.bias"]),
    ].map {
      StateSpaceForm(
        kind: .mamba, rate: $0, rateParameter: .logarithm, steps: $1, stepParameter: .softplus)
    }
    + [
      StateSpaceForm(
        kind: .mamba, rate: "A", rateParameter: .value, steps: ["dt_bias", "dt_proj.bias"],
        stepParameter: .softplus, requiresStep: true),
      StateSpaceForm(
        kind: .lru, rate: "nu_log", rateParameter: .logarithm, phases: ["theta_log"]),
      StateSpaceForm(
        kind: .s5, rate: "Lambda_re", rateParameter: .value, steps: ["log_step"],
        stepParameter: .logarithm, phases: ["Lambda_im"]),
    ]
    + ["log_A_real", "inv_A_real"].map {
      StateSpaceForm(
        kind: .s4d, rate: $0, rateParameter: .logarithm, steps: ["log_dt"],
        stepParameter: .logarithm, phases: ["A_imag"])
    }
    // The first three store −Λ: ln a = −softplus(p). The others have the name in the paper.
    + ["a_param", "recurrent_param", "forget_base"].map {
      StateSpaceForm(kind: .rgLRU, rate: $0, rateParameter: .negativeLogit)
    }
    + ["Lambda", "lambda"].map {
      StateSpaceForm(kind: .rgLRU, rate: $0, rateParameter: .logit)
    }
}
