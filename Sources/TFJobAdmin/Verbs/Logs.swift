import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin logs`: what a replica printed.
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
        try await ServerError.ending {
            let client = try server.client()
            let key = try JobKey(argument: job)
            let replica = try replica.map { name throws(ServerError) in try ReplicaName.read(name, of: key) }
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
                throw await Neighbours(client: client).explain(error, key)
            }
        }
    }
}
