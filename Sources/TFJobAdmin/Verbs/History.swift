import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin history`: what became of a job, commit by commit.
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the commits of a job, what each did, and what came of its run, newest first.",
        discussion: """
            Also of a job that is gone. JSON is an array of the objects that GET …/tfjobs/{id}/history returns as items.
            """
    )

    @Argument(help: ArgumentHelp("The job.", valueName: "cid/partition/id"))
    var job: String

    @Option(help: "table or json.")
    var format = ListFormat.table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await ServerError.ending {
            let client = try server.client()
            let key = try JobKey(argument: job)
            do {
                try await show(client, key)
            } catch let error as ServerError {
                guard error.kind == .notFound else { throw error }
                throw await Neighbours(client: client).explain(error, key)
            }
        }
    }

    private func show(_ client: ServerClient, _ key: JobKey) async throws {
        var items: [HistoryAnswer] = []
        var texts: [Data] = []
        var next: String?
        repeat {
            let path = "\(APIPath.job(key))/history" + (next.map { "?continue=\(PathSegment.escaped($0))" } ?? "")
            let data = try await client.get(path)
            let list = try client.decode(ListAnswer<HistoryAnswer>.self, data, path)
            items += list.items
            if format == .json {
                texts += try client.items(data, of: path).map { object throws(ServerError) in
                    try client.text(object, path)
                }
            }
            next = list.metadata?.continue
        } while next != nil
        switch format {
        case .json: try StandardOutput.write(StatusDocument.array(texts))
        case .table:
            let table = HistoryTable(width: Terminal.size?.columns, usesColour: Terminal.usesColour, now: Date())
            try StandardOutput.write(table.lines(items).map { $0 + "\n" }.joined())
        }
    }
}
