import Foundation
import Jobs

/// Jobs as a table.
struct StatusTable {
    let width: Int?
    let usesColour: Bool
    /// The end of the durations of runs that are not over.
    let now: Date

    private static let columns = [
        TextTable.Column(title: "JOB", minimum: 20, cut: .start), TextTable.Column(title: "PHASE"),
        TextTable.Column(title: "RUN", rank: 5, isNumber: true),
        TextTable.Column(title: "READY", rank: 4, isNumber: true),
        TextTable.Column(title: "TIME", rank: 3, isNumber: true), TextTable.Column(title: "COMMIT", rank: 2),
        TextTable.Column(title: "AUTHOR", minimum: 12, rank: 1),
        TextTable.Column(title: "MESSAGE", minimum: 12, rank: 6),
    ]

    /// Creates a table with a row for each job.
    func table(_ jobs: [JobAnswer], like other: TextTable? = nil) -> TextTable {
        var table = other.map(TextTable.init(like:)) ?? TextTable(Self.columns, width: width, usesColour: usesColour)
        for job in jobs {
            table.addRow(row(job))
        }
        return table
    }

    private func row(_ job: JobAnswer) -> [TextTable.Cell] {
        let status = job.status
        let duration = Duration(from: status.startTime, to: status.completionTime, now: now)
        return [
            .init("\(job.key)"), .init(status.phase, Self.colour(of: status.phase)),
            .init(status.run == 0 ? "" : "\(status.run)"), .init(ready(status)), .init(duration?.text ?? ""),
            .init(String(job.metadata.commit.prefix(7)), .faint), .init(job.metadata.uid), .init(message(status)),
        ]
    }

    /// The number of replicas that run or have succeeded, and the number of all replicas.
    private func ready(_ status: JobAnswer.Status) -> String {
        guard !status.replicas.isEmpty else { return "" }
        let ready = status.replicas.count { $0.status == "Running" || $0.status == "Succeeded" }
        return "\(ready)/\(status.replicas.count)"
    }

    private func message(_ status: JobAnswer.Status) -> String {
        if !status.message.isEmpty { return status.message }
        if let issue = status.issues.first(where: { $0.severity == .error }) {
            return "\(issue.line):\(issue.column): \(issue.message)"
        }
        return status.reason
    }

    static func colour(of phase: String) -> Colour? {
        switch Phase(rawValue: phase) {
        case .running: .cyan
        case .succeeded: .green
        case .failed: .red
        case .held, .restarting, .suspended, .deleting, .unknown: .yellow
        case .pending, .preparing, .queued, nil: nil
        }
    }
}

/// One job with its replicas and its issues.
struct StatusDetail {
    let table: StatusTable

    private static let columns = [
        TextTable.Column(title: "REPLICA", minimum: 20, cut: .start), TextTable.Column(title: "STATUS"),
        TextTable.Column(title: "RESTARTS", rank: 1, isNumber: true),
        TextTable.Column(title: "EXIT", rank: 4, isNumber: true), TextTable.Column(title: "STARTED", rank: 3),
        TextTable.Column(title: "NODE", minimum: 12, rank: 2),
    ]

    func lines(_ job: JobAnswer) -> [String] {
        var lines = table.table([job]).lines
        if !job.status.replicas.isEmpty {
            lines += [""] + replicas(job.status.replicas).lines
        }
        if !job.status.issues.isEmpty {
            // The issues are complete here, while a table cell may be cut.
            lines += [""] + job.status.issues.flatMap { wrapped(PlainText.line("\($0)")) }
        }
        return lines
    }

    private func replicas(_ replicas: [JobAnswer.Status.Replica]) -> TextTable {
        var rows = TextTable(Self.columns, width: table.width, usesColour: table.usesColour)
        for replica in replicas {
            rows.addRow([
                .init(replica.id), .init(replica.status, Self.colour(of: replica.status)),
                .init("\(replica.restartCount)"), .init(replica.exitCode.map { "\($0)" } ?? ""),
                .init(replica.startTime ?? ""), .init(replica.node ?? ""),
            ])
        }
        return rows
    }

    private static func colour(of status: String) -> Colour? {
        switch status {
        case "Running": .cyan
        case "Succeeded": .green
        case "Failed": .red
        case "Unknown": .yellow
        default: nil
        }
    }

    private func wrapped(_ line: String) -> [String] {
        guard let width = table.width else { return [line] }
        var lines = [""]
        for character in line {
            if lines[lines.count - 1].width + String(character).width > width {
                lines.append("")
            }
            lines[lines.count - 1].append(character)
        }
        return lines
    }
}

/// The text output of `status`.
struct StatusText {
    let scope: JobScope
    /// The width of the terminal in columns. Nil: no limit.
    let width: Int?

    func lines(_ jobs: [JobAnswer]) -> [String] {
        let table = StatusTable(width: width, usesColour: Terminal.usesColour, now: Date())
        if case .job(let key) = scope {
            return jobs.first.map(StatusDetail(table: table).lines) ?? ["\(key) is gone".fitted(to: width ?? .max)]
        }
        return jobs.isEmpty ? [none.fitted(to: width ?? .max)] : table.table(jobs).lines
    }

    /// The message for a scope without jobs.
    var none: String {
        switch scope {
        case .all: "there are no jobs, or none that you may see"
        case .cluster(let cluster): "there are no jobs on the cluster \(cluster), or none that you may see"
        case .partition(let cluster, let partition): "there are no jobs in \(cluster)/\(partition)"
        case .job(let key): "there is no job \(key)"
        }
    }
}
