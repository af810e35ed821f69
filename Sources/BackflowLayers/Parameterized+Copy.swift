internal import BackflowKernels
internal import BackflowLinearAlgebra

extension Parameterized {
  /// Copies every parameter, buffer and counter of `other`, by name.
  ///
  /// It converts a model between precisions, whatever it is made of:
  ///
  ///     var double = MyModel<Double>(using: &random)
  ///     double.copyParameters(from: float)
  ///
  /// Numbers are rounded to `Scalar`. Settings, such as a momentum, are not copied.
  ///
  /// - Precondition: Both models have the same names, each once, with the same shapes.
  /// - Complexity: O(count of all elements).
  public mutating func copyParameters<Other: Parameterized>(from other: Other) {
    var other = other
    var parameters = NamedValues<Tensor<Other.Scalar>>("parameter", of: "\(Other.self)")
    var buffers = NamedValues<Tensor<Other.Scalar>>("buffer", of: "\(Other.self)")
    var counters = NamedValues<Int>("counter", of: "\(Other.self)")
    other.visitParameters { name, value in parameters.add(name, value) }
    other.visitBuffers { name, value in buffers.add(name, value) }
    other.visitCounters { name, value in counters.add(name, value) }

    visitParameters { name, value in value.convert(parameters.remove(name), name) }
    visitBuffers { name, value in value.convert(buffers.remove(name), name) }
    visitCounters { name, value in value = counters.remove(name) }
    parameters.requireEmpty("\(Self.self)")
    buffers.requireEmpty("\(Self.self)")
    counters.requireEmpty("\(Self.self)")
  }
}

extension Parameterized {
  /// Replaces every buffer and counter by that of `other`, another state of the same model.
  ///
  /// - Precondition: Both have the same buffers and counters with the same shapes.
  package mutating func takeBuffers(of other: Self) {
    var (other, buffers, counters) = (other, [Tensor<Scalar>](), [Int]())
    other.visitBuffers { _, buffer in buffers.append(buffer) }
    other.visitCounters { _, counter in counters.append(counter) }
    // Visiting buffers copies a list of layers of any types.
    if buffers.isEmpty && counters.isEmpty { return }
    var (buffer, counter) = (0, 0)
    visitBuffers { name, own in
      require(
        buffer < buffers.count && buffers[buffer].shape == own.shape,
        "\(Self.self): the buffer \(name) has shape \(own.shape), its counterpart "
          + (buffer < buffers.count ? "\(buffers[buffer].shape)" : "is missing"))
      own = buffers[buffer]
      buffer += 1
    }
    visitCounters { name, own in
      require(
        counter < counters.count, "\(Self.self): the counter \(name) has no counterpart")
      own = counters[counter]
      counter += 1
    }
  }
}

/// The values of one model that have not been copied to another yet.
private struct NamedValues<Value> {
  private let kind, owner: String
  private var values: [String: Value] = [:]

  init(_ kind: String, of owner: String) { (self.kind, self.owner) = (kind, owner) }

  mutating func add(_ name: String, _ value: Value) {
    require(
      values.updateValue(value, forKey: name) == nil,
      "copyParameters: \(owner) has two \(kind)s with the name \(name)")
  }

  mutating func remove(_ name: String) -> Value {
    guard let value = values.removeValue(forKey: name) else {
      let others = values.keys.sorted().joined(separator: ", ")
      stop(
        "copyParameters: \(owner) has no \(kind) \(name); not copied yet: "
          + (others.isEmpty ? "none" : others))
    }
    return value
  }

  func requireEmpty(_ model: String) {
    require(
      values.isEmpty,
      "copyParameters: \(model) has no \(kind) \(values.keys.sorted().joined(separator: ", "))")
  }
}

extension Tensor {
  /// Replaces this tensor by `other`, rounded to `Scalar`.
  fileprivate mutating func convert<Other>(_ other: Tensor<Other>, _ name: String) {
    require(
      shape == other.shape,
      "copyParameters: \(name) has shape \(shape), its counterpart \(other.shape)")
    self = Tensor(other)
  }
}
