import ArgumentParser
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
