import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin history`: shows the history of a job, commit by commit.
struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the commits of a job, what each did, and what came of its run, newest first.",
        discussion: """
            Also of a job that is gone. Below an action stand the warnings and the stops of its run; tfjob-admin events has all events. JSON is an array of the objects that GET …/tfjobs/{id}/history returns as items.
            """
    )

    @Argument(help: ArgumentHelp("The job.", valueName: "cid/partition/id"))
    var job: String

    @Option(help: "table or json.")
    var format = ListFormat.table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await ServerError.reportingErrors {
            let table = HistoryTable(width: Terminal.size?.columns, usesColour: Terminal.usesColour, now: Date())
            try await server.client()
                .printList(HistoryAnswer.self, "history", of: JobKey(argument: job), as: format, table.lines)
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
    let activeSeconds: Double?
    let activeSince: String?
    /// What a commit that changed only the code means for the run.
    @Lenient var note: String
    @Lenient var events: [EventAnswer]
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
            // The failure of the run is the message of the item itself.
            for event in item.events.reversed() where event.isNotable && event.reason != "Failed" {
                table.addRow(row(event))
            }
        }
        return table.lines
    }

    private func row(_ item: HistoryAnswer) -> [TextTable.Cell] {
        // An update changes no run, so the item before it shows how the run is.
        let isOfRun = item.action != "update"
        let duration = Duration(
            active: item.activeSeconds,
            since: item.activeSince,
            from: item.startTime,
            to: item.completionTime,
            now: now
        )
        // An error or a note is more useful than the first line of the commit message.
        let remark = item.error.isEmpty ? item.note : item.error
        let message = remark.isEmpty ? item.message.prefix { !$0.isNewline } : remark[...]
        return [
            .init(item.time), .init(String(item.commit.prefix(7)), .faint), .init(item.action),
            .init(item.result, Self.colour(of: item.result)), .init(item.run == 0 ? "" : "\(item.run)"),
            .init(isOfRun ? item.phase : "", StatusTable.colour(of: item.phase)),
            .init(isOfRun ? duration?.text ?? "" : ""), .init(item.author),
            .init(String(message)),
        ]
    }

    private func row(_ event: EventAnswer) -> [TextTable.Cell] {
        var row = [TextTable.Cell](repeating: .init(""), count: Self.columns.count)
        row[0] = .init(event.time, .faint)
        row[row.count - 1] = .init(event.text)
        return row
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
