/// What belongs to a model as a whole: "the optimizer", or "the optimizer of policy" for the model
/// whose names begin with "policy.".
func place(_ name: String, ofModel prefix: String) -> String {
  prefix.isEmpty
    ? name : "\(name) of \(prefix.hasSuffix(".") ? String(prefix.dropLast()) : prefix)"
}
