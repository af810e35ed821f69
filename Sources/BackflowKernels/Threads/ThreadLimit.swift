/// The initial number of threads, from the environment and the machine.
package struct ThreadLimit: Equatable {
  /// The number of threads, at least 1.
  package let count: Int
  /// The problem with the environment, as a sentence.
  package let complaint: String?

  /// Determines the number of threads: `BACKFLOW_NUM_THREADS` or, without it, the minimum of the
  /// processors, the quota, `OMP_NUM_THREADS` (the first number of a list), and
  /// `OPENBLAS_NUM_THREADS`. An empty variable counts as unset, as does a value of the latter two
  /// that is not a positive integer, since they belong to other libraries.
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
      "\(name) is \(quoted($0)), but must be a positive integer;"
        + " using \(count) \(count == 1 ? "thread" : "threads")"
    }
  }
}
