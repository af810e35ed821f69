import Backflow
import Foundation
import Hummingbird

/// A service that answers with the predictions of a saved network: see README.md.
@main
struct Service {
  /// The largest body that is read.
  private static let bodyLimit = 1 << 20

  static func main() async throws {
    guard (2...3).contains(CommandLine.arguments.count),
      let port = CommandLine.arguments.count == 3 ? Int(CommandLine.arguments[2]) : 8080
    else {
      FileHandle.standardError.write(Data("usage: Service MODEL [PORT]\n".utf8))
      exit(64)
    }
    let predictor = try Predictor(contentsOf: CommandLine.arguments[1])
    let router = Router()
    router.get("health") { _, _ in ["status": "ok"] }
    router.post("predict") { request, _ in
      try predictions(by: predictor, for: try await body(of: request))
    }
    let service = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
    // SIGTERM and SIGINT end it after the requests that it has.
    try await service.runService()
  }

  private static func body(of request: Request) async throws -> ByteBuffer {
    do {
      return try await request.body.collect(upTo: bodyLimit)
    } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
      throw HTTPError(
        .contentTooLarge, message: "the body is larger than \(bodyLimit) bytes")
    }
  }

  private static func predictions(
    by predictor: Predictor, for body: ByteBuffer
  ) throws -> [Predictor.Prediction] {
    do {
      let rows = try JSONDecoder().decode(RequestRows.self, from: Data(body.readableBytesView))
      return try predictor.predictions(for: try rows.table(for: predictor.encoder))
    } catch let problem as RequestRows.Problem {
      throw HTTPError(.badRequest, message: problem.description)
    } catch let error as any BackflowError {
      throw HTTPError(.badRequest, message: RequestRows.reason(error))
    } catch let error as DecodingError {
      throw HTTPError(.badRequest, message: reason(error))
    }
  }

  /// Returns where and why a body is not an array of rows.
  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      return "the body is not JSON"
    case .dataCorrupted(let context):
      return "\(place(context)): \(context.debugDescription)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context):
      return context.codingPath.isEmpty
        ? "expected an array of rows"
        : "\(place(context)): expected an object with a value for each column"
    @unknown default: return "the body is not an array of rows"
    }
  }

  /// Returns the row and the column.
  private static func place(_ context: DecodingError.Context) -> String {
    context.codingPath.map { $0.intValue.map { "row \($0)" } ?? "\"\($0.stringValue)\"" }
      .joined(separator: ", ")
  }
}
