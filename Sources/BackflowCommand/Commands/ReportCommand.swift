internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import BackflowFiles

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write the report of a run: one page that needs no network.",
    discussion: """
      EXAMPLES
        backflow report runs/book
        backflow report runs/book --output book.html --figures figures
      """)

  @Argument(
    help: ArgumentHelp("A run of `backflow train`.", valueName: "run"), completion: .directory)
  var path: String

  @Option(
    help: ArgumentHelp(
      "The page to write. (default: report.html in the run)", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A directory for the figures, one .svg file each. It is created if necessary.",
      valueName: "directory"), completion: .directory)
  var figures: String?

  func run() throws {
    do {
      let saved = try SavedRun(path)
      let (html, drawn) = try saved.report().documents
      let page = output ?? saved.folder.reportPath
      try write(html, to: page)
      say(page)
      if let figures {
        try makeFolder(figures)
        for figure in drawn { try write(figure.svg, to: joined(figures, figure.name)) }
        say("figures: \(figures) (\(drawn.count) files)")
      }
    } catch {
      throw failure(error)
    }
  }
}
