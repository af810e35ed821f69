internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import BackflowLessons

struct LessonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesson",
    abstract: "Demonstrate failures of backpropagation and their fixes.",
    discussion: """
      NAME is one of the lessons, or `all`:

      \(Lesson.allCases.map { "  \($0.rawValue): \($0.message)" }.joined(separator: "\n"))

      Each lesson trains small networks in this process and reports what holds on every machine, the \
      failure, the findings of the health monitor, and the cure. The same seed and number of threads \
      give the same numbers on processors with the same instruction set.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Argument(help: ArgumentHelp("The lesson, or `all`.", valueName: "name"))
  var selection: LessonSelection

  @Option(help: "The format of the report. The JSON of `all` is an array.")
  var format = Format.text

  @Option(
    help: ArgumentHelp(
      "A directory for the figures, one .svg file each. It is created if necessary.",
      valueName: "directory"))
  var figures: String?

  @Option(parsing: .unconditional, help: "The seed of all random numbers.")
  var seed: UInt64 = 1

  @Option(
    help: "The number of threads. (default: BACKFLOW_NUM_THREADS, or the available processors)")
  var threads: Int?

  func validate() throws {
    try checkThreads(threads)
    if let figures, figures.isEmpty {
      throw ValidationError("--figures must be the name of a directory.")
    }
  }

  func run() throws {
    if let threads { Threads.count = threads }
    do {
      // Errors are reported before the lessons rather than after them.
      if let figures { try makeFolder(figures) }
      var reports: [LessonReport] = []
      for lesson in selection.lessons {
        let report = try lesson.run(seed: seed)
        let paths = try figures.map { try write(report, in: $0) }
        reports.append(report)
        if format == .text { say(text(report, figures: paths, isFirst: reports.count == 1)) }
      }
      if format == .json {
        say(selection.isAll ? try json(reports) : try json(reports[0]))
      }
    } catch {
      throw failure(error)
    }
  }

  /// Writes the figures of a lesson and returns their paths.
  private func write(_ report: LessonReport, in folder: String) throws -> [String] {
    let separator = folder.hasSuffix("/") ? "" : "/"
    return try report.figures.map { figure in
      let path = folder + separator + figure.name + ".svg"
      try BackflowCommand.write(figure.svg, to: path)
      return path
    }
  }

  private func text(_ report: LessonReport, figures: [String]?, isFirst: Bool) -> String {
    let drawn = figures.map { $0.map { "\nfigure: \($0)" }.joined() }
    return (isFirst ? "" : "\n") + "\(report)\n"
      + (drawn ?? "\n(use --figures DIR to draw figures)")
  }
}

/// A lesson by its name, or all lessons.
enum LessonSelection: ExpressibleByArgument {
  case one(Lesson)
  case all

  init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let lesson = Lesson(rawValue: argument) {
      self = .one(lesson)
    } else {
      return nil
    }
  }

  static var allValueStrings: [String] { Lesson.allCases.map(\.rawValue) + ["all"] }

  var lessons: [Lesson] {
    switch self {
    case .one(let lesson): [lesson]
    case .all: Lesson.allCases
    }
  }

  var isAll: Bool {
    if case .all = self { true } else { false }
  }
}
