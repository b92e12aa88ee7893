import Foundation
import Hummingbird
import Jobs
import Journal
import NIOCore
import ServiceLifecycle

/// What a replica printed.
struct LogRoutes {
    let journal: JournalReader
    let logs: any LogSource
    let streams: StreamLimit

    /// A log, or its last lines; followed, until the replica has ended or the reader's token has.
    ///
    /// The headers `Tfjob-Run` and `Tfjob-Replica` say whose log it is, where the query did not.
    func log(_ request: Request, _ key: JobKey, client: StreamClient) async throws -> Response {
        let query = try LogQuery(request.uri.query)
        do {
            let runs = try await logs.loggedRuns(of: key)
            let run = try await find(query.run, of: key, in: runs)
            let replica = try query.replica(of: run, job: key)
            let id = RunID(key: key, number: run.number)
            // A log that is not asked for is not opened.
            let extent = request.method == .head ? LogExtent(tail: 0) : query.extent
            guard let log = try await logs.log(of: id, replica: replica, extent) else {
                throw Problem.notFound("nothing is kept of what \(replica) of run \(run.number) of \(key) printed")
            }
            var response = try extent.isFollowed ? follow(log, request, client: client) : Self.response(log)
            response.headers.set("Tfjob-Run", to: String(run.number))
            response.headers.set("Tfjob-Replica", to: replica)
            return response
        } catch let error as BackendError {
            throw Problem.serviceUnavailable(error.message)
        }
    }

    private func find(_ number: Int?, of key: JobKey, in runs: [LoggedRun]) async throws -> LoggedRun {
        guard let newest = runs.last else {
            throw Problem.notFound(
                try await journal.job(key) == nil
                    ? "there is no job \(key), and no log of one that was"
                    : "nothing of \(key) has run yet, so there is no log"
            )
        }
        guard let number else { return newest }
        guard let run = runs.first(where: { $0.number == number }) else {
            let kept = runs.suffix(20).map { String($0.number) }.joined(separator: ", ")
            throw Problem.notFound("there is no run \(number) of \(key) whose logs are kept; there are: \(kept)")
        }
        return run
    }

    private func follow(_ log: LogStream, _ request: Request, client: StreamClient) throws -> Response {
        let place = try streams.place(for: client)
        return Response(streaming: Self.type, to: request, holding: place) { writer in
            for try await bytes in log.ending(at: client.end).cancelOnGracefulShutdown() {
                try await writer.write(ByteBuffer(bytes: bytes))
            }
        }
    }

    private static func response(_ log: LogStream) -> Response {
        var response = Response(document: Data(), type: type)
        response.body = ResponseBody { writer in
            for try await bytes in log {
                try await writer.write(ByteBuffer(bytes: bytes))
            }
            try await writer.finish(nil)
        }
        return response
    }

    private static let type = "text/plain; charset=utf-8"
}
