public import BackflowKernels
public import BackflowLinearAlgebra

/// What becomes of a category that the training data do not have.
public enum UnknownCategory: String, Sendable, Equatable, CaseIterable {
  /// It is an error.
  case error
  /// All of its features are 0.
  case zeros
  /// It has a feature of its own, after those of the known categories, which is 0 in the training
  /// data.
  case ownFeature
}

/// Categories as features: 1 for the feature of the category, and 0 for the others.
public struct OneHotEncoder: Sendable, Equatable {
  /// The known categories, in the order of their features.
  public let categories: LabelEncoder
  /// What becomes of other categories.
  public let unknown: UnknownCategory

  /// An encoder of known categories.
  public init(_ categories: LabelEncoder, unknown: UnknownCategory = .error) {
    (self.categories, self.unknown) = (categories, unknown)
  }

  /// An encoder of all categories that occur in the training data.
  public init(fitting names: some Sequence<String>, unknown: UnknownCategory = .error) {
    self.init(LabelEncoder(fitting: names), unknown: unknown)
  }

  /// F, the number of features: one for each category and, with `ownFeature`, one for others.
  public var featureCount: Int { categories.count + (unknown == .ownFeature ? 1 : 0) }

  /// Returns the features of names, [names, F].
  ///
  /// - Throws: `DataError` that names the first unknown category, if it is an error.
  public func encode<Scalar: RealScalar>(
    _ names: [String], as _: Scalar.Type = Scalar.self
  ) throws(DataError) -> Tensor<Scalar> {
    var features = Tensor<Double>.zeros([names.count, featureCount])
    for (row, name) in names.enumerated() {
      switch place(of: name) {
      case .feature(let place): features[row, place] = 1
      case .none: break
      case .error: throw DataError("row \(row): " + categories.unknown(name))
      }
    }
    return Tensor<Scalar>(features)
  }

  /// Where the 1 of a category is.
  enum Place {
    case feature(Int)
    case none
    case error
  }

  func place(of name: String) -> Place {
    if let number = categories.number(of: name) { return .feature(number) }
    return switch unknown {
    case .error: .error
    case .zeros: .none
    case .ownFeature: .feature(categories.count)
    }
  }

  /// The names of the features: `column=category`, and `column=other`.
  func featureNames(_ column: String) -> [String] {
    categories.classes.map { "\(column)=\($0)" }
      + (unknown == .ownFeature ? ["\(column)=other"] : [])
  }
}
