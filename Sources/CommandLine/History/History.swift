import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin history`: shows the history of a job, commit by commit.
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
        try await ServerError.reportingErrors {
            let client = try server.client()
            let key = try JobKey(argument: job)
            do {
                try await printHistory(client, key)
            } catch let error as ServerError {
                guard error.kind == .notFound else { throw error }
                throw await Neighbours(client: client).explainAbsence(error, key)
            }
        }
    }

    private func printHistory(_ client: ServerClient, _ key: JobKey) async throws {
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
                    try client.jsonText(object, path)
                }
            }
            next = list.metadata?.continue
        } while next != nil
        switch format {
        case .json: try StandardOutput.write(JSONOutput.array(texts))
        case .table:
            let table = HistoryTable(width: Terminal.size?.columns, usesColour: Terminal.usesColour, now: Date())
            try StandardOutput.write(table.lines(items).map { $0 + "\n" }.joined())
        }
    }
}

/// An entry of a job's history in the REST view: a commit, its action and the run.
struct HistoryAnswer: Decodable, Sendable {
    @Lenient var commit: String
    @Lenient var author: String
    @Lenient var message: String
    @Lenient var time: String
    @Lenient var action: String
    @Lenient var result: String
    @Lenient var error: String
    @Lenient var run: Int
    @Lenient var phase: String
    let startTime: String?
    let completionTime: String?
}

/// The history of a job as a table, newest entry first.
struct HistoryTable {
    let width: Int?
    let usesColour: Bool
    /// The end of the durations of runs that are not over.
    let now: Date

    private static let columns = [
        TextTable.Column(title: "WHEN"), TextTable.Column(title: "COMMIT", rank: 7),
        TextTable.Column(title: "ACTION", rank: 8), TextTable.Column(title: "RESULT", rank: 4),
        TextTable.Column(title: "RUN", rank: 6, isNumber: true), TextTable.Column(title: "PHASE", rank: 5),
        TextTable.Column(title: "TIME", rank: 3, isNumber: true),
        TextTable.Column(title: "AUTHOR", minimum: 12, rank: 1),
        TextTable.Column(title: "MESSAGE", minimum: 12, rank: 2),
    ]

    func lines(_ items: [HistoryAnswer]) -> [String] {
        var table = TextTable(Self.columns, width: width, usesColour: usesColour)
        for item in items {
            table.addRow(row(item))
        }
        return table.lines
    }

    private func row(_ item: HistoryAnswer) -> [TextTable.Cell] {
        let duration = Duration(from: item.startTime, to: item.completionTime, now: now)
        // An error is more useful than the first line of the commit message.
        let message = item.error.isEmpty ? item.message.prefix { !$0.isNewline } : item.error[...]
        return [
            .init(item.time), .init(String(item.commit.prefix(7)), .faint), .init(item.action),
            .init(item.result, Self.colour(of: item.result)), .init(item.run == 0 ? "" : "\(item.run)"),
            .init(item.phase, StatusTable.colour(of: item.phase)), .init(duration?.text ?? ""), .init(item.author),
            .init(String(message)),
        ]
    }

    private static func colour(of result: String) -> Colour? {
        switch result {
        case "done": .green
        case "failed": .red
        case "held", "pending": .yellow
        default: nil
        }
    }
}
