import Foundation
import Jobs

/// Jobs as a table.
struct StatusTable {
    let width: Int?
    let usesColour: Bool
    /// The end of the durations of runs that are not over.
    let now: Date

    /// Whether the table has the owners too.
    var isWide = false

    private var columns: [TextTable.Column] {
        [
            TextTable.Column(title: "JOB", minimum: 20, cut: .start), TextTable.Column(title: "PHASE"),
            TextTable.Column(title: "RUN", rank: 6, isNumber: true),
            TextTable.Column(title: "READY", rank: 5, isNumber: true), TextTable.Column(title: "STARTED", rank: 1),
            TextTable.Column(title: "TIME", rank: 4, isNumber: true), TextTable.Column(title: "COMMIT", rank: 3),
            TextTable.Column(title: "AUTHOR", minimum: 12, rank: 2),
        ] + (isWide ? [TextTable.Column(title: "OWNER", minimum: 12, rank: 0)] : [])
            + [TextTable.Column(title: "MESSAGE", minimum: 12, rank: 7)]
    }

    /// Creates a table with a row for each job.
    func table(_ jobs: [JobAnswer], like other: TextTable? = nil) -> TextTable {
        var table = other.map(TextTable.init(like:)) ?? TextTable(columns, width: width, usesColour: usesColour)
        for job in jobs {
            table.addRow(row(job))
        }
        return table
    }

    private func row(_ job: JobAnswer) -> [TextTable.Cell] {
        let status = job.status
        let duration = Duration(
            active: status.activeSeconds,
            since: status.activeSince,
            from: status.startTime,
            to: status.completionTime,
            now: now
        )
        let (commit, author) = job.shownCommit
        return [
            .init("\(job.key)"), .init(status.phase, Self.colour(of: status.phase)),
            .init(status.run == 0 ? "" : "\(status.run)"), .init(ready(status)), .init(status.startTime ?? ""),
            .init(duration?.text ?? ""), .init(String(commit.prefix(7)), .faint),
            .init(author.isEmpty && !commit.isEmpty ? "-" : author),
        ] + (isWide ? [.init(job.metadata.uid)] : []) + [.init(Self.message(status))]
    }

    /// The number of replicas that run or have succeeded, and the number of all replicas.
    private func ready(_ status: JobAnswer.Status) -> String {
        guard !status.replicas.isEmpty else { return "" }
        let ready = status.replicas.count { $0.status == "Running" || $0.status == "Succeeded" }
        return "\(ready)/\(status.replicas.count)"
    }

    /// The reason for the state of a job, as the column MESSAGE has it.
    static func message(_ status: JobAnswer.Status) -> String {
        if !status.message.isEmpty { return status.message }
        if let issue = status.issues.first(where: { $0.severity == .error }) {
            return "\(issue.line):\(issue.column): \(issue.message)"
        }
        // A warning of the file as a whole: a deletion that is held, so the job goes on although its file is gone.
        if let issue = status.issues.first(where: { $0.pointer.isEmpty && $0.line == 1 && $0.column == 1 }) {
            return issue.message
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
        if let progress = job.status.progress {
            let isRunning = job.status.phase == Phase.running.rawValue
            lines += ["", text(progress, isRunning: isRunning).fitted(to: table.width ?? .max)]
        }
        if !job.status.replicas.isEmpty {
            lines += [""] + replicas(job.status.replicas).lines
        }
        if !job.status.issues.isEmpty {
            // The issues are complete here, while a table cell may be cut.
            lines += [""] + job.status.issues.flatMap { wrapped(PlainText.line("\($0)")) }
        }
        return lines
    }

    /// - Parameter isRunning: whether the training goes on, so that it has a rate.
    private func text(_ progress: RunProgress, isRunning: Bool) -> String {
        var parts = ["step \(progress.step)" + (progress.of.map { " of \($0)" } ?? "")]
        guard isRunning else { return parts.joined() }
        if let rate = progress.rate {
            parts.append("\(rate) steps/s")
        }
        if let seconds = progress.secondsLeft {
            parts.append("\(Duration.seconds(seconds).text) left")
        }
        return parts.joined(separator: ", ")
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
