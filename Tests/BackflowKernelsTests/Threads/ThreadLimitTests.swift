import BackflowKernels
import Testing

@Suite struct `The limit of threads` {
  private func limit(
    _ environment: [String: String], processors: Int = 8, quota: Int? = nil
  ) -> ThreadLimit {
    ThreadLimit(processors: processors, quota: quota) { environment[$0] }
  }

  @Test func `is the number of processors, or the quota if it is less`() {
    #expect(limit([:]).count == 8)
    #expect(limit([:], quota: 3).count == 3)
    #expect(limit([:], quota: 99).count == 8)
    #expect(limit([:], processors: 0).count == 1)
  }

  @Test(arguments: [
    ("4", 4), ("4,2", 4), (" 4 , 2", 4), ("99", 8), ("", 8), ("0", 8), ("-1", 8), ("many", 8),
    (",4", 8),
  ])
  func `follows the first number of OMP_NUM_THREADS`(text: String, count: Int) {
    let limit = limit(["OMP_NUM_THREADS": text])
    #expect(limit.count == count)
    #expect(limit.complaint == nil)
  }

  @Test(arguments: [("4", 4), ("99", 8), ("", 8), ("0", 8), ("many", 8)])
  func `follows OPENBLAS_NUM_THREADS`(text: String, count: Int) {
    let limit = limit(["OPENBLAS_NUM_THREADS": text])
    #expect(limit.count == count)
    #expect(limit.complaint == nil)
  }

  @Test func `is the minimum of all`() {
    let both = ["OMP_NUM_THREADS": "5", "OPENBLAS_NUM_THREADS": "3"]
    #expect(limit(both).count == 3)
    #expect(limit(both, quota: 2).count == 2)
    #expect(limit(both, processors: 1).count == 1)
  }

  @Test func `is overridden by BACKFLOW_NUM_THREADS`() {
    let all = [
      "OMP_NUM_THREADS": "5", "OPENBLAS_NUM_THREADS": "3", "BACKFLOW_NUM_THREADS": " 12 ",
    ]
    #expect(limit(all, quota: 2) == limit(["BACKFLOW_NUM_THREADS": "12"]))
    #expect(limit(all).count == 12)
    #expect(limit(all).complaint == nil)
  }

  @Test(arguments: ["0", "-3", "many", "4,2", "2.5", "99999999999999999999", "4\n5"])
  func `reports an invalid BACKFLOW_NUM_THREADS, and uses the others`(text: String) throws {
    let limit = limit(["BACKFLOW_NUM_THREADS": text, "OMP_NUM_THREADS": "1"])
    #expect(limit.count == 1)
    let complaint = try #require(limit.complaint)
    #expect(
      complaint == "BACKFLOW_NUM_THREADS is \(text.debugDescription), but must be a positive"
        + " integer; using 1 thread")
    #expect(!complaint.contains("\n"))
  }

  @Test func `ignores an empty BACKFLOW_NUM_THREADS`() {
    for text in ["", " "] {
      #expect(limit(["BACKFLOW_NUM_THREADS": text]) == limit([:]))
    }
  }

  @Test func `quotes at most a hundred characters`() throws {
    let text = String(repeating: "x", count: 10_000)
    let complaint = try #require(limit(["BACKFLOW_NUM_THREADS": text]).complaint)
    #expect(complaint.count < 250)
  }
}

@Suite struct `A rejected BACKFLOW_ISA` {
  private let known = ["portable", "x86-64-v3", "x86-64-v4"]

  @Test func `is reported with the valid values`() {
    #expect(
      InstructionSetRequest.complaint(of: "AVX2\n", known: known, used: "x86-64-v4")
        == #"BACKFLOW_ISA is "AVX2\n", but must be one of portable, x86-64-v3, x86-64-v4;"#
        + " using x86-64-v4")
  }

  @Test func `is reported if the processor does not support it`() {
    #expect(
      InstructionSetRequest.complaint(of: "x86-64-v4", known: known, used: "x86-64-v3")
        == "BACKFLOW_ISA is x86-64-v4, which this processor does not support;"
        + " using x86-64-v3")
  }
}
