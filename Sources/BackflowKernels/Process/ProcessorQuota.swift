/// The share of the machine's processors that Linux's control groups grant to this process, which is
/// how a container is limited.
package enum ProcessorQuota {
  /// The number of processors whose time the process may use, rounded up, at least 1; `nil` if
  /// nothing limits it. The least of its group's quota and of those of all groups around it.
  ///
  /// - Parameter root: What stands before `/proc` and `/sys`; empty but in tests.
  package static func processors(root: String = "") -> Int? {
    let groups = textOfSmallFile(root + "/proc/self/cgroup") ?? ""
    return groups.split(separator: "\n").compactMap { least(of: $0, root: root) }.min()
  }

  /// The least quota of one line of `/proc/self/cgroup`: hierarchy, controllers and path, with colons
  /// between them. Version 2 has one hierarchy, 0, and names no controllers.
  private static func least(of line: Substring, root: String) -> Int? {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return nil }
    let (controllers, path) = (fields[1], fields[2])
    let mount = root + "/sys/fs/cgroup"
    if fields[0] == "0", controllers.isEmpty {
      return least(from: path, in: [mount, mount + "/unified"], quota(ofVersion2:))
    }
    if controllers.split(separator: ",").contains("cpu") {
      return least(from: path, in: ["\(mount)/\(controllers)", mount + "/cpu"], quota(ofVersion1:))
    }
    return nil
  }

  /// The least quota of the group at `path` and of those above it. A group that is not there, because
  /// a container sees its own group as the root, has none.
  private static func least(
    from path: Substring, in mounts: [String], _ quota: (_ folder: String) -> Int?
  ) -> Int? {
    var names = path.split(separator: "/")
    // A group outside of what this process may see.
    if names.contains("..") { names = [] }
    let folders = (0...names.count).map { names.prefix($0).map { "/" + $0 }.joined() }
    return mounts.flatMap { mount in folders.compactMap { quota(mount + $0) } }.min()
  }

  /// `cpu.max` holds "quota period" in microseconds, or "max period".
  private static func quota(ofVersion2 folder: String) -> Int? {
    let fields = (textOfSmallFile(folder + "/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
    return fields.count == 2 ? processors(quota: Int(fields[0]), period: Int(fields[1])) : nil
  }

  /// A quota of −1 is none.
  private static func quota(ofVersion1 folder: String) -> Int? {
    func number(_ name: String) -> Int? {
      textOfSmallFile(folder + "/" + name).flatMap { wholeNumber(in: $0) }
    }
    return processors(quota: number("cpu.cfs_quota_us"), period: number("cpu.cfs_period_us"))
  }

  private static func processors(quota: Int?, period: Int?) -> Int? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    let (whole, rest) = quota.quotientAndRemainder(dividingBy: period)
    return whole + (rest > 0 ? 1 : 0)
  }
}

/// The whole number that `text` is, with white space around it allowed.
func wholeNumber(in text: some StringProtocol) -> Int? {
  let words = text.split(whereSeparator: \.isWhitespace)
  return words.count == 1 ? Int(words[0]) : nil
}
