internal import BackflowKernels

/// Something that is done with every rule.
protocol RuleVisitor<Scalar> {
  associatedtype Scalar: RealScalar
  associatedtype Failure: Error = Never

  /// - Parameters:
  ///   - name: The name under which the rule owns findings and is encoded.
  mutating func visit<Rule: HealthRule<Scalar>>(
    _ rule: inout Rule, _ name: String
  ) throws(Failure)
}

/// The rules of the library. Each is stored with its type, so that all of them are compiled for the
/// precision, as those in a list of rules of any type would not be.
struct LibraryRules<Scalar: RealScalar>: Sendable {
  private var nonFinite = NonFiniteRule<Scalar>()
  private var optimizerState = OptimizerStateRule<Scalar>()
  private var input = InputRule<Scalar>()
  private var mode = ModeRule<Scalar>()
  /// The rule that knows which parameters to test.
  private(set) var updateTest = UpdateTestRule<Scalar>()
  private var loss = LossRule<Scalar>()
  private var output = OutputRule<Scalar>()
  private var saturation = SaturationRule<Scalar>()
  private var deadUnits = DeadUnitRule<Scalar>()
  private var backwardSignal = BackwardSignalRule<Scalar>()
  private var recurrentSignal = RecurrentSignalRule<Scalar>()
  private var blockedGradient = BlockedGradientRule<Scalar>()
  private var update = UpdateRule<Scalar>()
  private var initialization = InitializationRule<Scalar>()
  private var symmetry = SymmetryRule<Scalar>()
  private var clipping = ClippingRule<Scalar>()

  /// Visits the rules in the order in which they look at a step.
  @inline(__always)
  mutating func visit<Visitor: RuleVisitor<Scalar>>(
    _ visitor: inout Visitor
  ) throws(Visitor.Failure) {
    try visitor.visit(&nonFinite, "NonFiniteRule")
    try visitor.visit(&optimizerState, "OptimizerStateRule")
    try visitor.visit(&input, "InputRule")
    try visitor.visit(&mode, "ModeRule")
    try visitor.visit(&updateTest, "UpdateTestRule")
    try visitor.visit(&loss, "LossRule")
    try visitor.visit(&output, "OutputRule")
    try visitor.visit(&saturation, "SaturationRule")
    try visitor.visit(&deadUnits, "DeadUnitRule")
    try visitor.visit(&backwardSignal, "BackwardSignalRule")
    try visitor.visit(&recurrentSignal, "RecurrentSignalRule")
    try visitor.visit(&blockedGradient, "BlockedGradientRule")
    try visitor.visit(&update, "UpdateRule")
    try visitor.visit(&initialization, "InitializationRule")
    try visitor.visit(&symmetry, "SymmetryRule")
    try visitor.visit(&clipping, "ClippingRule")
  }
}
