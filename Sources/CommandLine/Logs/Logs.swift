import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin logs`: prints the log of a replica.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the log of a replica, byte by byte as it was written.",
        discussion: """
            With --follow it goes on until the replica has ended, also over a restart of the service.
            """
    )

    @Argument(help: ArgumentHelp("The job.", valueName: "cid/partition/id"))
    var job: String

    @Option(
        help: ArgumentHelp(
            "Which replica. (default: the chief or master, else worker-0, else the first)",
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
                    try await LogDownload(client, request.path(tail: tail)).forEach { try StandardOutput.write($0) }
                }
            } catch let error as ServerError {
                guard error.kind == .notFound, try await client.job(key) == nil else { throw error }
                throw await Neighbours(client: client).explainAbsence(error, key)
            }
        }
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
        let name = text.hasPrefix("\(key.id)-") ? String(text.dropFirst(key.id.count + 1)) : text
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, ReplicaType(rawValue: String(parts[0])) != nil,
            parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), Int(parts[1]) != nil
        else {
            throw ServerError(.usage, "\(PlainText.quoted(text)) is no replica; write TYPE-INDEX, worker-0 say")
        }
        return name
    }
}

/// The name of a replica within its run.
enum ReplicaName {
    /// The replica with the most useful log: the chief or master, else the first worker, else the first replica.
    static func first(of job: JobAnswer) -> String? {
        let replicas = job.status.replicas
        let first =
            replicas.first { $0.type == "chief" || $0.type == "master" }
            ?? replicas.first { $0.type == "worker" && $0.index == 0 } ?? replicas.first
        return first.flatMap { $0.type.isEmpty ? nil : $0.name }
    }
}
