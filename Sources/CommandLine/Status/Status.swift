import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin status`: shows the state of jobs.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows jobs: all that you may see, those of a cluster or a partition, or one with its replicas.",
        discussion: """
            JSON is an array of job objects as GET …/tfjobs/{id} returns them, also for a single job; with --watch, one object a line for \
            each job and then for each change.
            """
    )

    @Argument(help: ArgumentHelp("Which jobs. (default: all)", valueName: "cid[/partition[/id]]"))
    var jobs: String?

    @Option(help: "table or json.")
    var format = ListFormat.table

    @Flag(help: "Go on: in place on a terminal, elsewhere a line for each change.")
    var watch = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await ServerError.reportingErrors {
            let client = try server.client()
            let scope = try JobScope(jobs)
            let listing = JobListing(client, scope, keepsText: format == .json)
            do {
                if watch {
                    try await StatusWatch(listing: listing, scope: scope, format: format).run()
                } else {
                    try printJobs(try await listing.jobs(), scope)
                }
            } catch let error as ServerError {
                guard error.kind == .notFound, case .job(let key) = scope else { throw error }
                throw await Neighbours(client: client).explainAbsence(error, key)
            }
        }
    }

    private func printJobs(_ jobs: [JobDocument], _ scope: JobScope) throws {
        switch format {
        case .json: try StandardOutput.write(JSONOutput.array(jobs.compactMap(\.text)))
        case .table:
            let text = StatusText(scope: scope, width: Terminal.size?.columns)
            guard !jobs.isEmpty else { return StandardError.writeMessage(text.none) }
            try StandardOutput.write(text.lines(jobs.map(\.job)).map { $0 + "\n" }.joined())
        }
    }
}

/// The output format of a list.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}
