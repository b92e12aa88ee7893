import Foundation
import Jobs

/// The text output of `status`.
struct StatusText {
    let scope: JobScope
    let filter: JobFilter
    let isWide: Bool
    /// The width of the terminal in columns. Nil: no limit.
    let width: Int?

    func lines(_ selection: JobSelection) -> [String] {
        var table = StatusTable(width: width, usesColour: Terminal.usesColour, now: Date())
        table.isWide = isWide
        let jobs = selection.jobs.map(\.job)
        if case .job(let key) = scope {
            return jobs.first.map(StatusDetail(table: table).lines) ?? ["\(key) is gone".fitted(to: width ?? .max)]
        }
        let others = others(selection).map { [$0.fitted(to: width ?? .max)] } ?? []
        guard !jobs.isEmpty else { return others.isEmpty ? [none.fitted(to: width ?? .max)] : others }
        return table.table(jobs.inOrder).lines + others
    }

    /// Counts the jobs that ended over a day ago. Nil: there are none, or the user chose another time.
    private func others(_ selection: JobSelection) -> String? {
        let count = selection.endedBefore
        guard filter.countsOthers, count > 0 else { return nil }
        let more = selection.jobs.isEmpty ? "" : "more "
        return count == 1
            ? "1 \(more)job ended over a day ago; --all shows it"
            : "\(count) \(more)jobs ended over a day ago; --all shows them"
    }

    /// The message for a scope without jobs.
    var none: String {
        if filter.isSelective || filter.endedSince != nil, !filter.countsOthers || filter.isSelective {
            return "no job matches, or none that you may see"
        }
        return switch scope {
        case .all: "there are no jobs, or none that you may see"
        case .cluster(let cluster): "there are no jobs on the cluster \(cluster), or none that you may see"
        case .partition(let cluster, let partition): "there are no jobs in \(cluster)/\(partition)"
        case .job(let key): "there is no job \(key)"
        }
    }
}

extension JobAnswer {
    /// The phases in the order of the table.
    private static let order: [Phase] = [
        .running, .restarting, .deleting, .preparing, .pending, .queued, .held, .unknown, .suspended, .failed,
        .succeeded,
    ]

    /// The place of the job's phase in the table. A phase of a newer service comes last.
    fileprivate var rank: Int {
        Phase(rawValue: status.phase).flatMap(Self.order.firstIndex) ?? Self.order.count
    }

    /// The commit whose code the run uses, or, before the first run, the commit of the job file; with its author.
    var shownCommit: (commit: String, author: String) {
        let isOfFile = status.runCommit.isEmpty || status.runCommit == metadata.commit
        return isOfFile ? (metadata.commit, metadata.author) : (status.runCommit, status.runAuthor)
    }
}

extension [JobAnswer] {
    /// The jobs in the order of the table: by phase, then the newest end first, then by name.
    var inOrder: [JobAnswer] {
        map { ($0.rank, $0.status.completionTime ?? "", $0) }.sorted { left, right in
            if left.0 != right.0 { return left.0 < right.0 }
            return left.1 != right.1 ? left.1 > right.1 : left.2.key < right.2.key
        }.map(\.2)
    }
}
