internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import BackflowLessons

struct LessonCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lesson",
    abstract: "Watch backpropagation leak, and mend it.",
    discussion: """
      NAME is one of the lessons, or `all`:

      \(Lesson.allCases.map { "  \($0.rawValue): \($0.message)" }.joined(separator: "\n"))

      Each lesson trains small networks in this process and tells the failure, what the health \
      monitor says of it, and the cure, with the numbers. The same seed and number of threads give \
      the same numbers on processors with the same instruction set.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Argument(help: ArgumentHelp("The lesson, or `all`.", valueName: "name"))
  var selection: LessonSelection

  @Option(help: "The form of the report. JSON of `all` is an array.")
  var format = Format.text

  @Option(
    help: ArgumentHelp(
      "A directory for the figures, one .svg file each. It is made if it is not there.",
      valueName: "directory"))
  var figures: String?

  @Option(parsing: .unconditional, help: "Seed of all that is drawn.")
  var seed: UInt64 = 1

  @Option(help: "Threads. (default: BACKFLOW_NUM_THREADS, or the processors that it may use)")
  var threads: Int?

  func validate() throws {
    try checkThreads(threads)
    if let figures, figures.isEmpty { throw ValidationError("--figures needs a directory.") }
  }

  func run() throws {
    if let threads { Threads.count = threads }
    do {
      // Better now than after the lessons.
      if let figures { try makeFolder(figures) }
      var reports: [LessonReport] = []
      for lesson in selection.lessons {
        let report = try lesson.run(seed: seed)
        let path = try figures.map { try write(report, in: $0) }
        reports.append(report)
        if format == .text { say(text(report, figure: path, isFirst: reports.count == 1)) }
      }
      if format == .json {
        say(selection.isAll ? try json(reports) : try json(reports[0]))
      }
    } catch {
      throw failure(error)
    }
  }

  /// Writes the figure of a lesson and returns where.
  private func write(_ report: LessonReport, in folder: String) throws -> String {
    let separator = folder.hasSuffix("/") ? "" : "/"
    let path = folder + separator + report.lesson.rawValue + ".svg"
    try BackflowCommand.write(report.figure, to: path)
    return path
  }

  private func text(_ report: LessonReport, figure: String?, isFirst: Bool) -> String {
    (isFirst ? "" : "\n") + "\(report)\n"
      + (figure.map { "\nfigure: \($0)" } ?? "\n(--figures DIR draws it)")
  }
}

/// One lesson by its name, or all of them.
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
