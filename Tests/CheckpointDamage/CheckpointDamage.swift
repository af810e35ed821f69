import Backflow
import Foundation

// Reads every fixture of a checkpoint damaged in every byte: cut before it, and with it set to 0,
// set to 255 and inverted. A typed error that names the file is expected, or a checkpoint whose
// tensors can be read or give such an error. A trap ends the program with the name of the file.
//
// Usage: checkpoint-damage PATH...
// A path is that of a file, or of a directory whose files in formats of checkpoints are read.

/// The largest tensor that is read. A damaged shape may be that of a larger one.
let largestTensor = 1 << 22

struct Outcome {
  var errors = 0
  var readings = 0
  var problems: [String] = []

  static func + (left: Outcome, right: Outcome) -> Outcome {
    Outcome(
      errors: left.errors + right.errors, readings: left.readings + right.readings,
      problems: left.problems + right.problems)
  }
}

func read(_ bytes: [UInt8], _ name: String, _ outcome: inout Outcome) {
  func note(_ error: CheckpointError) {
    outcome.errors += 1
    if error.file != name || error.problem.isEmpty {
      outcome.problems.append("\(name): an error does not name the file: \(error)")
    }
  }
  do throws(CheckpointError) {
    let checkpoint = try Checkpoint(bytes: bytes, name: name)
    for tensor in checkpoint.tensors.values where tensor.byteCount <= largestTensor {
      do throws(CheckpointError) { _ = try tensor.elements() } catch { note(error) }
    }
    outcome.readings += 1
  } catch {
    note(error)
  }
}

/// Damages the bytes whose index has this remainder.
func damage(_ file: [UInt8], _ name: String, remainder: Int, of count: Int) -> Outcome {
  var outcome = Outcome()
  for index in stride(from: remainder, to: file.count, by: count) {
    read(Array(file[..<index]), name, &outcome)
    for byte in Set([0, 255, ~file[index]]) where byte != file[index] {
      var damaged = file
      damaged[index] = byte
      read(damaged, name, &outcome)
    }
  }
  return outcome
}

@main struct CheckpointDamage {
  static func main() async throws {
    let extensions: Set = ["npy", "npz", "safetensors", "pt", "pth", "tar", "ckpt", "ptl", "pkl"]
    var total = Outcome()
    var files = 0
    for argument in CommandLine.arguments.dropFirst() {
      let names = FileManager.default.enumerator(atPath: argument)?.compactMap { $0 as? String }
      let paths = (names ?? []).isEmpty ? [argument] : (names ?? []).map { argument + "/" + $0 }
      for path in paths.sorted()
      where extensions.contains(URL(fileURLWithPath: path).pathExtension) {
        let file = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        let workers = Threads.count
        let outcome = await withTaskGroup(of: Outcome.self) { group in
          for worker in 0..<workers {
            group.addTask { damage(file, path, remainder: worker, of: workers) }
          }
          var sum = Outcome()
          for await part in group { sum = sum + part }
          return sum
        }
        total = total + outcome
        files += 1
      }
    }
    print(
      "damaged checkpoints: \(files) files, \(total.errors) errors, \(total.readings) readable")
    for problem in total.problems.prefix(10) { print(problem) }
    if files == 0 || total.errors == 0 || !total.problems.isEmpty { exit(1) }
  }
}
