import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin status`: shows the state of jobs.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows jobs: all that you may see, those of a cluster or a partition, or one with its replicas.",
        discussion: """
            Running jobs come first, then those that are about to run, and last those that ended, the newest end first. Jobs that ended \
            over a day ago are only counted, unless --phase, --since or --all asks for them.

            TIME is the time that the run ran; suspended time does not count. COMMIT is the commit whose code runs, and AUTHOR is its \
            author; OWNER, with --format wide, is who added the job file.

            JSON is an array of job objects as GET …/tfjobs/{id} returns them, also for a single job; with --watch, one object a line for \
            each job and then for each change. The format name is one CID/PARTITION/ID a line. Both have all jobs, however long ago they \
            ended.
            """
    )

    @Argument(help: ArgumentHelp("Which jobs. (default: all)", valueName: "cid[/partition[/id]]"))
    var jobs: String?

    @OptionGroup var filter: FilterOptions

    @Option(help: "table, wide, name or json.")
    var format = StatusFormat.table

    @Flag(help: "Go on: in place on a terminal, elsewhere a line for each change.")
    var watch = false

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if watch, format == .name {
            throw ValidationError("--watch does not print names; write --format table, wide or json")
        }
    }

    func run() async throws {
        try await ServerError.reportingErrors {
            let client = try server.client()
            let scope = try JobScope(jobs)
            if case .job(let key) = scope, filter.isSelective {
                throw ServerError(.usage, "\(key) is one job; leave out --phase, --user and --since")
            }
            let filter = try filter.filter(isForPeople: format.isTable)
            let listing = JobListing(client, scope, filter, keepsText: format == .json)
            do {
                if watch {
                    try await StatusWatch(listing: listing, scope: scope, filter: filter, format: format).run()
                } else {
                    try printJobs(try await listing.selection(), scope, filter)
                }
            } catch let error as ServerError {
                guard error.kind == .notFound, case .job(let key) = scope else { throw error }
                throw await Neighbours(client: client).explainAbsence(error, key)
            }
        }
    }

    private func printJobs(_ selection: JobSelection, _ scope: JobScope, _ filter: JobFilter) throws {
        let text = StatusText(scope: scope, filter: filter, isWide: format == .wide, width: Terminal.size?.columns)
        switch format {
        case .json: try StandardOutput.write(JSONOutput.array(selection.jobs.compactMap(\.text)))
        case .name:
            let names = selection.jobs.map(\.job).inOrder.map { "\($0.key)\n" }
            try StandardOutput.write(names.joined())
        case .table, .wide:
            guard !selection.jobs.isEmpty || selection.endedBefore > 0 else {
                return StandardError.writeMessage(text.none)
            }
            try StandardOutput.write(text.lines(selection).map { $0 + "\n" }.joined())
        }
    }
}

/// The output format of `status`.
enum StatusFormat: String, ExpressibleByArgument, CaseIterable {
    case table, wide, name, json

    var isTable: Bool { self == .table || self == .wide }
}

/// The output format of a list.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}
