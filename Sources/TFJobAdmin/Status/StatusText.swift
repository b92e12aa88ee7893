import Foundation
import Jobs

/// What `status` shows of a scope.
struct StatusText {
    let scope: JobScope
    /// The columns of the terminal; nil: as many as it takes.
    let width: Int?

    func lines(_ jobs: [JobAnswer]) -> [String] {
        let table = StatusTable(width: width, usesColour: Terminal.usesColour, now: Date())
        if case .job(let key) = scope {
            return jobs.first.map(StatusDetail(table: table).lines) ?? ["\(key) is gone".fitted(to: width ?? .max)]
        }
        return jobs.isEmpty ? [none.fitted(to: width ?? .max)] : table.table(jobs).lines
    }

    /// That there are no jobs.
    var none: String {
        switch scope {
        case .all: "there are no jobs, or none that you may see"
        case .cluster(let cluster): "there are no jobs on the cluster \(cluster), or none that you may see"
        case .partition(let cluster, let partition): "there are no jobs in \(cluster)/\(partition)"
        case .job(let key): "there is no job \(key)"
        }
    }
}
