public import BackflowKernels

/// The reason why the sharpness of a loss could not be measured.
public enum SharpnessError: BackflowError, Equatable {
  /// The model has no parameter.
  case noParameters
  /// A parameter has NaN or infinite elements.
  case nonFiniteParameter(name: String, count: Int)
  /// The gradient of a parameter has NaN or infinite elements, at the parameters or near them.
  case nonFiniteGradient(parameter: String, count: Int)
  /// The eigenvalues of the projected Hessian could not be computed.
  case linearAlgebra(LAPACKError)

  /// The reason in a sentence.
  public var description: String {
    switch self {
    case .noParameters:
      "the sharpness of a loss needs a model with parameters, this one has none"
    case .nonFiniteParameter(let name, let count):
      "the parameter \(name) has \(count) elements that are NaN or infinite"
    case .nonFiniteGradient(let parameter, let count):
      "the gradient of \(parameter), at the parameters or a small step away from them, has \(count)"
        + " elements that are NaN or infinite"
    case .linearAlgebra(let error): "\(error)"
    }
  }
}
