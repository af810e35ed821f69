/// The number of threads to begin with, from what the environment and the machine allow.
package struct ThreadLimit: Equatable {
  /// At least 1.
  package let count: Int
  /// What is wrong with the environment, in a sentence.
  package let complaint: String?

  /// `BACKFLOW_NUM_THREADS`, or else the least of the processors, the quota, `OMP_NUM_THREADS` (the
  /// first of a list) and `OPENBLAS_NUM_THREADS`. An empty variable counts as one that is not set. So
  /// does a value of the last two that is not a number of at least 1: they belong to other libraries.
  package init(processors: Int, quota: Int?, environment: (String) -> String?) {
    func value(_ name: String) -> String? {
      environment(name).flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }
    func positive(_ text: some StringProtocol) -> Int? {
      wholeNumber(in: text).flatMap { $0 >= 1 ? $0 : nil }
    }
    let name = "BACKFLOW_NUM_THREADS"
    if let count = value(name).flatMap({ positive($0) }) {
      (self.count, complaint) = (count, nil)
      return
    }
    let limits = [
      processors, quota, value("OPENBLAS_NUM_THREADS").flatMap { positive($0) },
      value("OMP_NUM_THREADS").flatMap { positive($0.prefix { $0 != "," }) },
    ]
    let count = max(1, limits.compactMap(\.self).min() ?? 1)
    self.count = count
    complaint = value(name).map {
      "\(name) is \(quoted($0)), which is not a whole number of at least 1;"
        + " using \(count) \(count == 1 ? "thread" : "threads")"
    }
  }
}
