import Backflow
import Foundation

// Measures the opening and reading of a safetensors file of 1 GB, beside `cat FILE > /dev/null`.
//
// Usage: checkpoint-speed DIRECTORY
// The directory gets the file, which is removed at the end.

/// A value in the status of this process, in MiB.
func memory(_ name: String) throws -> Double {
  let lines = try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(
    separator: "\n")
  let line = lines.first { $0.hasPrefix(name + ":") } ?? ""
  return line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }.first.map {
    $0 / 1024
  }
    ?? .nan
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  let time = try clock.measure(body)
  return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
}

func milliseconds(_ seconds: Double) -> String { String(format: "%.2f ms", 1e3 * seconds) }

/// Runs `cat path > /dev/null` and returns the time without that of starting a process.
func timeOfCat(_ path: String) throws -> Double {
  func run(_ file: String) throws -> Double {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/cat")
    process.arguments = [file]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/null")
    return try seconds {
      try process.run()
      process.waitUntilExit()
    }
  }
  let start = try run("/dev/null")
  return try run(path) - start
}

@main struct CheckpointSpeed {
  static func main() throws {
    let directory = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "."
    let path = directory + "/speed.safetensors"
    // 63 tensors of 16 MiB and one of 4 KiB.
    var random = RandomSource(seed: 1)
    var checkpoint = Checkpoint()
    let large: Tensor<Float> = random.normal([2048, 2048])
    for index in 0..<63 { checkpoint["large.\(index)"] = StoredTensor(large) }
    let small: Tensor<Float> = random.normal([1024])
    checkpoint["small"] = StoredTensor(small)
    let writing = try seconds { try checkpoint.write(to: path) }
    print("written: \(milliseconds(writing))")
    checkpoint = Checkpoint()

    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    let before = try memory("VmRSS")
    var found: Tensor<Float>?
    let opening = try seconds {
      found = try Checkpoint(contentsOf: path)["small"]?.values()
    }
    print("opened, and a tensor of 4 KiB read: \(milliseconds(opening))")
    print(String(format: "memory for it: %.1f MiB", try memory("VmHWM") - before))
    precondition(found == small)

    var ratios: [Double] = []
    for _ in 0..<5 {
      let cat = try timeOfCat(path)
      var count = 0
      let reading = try seconds {
        for tensor in try Checkpoint(contentsOf: path).tensors.values {
          count += try tensor.values(as: Float.self).count
        }
      }
      precondition(count == 63 * large.count + small.count)
      ratios.append(reading / cat)
      print("all read: \(milliseconds(reading)), cat: \(milliseconds(cat))")
    }
    print(String(format: "ratio: median %.2f", ratios.sorted()[2]))
    try FileManager.default.removeItem(atPath: path)
  }
}
