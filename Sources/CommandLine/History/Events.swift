import ArgumentParser
import Foundation
import Jobs

/// `tfjob-admin events`: shows what happened to the runs of a job.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what happened to the runs of a job, newest first.",
        discussion: """
            Also of a job that is gone. The service keeps the newest 1000 events of a job. JSON is an array of the objects that \
            GET …/tfjobs/{id}/events returns as items.
            """
    )

    @Argument(help: ArgumentHelp("The job.", valueName: "cid/partition/id"))
    var job: String

    @Option(help: "table or json.")
    var format = ListFormat.table

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await ServerError.reportingErrors {
            let table = EventTable(width: Terminal.size?.columns, usesColour: Terminal.usesColour)
            try await server.client()
                .printList(EventAnswer.self, "events", of: JobKey(argument: job), as: format, table.lines)
        }
    }
}

/// An event of a run in the REST view.
struct EventAnswer: Decodable, Sendable, Equatable {
    @Lenient var time: String
    @Lenient var run: Int
    @Lenient var replica: String
    @Lenient var type: String
    @Lenient var reason: String
    @Lenient var message: String

    /// Whether the event is more than the usual course of a run.
    var isNotable: Bool { type == "Warning" || reason == "Stopped" }

    /// The message with the name of the replica.
    var text: String { replica.isEmpty ? message : "\(replica) \(message)" }
}

/// Events as a table.
struct EventTable {
    let width: Int?
    let usesColour: Bool

    private static let columns = [
        TextTable.Column(title: "WHEN"), TextTable.Column(title: "RUN", rank: 2, isNumber: true),
        TextTable.Column(title: "REPLICA", rank: 3), TextTable.Column(title: "REASON", rank: 1),
        TextTable.Column(title: "MESSAGE", minimum: 12),
    ]

    func lines(_ events: [EventAnswer]) -> [String] {
        var table = TextTable(Self.columns, width: width, usesColour: usesColour)
        for event in events {
            table.addRow([
                .init(event.time), .init(event.run == 0 ? "" : "\(event.run)"), .init(event.replica),
                .init(event.reason, event.type == "Warning" ? .yellow : nil), .init(event.message),
            ])
        }
        return table.lines
    }
}
