import Foundation
import Jobs

/// A job's history as rows of a terminal, newest first.
struct HistoryTable {
    let width: Int?
    let usesColour: Bool
    /// Until when runs that are under way have lasted.
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
            table.add(row(item))
        }
        return table.lines
    }

    private func row(_ item: HistoryAnswer) -> [TextTable.Cell] {
        let duration = Duration(from: item.startTime, to: item.completionTime, now: now)
        // An error says more than the commit's first line.
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
