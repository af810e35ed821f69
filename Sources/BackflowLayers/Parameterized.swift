public import BackflowKernels
public import BackflowLinearAlgebra

/// A value with parameters to learn: a layer, or a model made of layers.
///
/// The gradients of a model have the model's own type: `gradients.weight` is the gradient of
/// `model.weight`. So a model is described once, and an optimizer visits both in the same order.
public protocol Parameterized<Scalar>: Sendable {
  /// The element of the parameters.
  associatedtype Scalar: RealScalar

  /// Visits every parameter in a fixed order, under the name that PyTorch's `state_dict` gives it.
  mutating func visitParameters(_ visit: ParameterVisitor<Scalar>)

  /// Reads every parameter in the order of `visitParameters`, without changing the model.
  ///
  /// The default reads a copy with `visitParameters`. A type implements this method if such a copy
  /// allocates memory, as that of a list of layers of any types does.
  ///
  /// - Parameters:
  ///   - path: What the names begin with, such as "0.", or `nil` if the names are not needed and
  ///     need not be built.
  ///   - read: A closure called with each parameter's name and value.
  func readParameters(under path: String?, _ read: ParameterReader<Scalar>)

  /// Visits tensors that belong to a checkpoint but have no gradient, such as running statistics,
  /// under PyTorch's names. Most layers have no such buffers.
  mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>)

  /// Visits integers that belong to a checkpoint, such as the number of batches in running
  /// statistics, under PyTorch's names. Most layers have no such counters.
  mutating func visitCounters(_ visit: (String, inout Int) -> Void)
}

/// A closure called with each parameter's name and, inout, its value.
public typealias ParameterVisitor<Scalar: RealScalar> = (String, inout Tensor<Scalar>) -> Void

/// A closure called with each parameter's name and value.
public typealias ParameterReader<Scalar: RealScalar> = (_ name: String, Tensor<Scalar>) -> Void

extension Parameterized {
  /// Reads the parameters of a copy.
  public func readParameters(under path: String?, _ read: ParameterReader<Scalar>) {
    var copy = self
    copy.visitParameters { name, parameter in read(named(name, under: path), parameter) }
  }

  /// Visits nothing.
  public mutating func visitBuffers(_ visit: ParameterVisitor<Scalar>) {}

  /// Visits nothing.
  public mutating func visitCounters(_ visit: (String, inout Int) -> Void) {}

  /// Visits every counter with `prefix` and a dot before its name.
  public mutating func visitCounters(under prefix: String, _ visit: (String, inout Int) -> Void) {
    visitCounters { name, counter in visit(prefix + "." + name, &counter) }
  }

  /// Visits every buffer with `prefix` and a dot before its name.
  public mutating func visitBuffers(under prefix: String, _ visit: ParameterVisitor<Scalar>) {
    visitBuffers { name, buffer in visit(prefix + "." + name, &buffer) }
  }

  /// Visits every parameter with `prefix` and a dot before its name. A model visits its
  /// layers with this method.
  public mutating func visitParameters(under prefix: String, _ visit: ParameterVisitor<Scalar>) {
    visitParameters { name, parameter in visit(prefix + "." + name, &parameter) }
  }

  /// The parameters with their names, in the order of `visitParameters`.
  public var namedParameters: [(name: String, value: Tensor<Scalar>)] {
    var parameters: [(name: String, value: Tensor<Scalar>)] = []
    readParameters(under: "") { name, parameter in parameters.append((name, parameter)) }
    return parameters
  }

  /// The parameters in the same order, as two lists, and without names if they are not needed.
  package func parameterList(named isNamed: Bool) -> ParameterList<Scalar> {
    ParameterList(of: self, named: isNamed)
  }

  /// The number of elements of all parameters together.
  public var parameterCount: Int {
    var count = 0
    readParameters(under: nil) { _, parameter in count += parameter.count }
    return count
  }

  /// Visits every parameter of this value together with the corresponding parameter of `other`.
  ///
  /// - Precondition: Both values have the same parameters with the same shapes.
  public mutating func visitParameters(
    with other: Self, _ visit: (_ name: String, inout Tensor<Scalar>, Tensor<Scalar>) -> Void
  ) {
    let others = other.parameterList(named: false).values
    var index = 0
    visitParameters { name, parameter in
      require(
        index < others.count && others[index].shape == parameter.shape,
        "Parameterized: \(name) has shape \(parameter.shape), its counterpart "
          + (index < others.count ? "\(others[index].shape)" : "is missing"))
      visit(name, &parameter, others[index])
      index += 1
    }
    require(index == others.count, "Parameterized: \(others.count) parameters instead of \(index)")
  }
}

/// The parameters of a model. A list of them costs less than one of pairs, whose type has to be
/// looked up at run time.
package struct ParameterList<Scalar: RealScalar>: Sendable {
  /// The names, or none.
  package private(set) var names: [String] = []
  /// The parameters.
  package private(set) var values: [Tensor<Scalar>] = []

  /// Reads a model of any type, so that this code is compiled for each precision, and the types of
  /// its lists need not be looked up.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  fileprivate init(of model: any Parameterized<Scalar>, named isNamed: Bool) {
    var (names, values): ([String], [Tensor<Scalar>]) = ([], [])
    values.reserveCapacity(8)
    model.readParameters(under: isNamed ? "" : nil) { name, parameter in
      if isNamed { names.append(name) }
      values.append(parameter)
    }
    (self.names, self.values) = (names, values)
  }
}

/// The name of a parameter behind a path, or alone if names are not needed.
func named(_ name: String, under path: String?) -> String { path.map { $0 + name } ?? name }

extension Tensor {
  /// Calls `visit` with this tensor. For a parameter that a layer may lack: `bias?.visit(…)`.
  mutating func visit(as name: String, _ visit: ParameterVisitor<Scalar>) { visit(name, &self) }
}
