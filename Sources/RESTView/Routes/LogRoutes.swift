import Foundation
import Hummingbird
import Jobs
import Journal
import NIOCore
import ServiceLifecycle

/// Answers with what a replica printed.
struct LogRoutes {
    let journal: JournalReader
    let logs: any LogSource
    let streams: StreamLimit

    /// A log, or its last lines. A followed log ends with its replica or with the reader's token.
    ///
    /// The headers `Tfjob-Run` and `Tfjob-Replica` name the run and the replica, which the query may omit.
    /// `Tfjob-Log-Start` is the number of bytes that the replica printed before the first one of the answer. It
    /// is negative if the answer begins with the log of an installation.
    func showLog(_ call: Call) async throws -> Response {
        let key = call.parameters.key
        let query = try LogQuery(call.request.uri.query)
        do {
            let runs = try await logs.loggedRuns(of: key)
            let run = try await findRun(query.run, of: key, in: runs)
            let id = RunID(key: key, number: run.number)
            let replica = try query.replica(of: run, job: key, failed: await journal.runRecord(id)?.failedReplica)
            // HEAD needs no line of the log.
            let extent = call.request.method == .head ? LogExtent(tail: 0) : query.extent
            guard let log = try await logs.log(of: id, replica: replica, extent) else {
                throw Problem.notFound("nothing is kept of what \(replica) of run \(run.number) of \(key) printed")
            }
            var response = try extent.isFollowed ? follow(log.bytes, call) : Self.response(log.bytes)
            response.headers.set("Tfjob-Run", to: String(run.number))
            response.headers.set("Tfjob-Replica", to: replica)
            response.headers.set("Tfjob-Log-Start", to: String(log.start))
            return response
        } catch let error as BackendError {
            throw Problem.serviceUnavailable(error.message)
        }
    }

    private func findRun(_ number: Int?, of key: JobKey, in runs: [LoggedRun]) async throws -> LoggedRun {
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

    private func follow(_ log: LogStream, _ call: Call) throws -> Response {
        let place = try streams.takePlace(for: call.client)
        return Response(streaming: Self.type, to: call.request, holding: place) { writer in
            for try await bytes in log.ending(at: call.client.end).cancelOnGracefulShutdown() {
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

struct LogQuery {
    /// Nil: the newest run.
    let run: Int?
    let extent: LogExtent
    /// The replica as the client named it. Nil: the failed one, else the one that decides about the run.
    private let replica: String?

    /// Parses a query.
    ///
    /// - Throws: ``Problem`` with 400. It names the parameter, the wrong value, and the allowed values.
    init(_ query: String?) throws(Problem) {
        let given = try QueryParameters(query, known: ["replica", "run", "tail", "follow"])
        replica = given.text("replica")
        run = try given.number("run", in: 1...Int(Int32.max))
        extent = LogExtent(tail: try given.number("tail", in: 0...Int(Int32.max)), isFollowed: try given.flag("follow"))
    }

    /// The replica's name within its run, such as `worker-0`. The query may also have `<id>-worker-0`, as jobs show it.
    ///
    /// - Parameter failed: the replica that failed the run, if one did.
    func replica(of run: LoggedRun, job: JobKey, failed: String?) throws(Problem) -> String {
        guard let replica else {
            if let failed, run.replicas.contains(failed) { return failed }
            guard let leader = run.leader else { throw .notFound("run \(run.number) of \(job) has no replica") }
            return leader
        }
        let prefix = "\(job.id)-"
        let short = replica.hasPrefix(prefix) ? String(replica.dropFirst(prefix.count)) : nil
        for name in [replica, short] {
            if let name, run.replicas.contains(name) { return name }
        }
        let known = run.replicas.prefix(20).joined(separator: ", ")
        throw .notFound(
            "run \(run.number) of \(job) has no replica \(replica.quoted); it has \(known)\(run.replicas.count > 20 ? ", …" : "")"
        )
    }
}
