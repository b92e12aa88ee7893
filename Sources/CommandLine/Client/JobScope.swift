import ArgumentParser
import JobFile
import Jobs

/// Which jobs are meant, as the command line has it: `CID[/PARTITION[/ID]]`, or nothing for all.
enum JobScope: Hashable, Sendable {
    case all
    case cluster(String)
    case partition(cluster: String, partition: String)
    case job(JobKey)

    /// - Throws: ``ServerError`` of the kind `usage` where the text can't be the name of any.
    init(_ text: String?) throws(ServerError) {
        guard let text else {
            self = .all
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let limits = [
            ("cluster", JobPath.longestLabel), ("partition", JobPath.longestLabel), ("job id", JobPath.longestID),
        ]
        for (part, (what, limit)) in zip(parts, limits) {
            if let fault = JobPath.labelFault(part, limit: limit) {
                throw Self.usage(text, ": the \(what) \(PlainText.quoted(part)) \(fault)")
            }
        }
        switch parts.count {
        case 1: self = .cluster(parts[0])
        case 2: self = .partition(cluster: parts[0], partition: parts[1])
        case 3: self = .job(JobKey(cluster: parts[0], partition: parts[1], id: parts[2]))
        default: throw Self.usage(text, "")
        }
    }

    private static func usage(_ text: String, _ fault: String) -> ServerError {
        ServerError(
            .usage,
            "\(PlainText.quoted(text)) names no jobs\(fault); write CID, CID/PARTITION or CID/PARTITION/ID"
        )
    }
}

extension JobKey {
    /// Reads `CID/PARTITION/ID`.
    ///
    /// - Throws: ``ServerError`` of the kind `usage`.
    init(argument text: String) throws(ServerError) {
        guard case .job(let key) = try JobScope(text) else {
            throw ServerError(.usage, "\(PlainText.quoted(text)) is no job; write CID/PARTITION/ID")
        }
        self = key
    }
}

/// Looks for what may have been meant by a name that is not there.
struct Neighbours {
    let client: ServerClient

    /// So many names are shown.
    private static let shown = 5

    /// An error about a job, with the ids that are like its own; where none is, with what the partition has.
    func explain(_ error: ServerError, _ key: JobKey) async -> ServerError {
        let path = APIPath.jobs(cluster: key.cluster, partition: key.partition) + "?limit=500"
        guard let list = try? await client.get(ListAnswer<JobAnswer>.self, path, deadline: .seconds(5)) else {
            return error
        }
        let ids = list.items.map(\.metadata.id)
        if let close = Suggestion.closest(to: key.id, among: ids) {
            let likely = JobKey(cluster: key.cluster, partition: key.partition, id: close)
            return ServerError(.notFound, "\(error); did you mean \(likely)?")
        }
        guard !ids.isEmpty else {
            return ServerError(
                .notFound,
                "\(error); \(key.cluster)/\(key.partition) has no jobs: see tfjob-admin status \(key.cluster)"
            )
        }
        let names = ids.prefix(Self.shown).joined(separator: ", ")
        let more = ids.count > Self.shown || list.metadata?.continue != nil ? ", …" : ""
        return ServerError(.notFound, "\(error); there are \(names)\(more)")
    }
}
