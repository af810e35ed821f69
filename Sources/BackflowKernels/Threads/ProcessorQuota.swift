/// The processor quota of this process in Linux's control groups, which limit containers.
package enum ProcessorQuota {
  /// Returns the number of processors whose time the process may use, rounded up and at least 1, or
  /// `nil` without a limit. It is the minimum of the quotas of its control group and all enclosing
  /// groups.
  ///
  /// - Parameter root: The prefix of `/proc` and `/sys`, which is empty except in tests.
  package static func processors(root: String = "") -> Int? {
    let groups = textOfSmallFile(root + "/proc/self/cgroup") ?? ""
    return groups.split(separator: "\n").compactMap { least(of: $0, root: root) }.min()
  }

  /// Returns the smallest quota for a line of `/proc/self/cgroup`: a hierarchy, controllers, and a
  /// path, separated by colons. Version 2 has only the hierarchy 0 and lists no controllers.
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

  /// Returns the smallest quota of the group at `path` and its enclosing groups. A group that is
  /// not visible, because a container sees its own group as the root, has no quota.
  private static func least(
    from path: Substring, in mounts: [String], _ quota: (_ folder: String) -> Int?
  ) -> Int? {
    var names = path.split(separator: "/")
    // A group outside the view of this process.
    if names.contains("..") { names = [] }
    let folders = (0...names.count).map { names.prefix($0).map { "/" + $0 }.joined() }
    return mounts.flatMap { mount in folders.compactMap { quota(mount + $0) } }.min()
  }

  /// Returns the quota in `cpu.max`: "quota period" in microseconds, or "max period".
  private static func quota(ofVersion2 folder: String) -> Int? {
    let fields = (textOfSmallFile(folder + "/cpu.max") ?? "").split(whereSeparator: \.isWhitespace)
    return fields.count == 2 ? processors(quota: Int(fields[0]), period: Int(fields[1])) : nil
  }

  /// Returns the quota of version 1, where −1 means no quota.
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

/// Returns `text` as an integer, with optional surrounding white space.
func wholeNumber(in text: some StringProtocol) -> Int? {
  let words = text.split(whereSeparator: \.isWhitespace)
  return words.count == 1 ? Int(words[0]) : nil
}
