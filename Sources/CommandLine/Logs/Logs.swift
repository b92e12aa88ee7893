import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin logs`: prints the log of a replica.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the log of a replica, byte by byte as it was written.",
        discussion: """
            With --follow it goes on until the replica has ended, also over a restart of the service. A job that has not
            started has no log: then the reason is printed to standard error, and the exit code is 1.
            """
    )

    @Argument(help: ArgumentHelp("The job.", valueName: "cid/partition/id"))
    var job: String

    @Option(
        help: ArgumentHelp(
            "Which replica. (default: the one that failed, else the chief or master, else worker-0)",
            valueName: "type-index"
        )
    )
    var replica: String?

    @Option(help: ArgumentHelp("Which run, from 1. (default: the newest)", valueName: "n"))
    var run: Int?

    @Option(help: ArgumentHelp("Only so many lines at the end.", valueName: "n"))
    var tail: Int?

    @Flag(help: "Go on as more is written, until the replica has ended.")
    var follow = false

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if let run, run < 1 {
            throw ValidationError("--run \(run): runs are counted from 1")
        }
        if let tail, tail < 0 {
            throw ValidationError("--tail \(tail): write 0 lines or more")
        }
    }

    func run() async throws {
        try await ServerError.reportingErrors {
            let client = try server.client()
            let key = try JobKey(argument: job)
            let replica = try replica.map { name throws(ServerError) in try ReplicaName.parse(name, of: key) }
            let request = LogRequest(key: key, replica: replica, run: run)
            do {
                if follow {
                    var follow = LogFollow(client, request) { try StandardOutput.write($0) }
                    try await follow.run(tail: tail)
                } else {
                    try await printLog(request, client)
                }
            } catch let error as ServerError {
                guard error.kind == .notFound else { throw error }
                guard let job = try await client.job(key) else {
                    throw await Neighbours(client: client).explainAbsence(error, key)
                }
                throw LogNote(job, run: request.run).explainAbsence(error)
            }
        }
    }

    private func printLog(_ request: LogRequest, _ client: ServerClient) async throws {
        let log = try await LogDownload(client, request.path(tail: tail))
        let job = try await client.job(request.key)
        let note = job.map { LogNote($0, run: request.run ?? log.run) }
        if request.run == nil, let job, let run = log.run, run < job.status.run {
            let newest = LogNote(job, run: nil)
            StandardError.writeMessage(
                "this is run \(run); \(newest.reasonNotStarted ?? "run \(job.status.run) has no log")"
            )
        }
        if request.replica == nil, let replica = log.replica {
            note?.showReplica(replica)
        }
        var isEmpty = true
        try await log.forEach { data in
            isEmpty = false
            try StandardOutput.write(data)
        }
        guard tail != 0, isEmpty || log.start < 0, let reason = note?.reasonNotStarted else { return }
        StandardError.writeMessage(reason)
        if isEmpty { throw ExitCode.failure }
    }
}

/// What `logs` says beside a log, on standard error.
struct LogNote {
    private let job: JobAnswer
    /// Whether the log is of the newest run.
    private let isNewest: Bool

    /// - Parameter run: the number of the run. Nil: the newest.
    init(_ job: JobAnswer, run: Int?) {
        self.job = job
        isNewest = run == nil || run == job.status.run
    }

    /// Names the replica that was not asked for by name, and the others.
    func showReplica(_ replica: String) {
        guard isNewest, job.status.replicas.count > 1 else { return }
        let others = job.status.replicas.map(\.name).filter { $0 != replica }
        let names = others.prefix(10).joined(separator: ", ") + (others.count > 10 ? ", …" : "")
        let state = job.status.replicas.first { $0.name == replica }?.status == "Failed" ? ", which failed" : ""
        StandardError.writeMessage("this is \(replica)\(state); --replica shows another: \(names)")
    }

    /// Why the newest run has not printed anything. Nil: one of its replicas has started.
    var reasonNotStarted: String? {
        guard isNewest, job.status.replicas.allSatisfy({ $0.startTime == nil }) else { return nil }
        let reason = StatusTable.message(job.status)
        return "\(job.key) has not started: it is \(job.status.phase)" + (reason.isEmpty ? "" : ": \(reason)")
    }

    /// Adds the reason to the error that there is no log.
    func explainAbsence(_ error: ServerError) -> ServerError {
        guard let reason = reasonNotStarted else { return error }
        return ServerError(error.kind, reason)
    }
}

/// Selects the log of a replica.
struct LogRequest: Sendable {
    let key: JobKey
    /// The name of the replica, for example `worker-0`. Nil: the service selects the first one.
    var replica: String?
    /// The number of the run. Nil: the newest.
    var run: Int?

    /// Returns the path of the log on the service, with the query.
    ///
    /// - Parameters:
    ///   - tail: the number of lines at the end. Nil: all.
    ///   - follow: whether the answer continues until the replica has ended.
    func path(tail: Int? = nil, follow: Bool = false) -> String {
        let query = [
            replica.map { "replica=\(PathSegment.escaped($0))" }, run.map { "run=\($0)" }, tail.map { "tail=\($0)" },
            follow ? "follow=true" : nil,
        ].compactMap(\.self)
        return APIPath.job(key) + "/logs" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }
}

extension ReplicaName {
    /// Parses `TYPE-INDEX`, or `ID-TYPE-INDEX` as in the output of `status`.
    ///
    /// - Throws: ``ServerError`` of the kind `usage`.
    static func parse(_ text: String, of key: JobKey) throws(ServerError) -> String {
        // A job may have the id of a type of replicas: `ps-0` is a replica of the job `ps`.
        let short = text.hasPrefix("\(key.id)-") ? String(text.dropFirst(key.id.count + 1)) : text
        guard let name = [text, short].first(where: isName) else {
            throw ServerError(.usage, "\(PlainText.quoted(text)) is no replica; write TYPE-INDEX, for example worker-0")
        }
        return name
    }
}

/// The name of a replica within its run.
enum ReplicaName {
    private static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && ReplicaType(rawValue: String(parts[0])) != nil
            && parts[1].allSatisfy { $0.isASCII && $0.isNumber } && Int(parts[1]) != nil
    }

    /// The replica with the most useful log: the chief or master, else the first worker, else the first replica.
    static func first(of job: JobAnswer) -> String? {
        let replicas = job.status.replicas
        let first =
            replicas.first { $0.type == "chief" || $0.type == "master" }
            ?? replicas.first { $0.type == "worker" && $0.index == 0 } ?? replicas.first
        return first.flatMap { $0.type.isEmpty ? nil : $0.name }
    }
}
