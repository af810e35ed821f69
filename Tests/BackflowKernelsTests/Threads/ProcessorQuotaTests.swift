import BackflowKernels
import Foundation
import Testing

@Suite struct `The quota of processors` {
  /// The quota in a file system with these files.
  private func quota(_ files: [String: String]) throws -> Int? {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return ProcessorQuota.processors(root: root.path)
  }

  @Test func `is nil without control groups`() throws {
    #expect(try quota([:]) == nil)
    #expect(try quota(["proc/self/cgroup": "0::/\n"]) == nil)
    #expect(try quota(["proc/self/cgroup": "nonsense"]) == nil)
  }

  @Test(
    arguments: [
      ("200000 100000\n", 2), ("150000 100000\n", 2), ("50000 100000\n", 1), ("1 1000000\n", 1),
      ("250001 50000", 6), ("max 100000\n", nil), ("", nil), ("many 100000", nil), ("5 0", nil),
      ("100000", nil), ("-1 100000", nil),
    ] as [(String, Int?)])
  func `of version 2 is rounded up`(text: String, expected: Int?) throws {
    let found = try quota([
      "proc/self/cgroup": "0::/app/worker\n", "sys/fs/cgroup/app/worker/cpu.max": text,
    ])
    #expect(found == expected)
  }

  @Test(
    arguments: [
      ("200000\n", "100000\n", 2), ("150000\n", "100000\n", 2), ("50000\n", "100000\n", 1),
      ("-1\n", "100000\n", nil), ("", "100000\n", nil), ("200000\n", "", nil),
    ] as [(String, String, Int?)])
  func `of version 1 is rounded up`(quota text: String, period: String, expected: Int?) throws {
    for mount in ["cpu", "cpu,cpuacct"] {
      let found = try quota([
        "proc/self/cgroup": "7:memory:/box\n3:cpu,cpuacct:/box\n0::/\n",
        "sys/fs/cgroup/\(mount)/box/cpu.cfs_quota_us": text,
        "sys/fs/cgroup/\(mount)/box/cpu.cfs_period_us": period,
        // The limit of another group.
        "sys/fs/cgroup/\(mount)/other/cpu.cfs_quota_us": "1000",
        "sys/fs/cgroup/\(mount)/other/cpu.cfs_period_us": "1000",
      ])
      #expect(found == expected, "\(mount)")
    }
  }

  @Test func `is the minimum up to the root`() throws {
    var files = [
      "proc/self/cgroup": "0::/a/b/c\n", "sys/fs/cgroup/a/cpu.max": "300000 100000",
      "sys/fs/cgroup/a/b/cpu.max": "max 100000", "sys/fs/cgroup/a/b/c/cpu.max": "700000 100000",
    ]
    #expect(try quota(files) == 3)
    files["sys/fs/cgroup/cpu.max"] = "200000 100000"
    #expect(try quota(files) == 2)
    files["sys/fs/cgroup/a/b/c/cpu.max"] = "10000 100000"
    #expect(try quota(files) == 1)
  }

  @Test(arguments: ["/docker/4f5e", "/../..", "/../box", "/"])
  func `of a container is at its visible root`(path: String) throws {
    let found = try quota([
      "proc/self/cgroup": "0::\(path)\n", "sys/fs/cgroup/cpu.max": "200000 100000\n",
    ])
    #expect(found == 2)
  }

  @Test func `of a hybrid of both versions is that of version 1`() throws {
    let found = try quota([
      "proc/self/cgroup": "1:cpu:/\n0::/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000", "sys/fs/cgroup/unified/cgroup.procs": "1",
    ])
    #expect(found == 2)
  }
}
